//! What a change looks like for those who are told of it, written once for all to whom it looks the same.

use std::borrow::Cow;
use std::sync::Arc;

use lampfield_board::mapping::View;
use lampfield_board::{Change, Ending, FactState, Subject, Value};

use super::sight::Sight;

/// What a watcher wants to see of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shows {
    /// Each fact, by who says it.
    Facts,
    /// What the lamp shows.
    Lamps,
}

/// How a door writes what its peers are told.
pub trait Writer {
    /// Appends a fact, or its end.
    fn write_fact(&self, change: &Change, out: &mut Vec<u8>);

    /// Appends what a lamp shows; none when nobody says anything any more.
    fn write_lamp(&self, subject: &Subject, lamp: Option<&Value>, out: &mut Vec<u8>);
}

/// The forms of the present change, one for each way in which somebody sees it. Their buffers are kept for the next one:
/// there are at most twice as many as views.
#[derive(Debug, Default)]
pub(super) struct Written {
    forms: Vec<Form>,
}

#[derive(Debug)]
struct Form {
    shows: Shows,
    view: Option<Arc<View>>,
    bytes: Vec<u8>,
    is_of_this: bool,
}

// === impl Written ===

impl Written {
    /// The next change comes.
    pub fn begin(&mut self) {
        self.forms.iter_mut().for_each(|form| form.is_of_this = false);
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
        let form = self.form(shows, sight.view());
        if !form.is_of_this {
            form.bytes.clear();
            write(writer, change, name, shows, &mut form.bytes);
            form.is_of_this = true;
        }
        Some(&form.bytes)
    }

    fn form(&mut self, shows: Shows, view: Option<&Arc<View>>) -> &mut Form {
        let is_same = |form: &Form| match (&form.view, view) {
            (None, None) => form.shows == shows,
            (Some(of), Some(view)) => form.shows == shows && Arc::ptr_eq(of, view),
            _ => false,
        };
        let place = self.forms.iter().position(is_same).unwrap_or_else(|| {
            let view = view.cloned();
            self.forms.push(Form { shows, view, bytes: Vec::new(), is_of_this: false });
            self.forms.len() - 1
        });
        &mut self.forms[place]
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
