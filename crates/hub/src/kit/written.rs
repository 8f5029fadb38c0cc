//! What a change looks like for those who are told of it, written once for all to whom it looks the same.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use lampfield_board::mapping::View;
use lampfield_board::{Change, Ending, FactState, Subject, Value};

use super::sight::Sight;

/// What a watcher wants to see of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Shows {
    /// Each fact, by who says it.
    Facts,
    /// What each lamp shows, whoever has lit it.
    Lamps,
}

/// How a door writes what its peers are told.
pub trait Writer {
    /// Appends a fact, or its end.
    fn write_fact(&self, change: &Change, out: &mut Vec<u8>);

    /// Appends what a lamp shows; none when nobody says anything any more.
    fn write_lamp(&self, subject: &Subject, lamp: Option<&Value>, out: &mut Vec<u8>);
}

/// The forms of the present change, one for each way in which somebody sees it. Their buffers are kept for the next one.
///
/// Those under the board's own names have places of their own: nearly everybody sees these, and to look for them among
/// the others took a sixth of what a delivery costs.
#[derive(Debug, Default)]
pub(super) struct Written {
    pub facts: Form,
    pub lamps: Form,
    /// At most two for each view, which is kept so that its address stays its own.
    mapped: BTreeMap<(Shows, *const View), (Arc<View>, Form)>,
}

/// The change in one form, written when it is asked for first.
#[derive(Debug, Default)]
pub(super) struct Form {
    bytes: Vec<u8>,
    is_of_this: bool,
}

// === impl Written ===

impl Written {
    /// The next change comes: what was written for the last one no longer counts.
    pub fn begin(&mut self) {
        self.facts.is_of_this = false;
        self.lamps.is_of_this = false;
        self.mapped.values_mut().for_each(|(_, form)| form.is_of_this = false);
    }

    /// The change as it looks by a sight; none if there is nothing to see.
    pub fn of(
        &mut self,
        writer: &dyn Writer,
        change: &Change,
        shows: Shows,
        sight: &Sight,
    ) -> Option<&[u8]> {
        let name = sight.name(&change.subject)?;
        let Some(view) = sight.view() else {
            return Some(match shows {
                Shows::Facts => self.facts.of_fact(writer, change),
                Shows::Lamps => self.lamps.of_lamp(writer, change),
            });
        };
        let key = (shows, Arc::as_ptr(view));
        let mapped = self.mapped.entry(key);
        let (_, form) = mapped.or_insert_with(|| (Arc::clone(view), Form::default()));
        Some(form.of(|out| write(writer, change, name, shows, out)))
    }
}

// === impl Form ===

impl Form {
    /// A fact as it looks under the board's own name.
    #[inline]
    pub fn of_fact(&mut self, writer: &dyn Writer, change: &Change) -> &[u8] {
        self.of(|out| writer.write_fact(change, out))
    }

    /// The same for a change of a lamp.
    #[inline]
    pub fn of_lamp(&mut self, writer: &dyn Writer, change: &Change) -> &[u8] {
        self.of(|out| writer.write_lamp(&change.subject, change.lamp.as_ref(), out))
    }

    #[inline]
    fn of(&mut self, write: impl FnOnce(&mut Vec<u8>)) -> &[u8] {
        if !self.is_of_this {
            self.bytes.clear();
            write(&mut self.bytes);
            self.is_of_this = true;
        }
        &self.bytes
    }
}

/// A change as it looks to somebody who may no longer hear of its subject, but did until now: an end. Not shared, since it
/// happens once.
pub(super) fn end(
    writer: &dyn Writer,
    change: &Change,
    shows: Shows,
    sight: &Sight,
) -> Option<Vec<u8>> {
    let name = sight.name(&change.subject)?;
    let state = FactState::Withdrawn(Ending::Removed);
    let ended = Change { state, lamp: None, ..change.clone() };
    let mut bytes = Vec::new();
    write(writer, &ended, name, shows, &mut bytes);
    Some(bytes)
}

fn write(
    writer: &dyn Writer,
    change: &Change,
    name: Cow<'_, Subject>,
    shows: Shows,
    out: &mut Vec<u8>,
) {
    match (shows, name) {
        (Shows::Lamps, name) => writer.write_lamp(&name, change.lamp.as_ref(), out),
        (Shows::Facts, Cow::Borrowed(_)) => writer.write_fact(change, out),
        (Shows::Facts, Cow::Owned(subject)) => {
            writer.write_fact(&Change { subject, ..change.clone() }, out);
        }
    }
}
