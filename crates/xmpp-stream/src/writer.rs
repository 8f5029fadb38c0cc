//! Writes XML that the pickiest peer reads: no white space, no prefixes but the literal `stream:`,
//! and tags that are balanced because the types allow nothing else.
//!
//! Our own, because the writers of the libraries escape more than Asterisk can read back
//! (`writer/escape.rs`) and declare namespaces by prefixes, which it does not know.

mod copy;
mod escape;
mod stream;

use std::fmt::Display;
use std::io::Write;

pub use copy::{copy, forward, with_id};
pub use escape::{escape_text, push_attr_value};
pub use stream::{StreamOpen, framed_close, stream_close, stream_error, stream_features};

/// A start tag being written. It ends with [`empty`](Tag::empty), [`text`](Tag::text),
/// [`children`](Tag::children) or [`raw`](Tag::raw).
#[must_use = "a tag is complete only after `empty`, `text`, `children` or `raw`"]
pub struct Tag<'o, 'n> {
    out: &'o mut Vec<u8>,
    name: &'n str,
}

// === impl Tag ===

impl<'o, 'n> Tag<'o, 'n> {
    /// Starts the element `name` at the end of `out`. The name is written as it is.
    pub fn open(out: &'o mut Vec<u8>, name: &'n str) -> Self {
        out.push(b'<');
        out.extend_from_slice(name.as_bytes());
        Self { out, name }
    }

    /// Declares the default namespace of this element and what is inside it.
    pub fn xmlns(self, namespace: &str) -> Self {
        self.attr("xmlns", namespace)
    }

    /// Adds an attribute. Its value is escaped as little as XML allows.
    pub fn attr(self, name: &str, value: &str) -> Self {
        self.out.push(b' ');
        self.out.extend_from_slice(name.as_bytes());
        self.out.push(b'=');
        push_attr_value(self.out, value);
        self
    }

    /// Adds an attribute if it has a value.
    pub fn attr_opt(self, name: &str, value: Option<&str>) -> Self {
        match value {
            Some(value) => self.attr(name, value),
            None => self,
        }
    }

    /// Adds an attribute whose text needs no escaping, such as a number.
    pub fn attr_number(self, name: &str, value: impl Display + Copy + Into<i128>) -> Self {
        // Writing to a vector cannot fail.
        let _ = write!(self.out, " {name}='{value}'");
        self
    }

    /// Ends the element with nothing inside.
    pub fn empty(self) {
        self.out.extend_from_slice(b"/>");
    }

    /// Puts `text` inside, escaped, and ends the element.
    pub fn text(self, text: &str) {
        self.around(|out| escape_text(out, text));
    }

    /// Puts what `write` appends inside and ends the element; `<name/>` if it appends nothing.
    pub fn children(self, write: impl FnOnce(&mut Vec<u8>)) {
        self.around(write);
    }

    /// Puts finished XML inside and ends the element.
    pub fn raw(self, xml: &[u8]) {
        self.around(|out| out.extend_from_slice(xml));
    }

    fn around(self, write: impl FnOnce(&mut Vec<u8>)) {
        let Self { out, name } = self;
        out.push(b'>');
        let inside = out.len();
        write(out);
        if out.len() == inside {
            out.pop();
            out.extend_from_slice(b"/>");
            return;
        }
        out.extend_from_slice(b"</");
        out.extend_from_slice(name.as_bytes());
        out.push(b'>');
    }
}

#[cfg(test)]
mod tests;
