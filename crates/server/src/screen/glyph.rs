//! The glyph of each state and verdict, the same in every view, with an ASCII form.

use super::Tint;

/// How a state looks.
#[derive(Debug, Clone, Copy)]
pub struct StateGlyph {
    utf8: &'static str,
    ascii: &'static str,
    /// Its colour.
    pub tint: Tint,
}

/// Whether something is all right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It is.
    Good,
    /// Somebody should look.
    Look,
    /// It is not.
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

// === impl StateGlyph ===

impl StateGlyph {
    /// The sign itself.
    pub fn sign(self, ascii: bool) -> &'static str {
        if ascii { self.ascii } else { self.utf8 }
    }
}

// === impl Verdict ===

impl Verdict {
    /// The sign itself.
    pub fn sign(self, ascii: bool) -> &'static str {
        match (self, ascii) {
            (Self::Good, false) => "✓",
            (Self::Good, true) => "ok",
            (Self::Look, false) => "!",
            (Self::Look, true) => "look",
            (Self::Bad, false) => "✗",
            (Self::Bad, true) => "BAD",
        }
    }

    /// Its colour.
    pub fn tint(self) -> Tint {
        match self {
            Self::Good => Tint::Green,
            Self::Look => Tint::Yellow,
            Self::Bad => Tint::Red,
        }
    }
}
