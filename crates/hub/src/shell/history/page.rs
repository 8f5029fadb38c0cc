//! The stored form of the past: a page is one row with the changes and connection events of one board over some time.
//! Names and states stand once in it and are numbers everywhere else, so that a change takes some thirty bytes. It must be
//! readable in the `sqlite3` shell, and by every version that comes.
//!
//! ```json
//! {"form":1,"base":1790000000000,"subjects":["device/PJSIP/100"],"origins":[["pbx-a@a.example","02:00:00:00:00:01"]],
//!  "protocols":["xmpp"],"states":[[1,"INUSE"],"lost",{"unavailable":"lost"}],
//!  "changes":[[1500,0,0,0,0,-1,0,-1]],"links":[[1600,0,"lost",10000]]}
//! ```
//!
//! A change is: milliseconds since `base`; the places of subject, origin and protocol; those of what is said, of what the
//! same origin had said, of what the lamp showed from then on and before, with -1 for nothing. A state is the number of its
//! kind's form with the value, or the word for its end. A connection event has the time that the origin has, in milliseconds.

mod builder;
mod reader;

pub(super) use builder::PageBuilder;
pub(super) use reader::{Needle, Page, PageError};

use std::fmt;

use lampfield_board::{BoardName, WallTime};

/// The form that is written, and the newest that can be read.
const FORM: u8 = 1;

/// Bytes at which a page is full. While it is not, each second with changes writes it anew.
pub(super) const PAGE_BYTES: usize = 32 * 1024;

/// Where a page is stored: `asterisk.example|1790000000000`. Keys of one board sort by time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PageKey {
    /// The board whose past it holds.
    pub board: BoardName,
    /// Where it begins. No two pages of a store have the same.
    pub base: WallTime,
}

/// What lies in a page, as far as it is known without reading it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span {
    /// The earliest moment in it. A clock that was set back can put it before the page's base.
    pub from: WallTime,
    /// The latest moment in it.
    pub to: WallTime,
}

// === impl PageKey ===

impl PageKey {
    pub(super) fn parse(key: &str) -> Option<Self> {
        let (board, base) = key.split_once('|')?;
        let key = Self {
            board: BoardName::parse(board).ok()?,
            base: WallTime::from_millis(base.parse().ok()?),
        };
        Some(key)
    }
}

impl fmt::Display for PageKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}|{:013}", self.board, self.base.millis())
    }
}

// === impl Span ===

impl Span {
    /// The span of a page in which nothing is yet.
    pub(super) fn empty(base: WallTime) -> Self {
        Self { from: base, to: base }
    }

    pub(super) fn and(self, at: WallTime) -> Self {
        Self { from: self.from.min(at), to: self.to.max(at) }
    }
}

#[cfg(test)]
mod tests;
