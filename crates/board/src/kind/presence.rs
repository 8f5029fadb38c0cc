//! What a person wants others to know of their availability: what a presence hint on a desk phone shows (Asterisk,
//! `main/presencestate.c`). Nothing here is about XMPP's own presence of clients.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Arrived, FactValue, Filing, Reason, newest};

/// Whether a person is to be called, in Asterisk's words (`enum ast_presence_state`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Show {
    /// Nobody has set a presence for them yet.
    NotSet,
    /// They cannot be called: logged out, or not at work.
    Unavailable,
    /// They are there and can be called.
    Available,
    /// They are away for a moment and will be back soon.
    Away,
    /// They are away for a long time (XMPP's "extended away").
    Xa,
    /// They are there and would like to talk (XMPP's "chat").
    Chat,
    /// They are there and do not want to be disturbed.
    Dnd,
}

/// The presence of a person, such as `CustomPresence:alice`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Presence {
    /// Whether they can be called now.
    pub show: Show,
    /// A text of their own about it, such as "back at three".
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    /// A word that tells states with the same `show` apart, in the words of whoever set it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subtype: Option<String>,
}

// === impl Presence ===

impl fmt::Display for Presence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.show {
            Show::NotSet => "not set",
            Show::Unavailable => "unavailable",
            Show::Available => "available",
            Show::Away => "away",
            Show::Xa => "away for long",
            Show::Chat => "free to chat",
            Show::Dnd => "do not disturb",
        })?;
        if let Some(subtype) = &self.subtype {
            write!(f, " ({subtype})")?;
        }
        self.status.iter().try_for_each(|status| write!(f, ": {status}"))
    }
}

/// A provider of presence belongs to one person, so that there is nothing to add up: whoever set it last is believed.
impl FactValue for Presence {
    const WORD: &'static str = "presence";
    const ABOUT: &'static str = "whether a person is to be called";
    const FORM: &'static str = r#"{"show": WORD}, the word one of not_set, unavailable, available, away, xa, chat and dnd; and if there is one "status": TEXT, "subtype": TEXT"#;
    const RULE: &'static str = "newest-arrival";
    const ANOTHER: &'static str = "presence";
    const FILING: Filing = Filing::BySubject;
    const NEWEST_WINS: bool = true;
    const MOST_BYTES: usize = 2_048;

    fn examples() -> Vec<Self> {
        let says = |show, status: Option<&str>, subtype: Option<&str>| Self {
            show,
            status: status.map(str::to_owned),
            subtype: subtype.map(str::to_owned),
        };
        vec![
            says(Show::Dnd, Some("in a \"meeting\""), None),
            says(Show::Available, None, None),
            says(Show::Away, None, Some("lunch")),
        ]
    }

    fn fold<'a>(facts: impl Iterator<Item = Arrived<'a, Self>> + Clone) -> Option<Self> {
        newest::fold(facts)
    }

    fn explain(facts: &[Arrived<'_, Self>], lamp: &Self) -> Reason {
        newest::explain(facts, lamp)
    }

    /// As Asterisk names providers of presence.
    fn looks_like(name: &str) -> bool {
        name.starts_with("CustomPresence:")
    }
}
