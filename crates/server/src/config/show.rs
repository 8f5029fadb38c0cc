//! Writes a configuration back as TOML with every key in it, for `check --effective`. Secrets never
//! come here: their type shows nothing, so that what is printed can be saved and read again.

use std::fmt::Write as _;

use super::value::Value;

/// A TOML document in the making.
#[derive(Debug, Default)]
pub struct Writer {
    text: String,
    path: Vec<&'static str>,
}

impl Writer {
    /// Writes one key; what cannot be written becomes a comment, so that its name is seen.
    pub fn key(&mut self, name: &str, value: &impl Value) {
        // Writing to a string cannot fail.
        let _ = match value.show() {
            Some(shown) => writeln!(self.text, "{name} = {shown}"),
            None => writeln!(self.text, "# {name} {}", value.silence()),
        };
    }

    /// Writes `[name]` and what `body` writes.
    pub fn table(&mut self, name: &'static str, body: impl FnOnce(&mut Self)) {
        self.nested(name, ("[", "]"), body);
    }

    /// Writes one `[[name]]` and what `body` writes.
    pub fn tables(&mut self, name: &'static str, body: impl FnOnce(&mut Self)) {
        self.nested(name, ("[[", "]]"), body);
    }

    /// The finished document, as TOML.
    pub fn into_text(self) -> String {
        self.text
    }

    fn nested(
        &mut self,
        name: &'static str,
        (open, close): (&str, &str),
        body: impl FnOnce(&mut Self),
    ) {
        self.path.push(name);
        let _ = writeln!(self.text, "\n{open}{}{close}", self.path.join("."));
        body(self);
        self.path.pop();
    }
}
