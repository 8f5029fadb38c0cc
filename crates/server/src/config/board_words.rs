//! Values that are words of the board: its name and patterns over names, where accounts stand, and what rules about
//! names speak of.

use lampfield_board::mapping::NameForm;
use lampfield_board::{BoardName, Kind, Label, Labels, Pattern, Protocol, SiteName};
use toml::de::DeValue;

use super::reader::{Given, Refused};
use super::value::{Value, one_of, quoted, text, word};

/// One kind or several, each once. Reads `"device"` and `["device", "mailbox"]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kinds(Vec<Kind>);

fn kinds() -> Vec<(&'static str, Kind)> {
    Kind::ALL.iter().map(|kind| (kind.as_str(), *kind)).collect()
}

fn protocols() -> Vec<(&'static str, Protocol)> {
    Protocol::ALL.iter().map(|protocol| (protocol.as_str(), *protocol)).collect()
}

// === impl Kinds ===

impl Kinds {
    /// A list with this kind only.
    pub fn one(kind: Kind) -> Self {
        Self(vec![kind])
    }

    /// All of them, at least one.
    pub fn as_slice(&self) -> &[Kind] {
        &self.0
    }
}

impl Value for Kinds {
    fn kind() -> String {
        format!("{}, or a list of these", one_of(&kinds()))
    }

    fn parse(given: Given<'_>) -> Result<Self, Refused> {
        let words = kinds();
        let DeValue::Array(list) = given.value.get_ref() else {
            return word(given, &words).map(Self::one);
        };
        if list.is_empty() {
            return Err(Refused::new("the list of kinds is empty").hint(one_of(&words)));
        }
        let mut kinds = Vec::new();
        for value in list {
            let kind = word(Given { value, ..given }, &words)
                .map_err(|refused| Refused { span: Some(value.span()), ..refused })?;
            if !kinds.contains(&kind) {
                kinds.push(kind);
            }
        }
        Ok(Self(kinds))
    }

    fn show(&self) -> Option<String> {
        let words: Vec<_> = self.0.iter().map(|kind| quoted(kind.as_str())).collect();
        Some(match words.as_slice() {
            [one] => one.clone(),
            several => format!("[{}]", several.join(", ")),
        })
    }
}

// === impl Protocol ===

impl Value for Protocol {
    fn kind() -> String {
        one_of(&protocols())
    }

    fn parse(given: Given<'_>) -> Result<Self, Refused> {
        word(given, &protocols())
    }

    fn show(&self) -> Option<String> {
        Some(quoted(self.as_str()))
    }
}

// === impl NameForm ===

impl Value for NameForm {
    fn kind() -> String {
        "name, or name with one `*`".to_owned()
    }

    fn parse(given: Given<'_>) -> Result<Self, Refused> {
        Self::parse(text(given)?).map_err(|error| {
            Refused::new(error.to_string())
                .hint("write a name, or one with a single *: \"PJSIP/*\"")
        })
    }

    fn show(&self) -> Option<String> {
        Some(quoted(&self.to_string()))
    }
}

// === impl Labels ===

impl Value for Labels {
    fn kind() -> String {
        Vec::<Label>::kind()
    }

    fn parse(given: Given<'_>) -> Result<Self, Refused> {
        let labels = Vec::<Label>::parse(given)?;
        let labels = Self::parse(labels.iter().map(Label::as_str));
        labels.map_err(|error| Refused::new(error.to_string()))
    }

    fn show(&self) -> Option<String> {
        self.iter().cloned().collect::<Vec<_>>().show()
    }
}

/// Words of which each says itself what it may be.
macro_rules! checked_words {
    ($($word:ident is a $kind:literal,)+) => {$(
        impl Value for $word {
            fn kind() -> String {
                $kind.to_owned()
            }

            fn parse(given: Given<'_>) -> Result<Self, Refused> {
                Self::parse(text(given)?).map_err(|error| Refused::new(error.to_string()))
            }

            fn show(&self) -> Option<String> {
                Some(quoted(self.as_str()))
            }
        }
    )+};
}

checked_words! {
    BoardName is a "board name",
    Pattern is a "pattern",
    SiteName is a "site name",
    Label is a "label",
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn read<T: Value>(toml: &str) -> Result<T, Refused> {
        let value = DeValue::parse(toml).expect("a TOML value");
        T::parse(Given { value: &value, folder: Path::new("/etc/lampfield") })
    }

    #[test]
    fn kinds_are_one_word_or_a_list() {
        for (typed, shown) in [
            ("'device'", "\"device\""),
            ("['mailbox']", "\"mailbox\""),
            ("['mailbox', 'device', 'mailbox']", "[\"mailbox\", \"device\"]"),
        ] {
            assert_eq!(read::<Kinds>(typed).map(|kinds| kinds.show()), Ok(Some(shown.to_owned())));
        }
        assert!(read::<Kinds>("[]").is_err());
        let refused = read::<Kinds>("['device', 'mialbox']").expect_err("a slip");
        assert_eq!(refused.span, Some(11..20));
        let hint = refused.hint.unwrap_or_default();
        assert!(hint.starts_with("did you mean \"mailbox\"? It can be \"device\", "), "{hint}");
        let refused = read::<Protocol>("'xmp'").expect_err("a slip");
        assert!(refused.hint.unwrap_or_default().starts_with("did you mean \"xmpp\"?"));
    }

    #[test]
    fn labels_have_a_form_and_a_limit() {
        let shown = read::<Labels>("['b', 'a', 'b']").map(|labels| labels.show());
        assert_eq!(shown, Ok(Some("[\"b\", \"a\"]".to_owned())));
        assert_eq!(read::<Labels>("['b', 'a b']").expect_err("a blank").span, Some(6..11));
        let many: Vec<_> = (0..17).map(|at| format!("'{at}'")).collect();
        assert!(read::<Labels>(&format!("[{}]", many.join(", "))).is_err());
    }
}
