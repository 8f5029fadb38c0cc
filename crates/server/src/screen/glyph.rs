//! The glyph of each state and verdict, the same in every view, with an ASCII form.

use super::Tint;
use crate::document::status::Severity;

/// A state's glyph with its ASCII form and its colour.
#[derive(Debug, Clone, Copy)]
pub struct StateGlyph {
    utf8: &'static str,
    ascii: &'static str,
    /// The colour in which it is shown.
    pub tint: Tint,
}

/// Which signs the reader can see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signs {
    /// All of UTF-8, where the locale says so.
    Utf8,
    /// Letters and signs of ASCII only.
    Ascii,
}

/// Whether something is all right, from good to bad.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// It is all right.
    Good,
    /// Somebody should look; nothing has failed yet.
    Look,
    /// Something does not work.
    Bad,
}

/// The glyph of a device state in Asterisk's word.
pub fn of_state(word: &str) -> StateGlyph {
    let (utf8, ascii, tint) = match word {
        "NOT_INUSE" => ("○", ".", Tint::Green),
        "INUSE" => ("●", "U", Tint::Red),
        "BUSY" => ("■", "B", Tint::Red),
        "RINGING" => ("▲", "R", Tint::Yellow),
        "RINGINUSE" => ("◆", "X", Tint::Yellow),
        "ONHOLD" => ("‖", "H", Tint::Blue),
        "UNAVAILABLE" => ("╳", "-", Tint::Dim),
        "INVALID" => ("∅", "!", Tint::Dim),
        _ => ("?", "?", Tint::Dim),
    };
    StateGlyph { utf8, ascii, tint }
}

/// The glyph of a lamp of which nobody says anything.
pub fn nobody(signs: Signs) -> &'static str {
    match signs {
        Signs::Utf8 => "·",
        Signs::Ascii => "n/a",
    }
}

// === impl StateGlyph ===

impl StateGlyph {
    /// The sign without its colour, for readers who see `signs`.
    pub fn sign(self, signs: Signs) -> &'static str {
        match signs {
            Signs::Utf8 => self.utf8,
            Signs::Ascii => self.ascii,
        }
    }
}

// === impl Verdict ===

impl From<Severity> for Verdict {
    fn from(severity: Severity) -> Self {
        match severity {
            Severity::Look => Self::Look,
            Severity::Bad => Self::Bad,
        }
    }
}

impl Verdict {
    /// The sign without its colour, for readers who see `signs`.
    pub fn sign(self, signs: Signs) -> &'static str {
        match (self, signs) {
            (Self::Good, Signs::Utf8) => "✓",
            (Self::Good, Signs::Ascii) => "ok",
            (Self::Look, Signs::Utf8) => "!",
            (Self::Look, Signs::Ascii) => "look",
            (Self::Bad, Signs::Utf8) => "✗",
            (Self::Bad, Signs::Ascii) => "BAD",
        }
    }

    /// Green, yellow or red, in this order.
    pub fn tint(self) -> Tint {
        match self {
            Self::Good => Tint::Green,
            Self::Look => Tint::Yellow,
            Self::Bad => Tint::Red,
        }
    }
}
