//! What the person looks at: a pane, a row of it, a text over all of them, a filter being typed.

use super::super::status::present;
use super::known::Known;
use super::page::Page;
use crate::document::list::Listed;

/// The parts of the screen, by the number of their key.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Pane {
    /// The server, its doors and what needs attention.
    Nodes,
    /// The origins that say something, with their facts.
    Origins,
    /// The lamps that are wanted, and what they show.
    #[default]
    Lamps,
    /// The latest changes of these lamps.
    Changes,
}

/// A step of the chosen row, as the arrow keys take it.
#[derive(Debug, Clone, Copy)]
pub enum Move {
    /// So many rows down; up if negative.
    Rows(isize),
    /// So many lamps to the right; to the left if negative.
    Columns(isize),
    /// So many screens down; up if negative.
    Screens(isize),
    /// To the first.
    First,
    /// To the last.
    Last,
}

/// All of it.
#[derive(Debug)]
pub struct View {
    /// The pane that the keys move in.
    pub pane: Pane,
    /// The text over the panes.
    pub page: Option<Page>,
    /// The filter, while it is typed.
    pub typed: Option<String>,
    /// Lamps beside each other, as they were last drawn.
    pub columns: usize,
    /// Rows of the chosen pane, or of the text, as they were last drawn.
    pub rows: usize,
    origin: usize,
    change: usize,
    /// By name: lamps change their places.
    lamp: Option<String>,
    is_touched: bool,
}

// === impl Pane ===

impl Pane {
    /// All of them, from top to bottom.
    pub const ALL: [Self; 4] = [Self::Nodes, Self::Origins, Self::Lamps, Self::Changes];

    /// The pane of a key.
    pub fn of(key: char) -> Option<Self> {
        let at = key.to_digit(10)?.checked_sub(1)?;
        Self::ALL.get(at as usize).copied()
    }
}

// === impl View ===

impl Default for View {
    fn default() -> Self {
        Self {
            pane: Pane::default(),
            page: None,
            typed: None,
            columns: 1,
            rows: 1,
            origin: 0,
            change: 0,
            lamp: None,
            is_touched: true,
        }
    }
}

impl View {
    /// The person has done something that is to be seen at once.
    pub fn touch(&mut self) {
        self.is_touched = true;
    }

    /// Whether that has not been drawn yet; it will be now.
    pub fn take_touch(&mut self) -> bool {
        std::mem::take(&mut self.is_touched)
    }

    /// The chosen row of a pane of so many rows.
    pub fn chosen(&self, pane: Pane, rows: usize) -> usize {
        let chosen = match pane {
            Pane::Origins => self.origin,
            Pane::Changes => self.change,
            Pane::Nodes | Pane::Lamps => 0,
        };
        chosen.min(rows.saturating_sub(1))
    }

    /// The chosen lamp, with its place.
    pub fn lamp<'a>(&self, known: &'a Known) -> Option<(usize, &'a Listed)> {
        let lamps = known.lamps();
        let chosen = self.lamp.as_ref();
        let found = chosen.and_then(|name| lamps.iter().position(|lamp| lamp.subject == *name));
        let at = found.unwrap_or(0);
        lamps.get(at).map(|lamp| (at, lamp))
    }

    /// Chooses another row, or reads on.
    pub fn step(&mut self, step: Move, known: &Known) {
        let rows = self.rows;
        if let Some(page) = &mut self.page {
            let (length, from) = (page.lines.len(), page.from);
            return page.turn(moved(from, length, step, (1, rows)) as isize - from as isize);
        }
        match self.pane {
            Pane::Nodes => (),
            Pane::Origins => {
                let origins = known.status().map_or(0, |status| present(status).len());
                self.origin = moved(self.chosen(Pane::Origins, origins), origins, step, (1, rows));
            }
            Pane::Changes => {
                let changes = known.changes().len();
                self.change = moved(self.chosen(Pane::Changes, changes), changes, step, (1, rows));
            }
            Pane::Lamps => {
                let lamps = known.lamps();
                let at = self.lamp(known).map_or(0, |(at, _)| at);
                let at = moved(at, lamps.len(), step, (self.columns, rows));
                self.lamp = lamps.get(at).map(|lamp| lamp.subject.clone());
            }
        }
    }
}

/// A place among `all`, one step from `at`; the step down is as wide as there are columns.
fn moved(at: usize, all: usize, step: Move, (columns, rows): (usize, usize)) -> usize {
    let by = match step {
        Move::Rows(rows) => rows * columns as isize,
        Move::Columns(lamps) => lamps,
        Move::Screens(screens) => screens * (rows.max(1) * columns) as isize,
        Move::First => return 0,
        Move::Last => isize::MAX,
    };
    at.saturating_add_signed(by).min(all.saturating_sub(1))
}
