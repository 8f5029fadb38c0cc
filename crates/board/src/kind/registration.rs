//! Where a user can be reached: the contacts that are registered for an address of record (RFC 3261 section 10).

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Arrived, FactValue, Reason};
use crate::wall_time::WallTime;

/// One contact of a user: an address at which one of their devices has registered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Contact {
    /// The URI at which the user is reached.
    pub uri: String,
    /// When the registration ends unless it is refreshed; never by itself if none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<WallTime>,
    /// The proxies that a request must pass, the nearest first (RFC 3327).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub path: Vec<String>,
    /// The name and version that the device gives in `User-Agent` (RFC 3261 section 20.41).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_agent: Option<String>,
}

/// The contacts of an address of record, such as `100@example.com`, each once, sorted by URI.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Written")]
pub struct Registration {
    /// The contacts; none says that the user is known and not registered.
    pub contacts: Vec<Contact>,
}

/// The contacts as somebody has written them, in any order.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    contacts: Vec<Contact>,
}

// === impl Registration ===

impl From<Written> for Registration {
    fn from(written: Written) -> Self {
        Self::of(written.contacts)
    }
}

impl Registration {
    /// These contacts, in their order and each once; of one that is written twice the last counts.
    #[must_use]
    pub fn of(contacts: impl IntoIterator<Item = Contact>) -> Self {
        let by_uri = contacts.into_iter().map(|contact| (contact.uri.clone(), contact));
        Self { contacts: BTreeMap::from_iter(by_uri).into_values().collect() }
    }

    /// The contacts without the moments at which they end.
    fn timeless(&self) -> impl Iterator<Item = (&str, &[String], Option<&str>)> {
        self.contacts.iter().map(|contact| {
            (contact.uri.as_str(), contact.path.as_slice(), contact.user_agent.as_deref())
        })
    }
}

impl fmt::Display for Registration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.contacts.as_slice() {
            [] => f.write_str("not registered"),
            [only] => write!(f, "registered at {}", only.uri),
            [first, others @ ..] => {
                write!(f, "registered at {} and {} more", first.uri, others.len())
            }
        }
    }
}

/// Several PBXs may each have contacts of one user; all of them ring.
impl FactValue for Registration {
    const WORD: &'static str = "registration";
    const ABOUT: &'static str = "where a user is registered";
    const FORM: &'static str = r#"{"contacts": [{"uri": TEXT}]}; and if known of a contact "expires": MOMENT, "path": [TEXT], "user_agent": TEXT"#;
    const RULE: &'static str = "all-contacts";
    const ANOTHER: &'static str = "set of contacts";
    const MAY_EXPIRE: bool = true;
    const MOST_BYTES: usize = 16_384;

    fn examples() -> Vec<Self> {
        let contact = |number: u8, expires: Option<u64>| Contact {
            uri: format!("sip:100@192.0.2.{number}"),
            expires: expires.map(WallTime::from_millis),
            path: vec!["sip:proxy.example".to_owned(); usize::from(number % 2)],
            user_agent: (number == 1).then(|| "desk phone".to_owned()),
        };
        // In the far future: a test may take its time.
        let (later, last) = (Some(4_000_000_000_000), Some(4_000_000_060_000));
        vec![
            Self::of([contact(1, later)]),
            Self::of([]),
            Self::of([contact(1, later), contact(2, None)]),
            Self::of([contact(3, later), contact(4, last)]),
        ]
    }

    /// The contacts of all, those of the newest fact where several know the same one.
    fn fold<'a>(facts: impl Iterator<Item = Arrived<'a, Self>> + Clone) -> Option<Self> {
        let mut facts: Vec<_> = facts.collect();
        facts.sort_by_key(|fact| fact.at);
        let contacts = facts.iter().flat_map(|fact| fact.value.contacts.iter().cloned());
        (!facts.is_empty()).then(|| Self::of(contacts))
    }

    fn explain(facts: &[Arrived<'_, Self>], lamp: &Self) -> Reason {
        let text = match lamp.contacts.len() {
            0 => "no PBX has a contact of the user".to_owned(),
            1 => "one contact is known".to_owned(),
            all => format!("all {all} contacts of all PBXs"),
        };
        let decides =
            |fact: &Arrived<'_, Self>| lamp.contacts.is_empty() || !fact.value.contacts.is_empty();
        Reason { text, decides: facts.iter().map(decides).collect() }
    }

    /// To refresh a contact is not news, because it is this Lampfield that tells when one ends.
    fn repeats(&self, held: &Self) -> bool {
        self.timeless().eq(held.timeless())
    }

    fn deadline(&self) -> Option<WallTime> {
        self.contacts.iter().filter_map(|contact| contact.expires).min()
    }

    /// Each contact ends then, or earlier if it says so.
    fn ending_at(&self, moment: WallTime) -> Option<Self> {
        let ends = |expires: Option<WallTime>| expires.map_or(moment, |end| end.min(moment));
        let until = |one: &Contact| Contact { expires: Some(ends(one.expires)), ..one.clone() };
        Some(Self { contacts: self.contacts.iter().map(until).collect() })
    }

    fn left_at(&self, moment: WallTime) -> Option<Self> {
        let lasts = |contact: &&Contact| contact.expires.is_none_or(|end| end > moment);
        let contacts: Vec<_> = self.contacts.iter().filter(lasts).cloned().collect();
        let over = contacts.is_empty() && !self.contacts.is_empty();
        (!over).then_some(Self { contacts })
    }
}
