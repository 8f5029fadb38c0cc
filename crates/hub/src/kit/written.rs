//! What a change looks like for those who are told of it, written once for all to whom it looks the same.

use lampfield_board::Change;

use super::sight::Sight;
use super::watchers::Writer;

/// What a watcher wants to see of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shows {
    /// Each fact, by who says it.
    Facts,
    /// What the lamp shows.
    Lamps,
}

/// The forms of the present change. Their buffers are kept for the next one.
#[derive(Debug, Default)]
pub(super) struct Written {
    facts: Form,
    lamps: Form,
}

#[derive(Debug, Default)]
struct Form {
    bytes: Vec<u8>,
    is_of_this: bool,
}

// === impl Written ===

impl Written {
    /// The next change comes.
    pub fn begin(&mut self) {
        self.facts.is_of_this = false;
        self.lamps.is_of_this = false;
    }

    /// The change as it looks by a sight; none if there is nothing to see.
    pub fn of(
        &mut self,
        writer: &dyn Writer,
        change: &Change,
        shows: Shows,
        sight: &Sight,
    ) -> Option<&[u8]> {
        if !sight.is_whole() && sight.name(&change.subject).is_none() {
            return None;
        }
        let form = match shows {
            Shows::Facts => &mut self.facts,
            Shows::Lamps => &mut self.lamps,
        };
        if !form.is_of_this {
            form.bytes.clear();
            write(writer, change, shows, &mut form.bytes);
            form.is_of_this = true;
        }
        Some(&form.bytes)
    }
}

fn write(writer: &dyn Writer, change: &Change, shows: Shows, out: &mut Vec<u8>) {
    match shows {
        Shows::Facts => writer.write_fact(change, out),
        Shows::Lamps => writer.write_lamp(&change.subject, change.lamp.as_ref(), out),
    }
}
