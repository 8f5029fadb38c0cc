//! Which lamp an entry is about, and what of it may stand there.

use lampfield_board::history::Masks;
use lampfield_board::{Kind, Subject};
use serde_json::Value;

use super::entry::{AuditEntry, DONE};
use crate::typed_lamp::{may_be_part, of_kind, with_kind};

/// The argument by which operations are told which lamp is meant.
const LAMP: &str = "subject";

/// The argument by which they are told its kind, where that is not written in front of the name.
const KIND: &str = "kind";

/// The argument by which they are told what it is to show.
const VALUE: &str = "value";

/// What stands in the place of what nobody is to read.
const HIDDEN: &str = "***";

/// What an entry tells of the lamp that it is about.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum MeantLamp {
    /// The operation has found this one.
    Found(Subject),
    /// It is one of these.
    OneOf(Vec<Subject>),
    /// It may be any: somebody wrote what nobody can read, or perhaps a part of a name.
    Unclear,
}

impl AuditEntry {
    /// Which lamp it is about; none where it is about no lamp.
    pub(crate) fn meant(&self) -> Option<MeantLamp> {
        let typed = self.arguments.get(LAMP).filter(|typed| !typed.is_null())?;
        let found = self.lamp.as_deref().map(|lamp| lamp.parse().ok().map(MeantLamp::Found));
        let read = || self.read(typed).map(MeantLamp::OneOf);
        Some(found.unwrap_or_else(read).unwrap_or(MeantLamp::Unclear))
    }

    /// What may be meant by what somebody typed, if that is a whole name. What was refused may be a slip, unless the kind
    /// is written as well: `Agent/1` is a device.
    fn read(&self, typed: &Value) -> Option<Vec<Subject>> {
        let kind = match self.arguments.get(KIND) {
            None | Some(Value::Null) => None,
            Some(word) => Some(word.as_str()?.parse::<Kind>().ok()?),
        };
        let typed = of_kind(kind, typed.as_str()?);
        let (kind, name) = with_kind(&typed);
        let is_clear = kind.is_some() || self.outcome == DONE;
        // A long text is noted without its end.
        let is_whole = !may_be_part(name) && !name.ends_with("...");
        Subject::candidates(&typed).ok().filter(|_| is_clear && is_whole)
    }

    /// Takes out of it what the history may not hold either; says whether there was something. The name becomes the one under
    /// which the past of the lamp is kept. Where nothing of it is kept, nothing of what was said is either; and where nobody can
    /// tell which lamp was meant, it may have been a masked one.
    pub(super) fn mask(&mut self, masks: &Masks) -> bool {
        let Some(meant) = self.meant().filter(|_| !masks.is_empty()) else { return false };
        let (name, with_value) = match meant {
            MeantLamp::Found(subject) if !masks.hides(&subject) => return false,
            MeantLamp::Found(subject) => match masks.kept(&subject) {
                Some(kept) => (kept.to_string(), false),
                None => (format!("{}/{HIDDEN}", subject.kind()), true),
            },
            MeantLamp::OneOf(some) if !some.iter().any(|subject| masks.hides(subject)) => {
                return false;
            }
            _ => (HIDDEN.to_owned(), true),
        };
        let before = self.clone();
        self.lamp = self.lamp.as_ref().map(|_| name.clone());
        self.arguments.insert(LAMP.to_owned(), name.into());
        if let Some(value) = self.arguments.get_mut(VALUE).filter(|_| with_value) {
            *value = HIDDEN.into();
        }
        *self != before
    }
}
