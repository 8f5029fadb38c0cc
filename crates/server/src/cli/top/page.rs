//! A text over the panes: the answer of another verb, as it would print it.

use lampfield_operations::operation::{History, Why};

use super::super::args::Common;
use super::super::stop::Stop;
use super::super::{ask, history, status, why};
use super::feed::WantedLamps;
use crate::document::status::StatusDocument;
use crate::document::why::Explained;
use crate::screen::Screen;
use crate::shell;

/// Changes of a lamp that are shown.
const HISTORY: usize = 200;

/// A text and how far it is read.
#[derive(Debug)]
pub struct Page {
    /// The line above the text, which names it.
    pub title: String,
    /// Line by line.
    pub lines: Vec<String>,
    /// The first line that is shown.
    pub from: usize,
}

/// Has the verbs answer.
pub struct Asks<'a> {
    /// Which board is meant.
    pub wanted: &'a WantedLamps,
    /// Which server is asked.
    pub common: &'a Common,
    /// How an answer may look.
    pub screen: Screen,
}

// === impl Page ===

impl Page {
    /// A text from its beginning.
    pub fn new(title: impl Into<String>, text: &str) -> Self {
        Self { title: title.into(), lines: text.lines().map(str::to_owned).collect(), from: 0 }
    }

    /// Reads on, or back.
    pub fn turn(&mut self, lines: isize) {
        self.from = self.from.saturating_add_signed(lines).min(self.lines.len().saturating_sub(1));
    }
}

// === impl Asks ===

impl Asks<'_> {
    /// What decides a lamp.
    pub fn why(&self, subject: String) -> Page {
        let title = format!("lampfield why {}", shell::word(&subject));
        let asked = Why { subject, kind: None, at: None, board: self.wanted.board.clone() };
        let answer = ask(self.common, &asked).map(|answer| match answer {
            Explained::One(answer) => why::text(&answer, &self.screen),
            Explained::Many(lamps) => why::many(&lamps, &self.screen),
        });
        Page::new(title, &answer.unwrap_or_else(told))
    }

    /// What a lamp has shown before.
    pub fn history(&self, subject: String) -> Page {
        let title = format!("lampfield history {}", shell::word(&subject));
        let board = self.wanted.board.clone();
        let asked = History { subject, kind: None, since: None, limit: HISTORY, board };
        let answer = ask(self.common, &asked);
        let answer = answer.map(|answer| history::text(&answer, "", &self.screen));
        Page::new(title, &answer.unwrap_or_else(told))
    }

    /// The whole of what is known of the server.
    pub fn status(&self, status: &StatusDocument) -> Page {
        Page::new("lampfield status", &status::text(status, self.common, &self.screen))
    }
}

fn told(stop: Stop) -> String {
    stop.into_failure().to_string()
}
