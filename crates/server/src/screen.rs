//! How answers look on a terminal and in a pipe: glyphs, colours, tables, times. Colour is only ever
//! beside a word or a glyph; in a pipe there is none and nothing is cut.

mod glyph;
mod names;
mod table;

use std::env;
use std::io::{self, IsTerminal, Write};

use clap::ValueEnum;
use rustix::termios::tcgetwinsize;

pub use glyph::{Signs, Verdict};
pub use lampfield_operations::time;
pub use names::Names;
pub use table::{Align, Table, padded};

use lampfield_board::{DeviceState, Kind, WallTime};

use crate::document::Shown;

/// Whether answers are coloured; `--color` decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// On a terminal that can, unless `NO_COLOR` is set.
    Auto,
    /// Also in a pipe or a file.
    Always,
    /// Never, not even on a terminal that can.
    Never,
}

/// Where answers are shown.
#[derive(Debug, Clone, Copy)]
pub struct Screen {
    colored: bool,
    /// Characters in a line of the terminal; none where there is no terminal.
    width: Option<usize>,
    signs: Signs,
    voice: Voice,
}

/// Whether answers are shown at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Voice {
    /// They are shown in full.
    Spoken,
    /// Only what would otherwise be lost.
    Quiet,
}

/// One of the 16 palette colours, by what it says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tint {
    /// Something is free or good.
    Green,
    /// Something is in use or bad.
    Red,
    /// Ringing, to be looked at.
    Yellow,
    /// Somebody is on hold.
    Blue,
    /// Nothing is known, or it does not matter.
    Dim,
}

/// Whether what is written here may have colours: on a terminal that can, unless `NO_COLOR` is set.
pub fn is_coloured(place: &impl IsTerminal) -> bool {
    let is_refused = env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let is_dumb = env::var_os("TERM").is_some_and(|term| term == "dumb");
    place.is_terminal() && !is_refused && !is_dumb
}

// === impl Screen ===

impl Screen {
    /// The screen of this process, as the person wants it.
    pub fn of(color: Color, signs: Signs, voice: Voice) -> Self {
        let colored = match color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => is_coloured(&io::stdout()),
        };
        let signs = if is_utf8() { signs } else { Signs::Ascii };
        Self { colored, width: terminal_width(), signs, voice }
    }

    /// The same without colours.
    pub fn without_color(self) -> Self {
        Self { colored: false, ..self }
    }

    /// Whether answers are coloured.
    pub fn is_colored(&self) -> bool {
        self.colored
    }

    /// Characters that fit into a line; none where lines may have any length.
    pub fn width(&self) -> Option<usize> {
        self.width
    }

    /// What stands in the place of what is cut off.
    pub fn cut_mark(&self) -> &'static str {
        match self.signs {
            Signs::Ascii => "..",
            Signs::Utf8 => "…",
        }
    }

    /// Prints an answer, unless none is wanted.
    ///
    /// # Errors
    /// The reader went away.
    pub fn print(&self, text: &str) -> io::Result<()> {
        match self.voice {
            Voice::Spoken => self.print_always(text),
            Voice::Quiet => Ok(()),
        }
    }

    /// Prints what cannot be asked for again.
    ///
    /// # Errors
    /// The reader went away.
    pub fn print_always(&self, text: &str) -> io::Result<()> {
        let mut out = io::stdout().lock();
        out.write_all(text.as_bytes())?;
        out.flush()
    }

    /// What a lamp of a kind shows: glyph and word for a device, `nobody` if there is no fact.
    pub fn lamp(&self, kind: Kind, shown: Option<&Shown>) -> String {
        let Some(shown) = shown else {
            return self.tint(Tint::Dim, &format!("{} nobody", glyph::nobody(self.signs)));
        };
        let Some(value) = shown.value(kind) else { return shown.to_string() };
        match value.get::<DeviceState>() {
            Some(state) => {
                let state_glyph = glyph::of_state(state.as_str());
                let sign = state_glyph.sign(self.signs);
                self.tint(state_glyph.tint, &format!("{sign} {state}"))
            }
            None => value.told(&on_the_clock),
        }
    }

    /// The same in a few characters: only the glyph of a device.
    pub fn glyph(&self, kind: Kind, shown: Option<&Shown>) -> String {
        match self.sign(kind, shown) {
            (sign, Some(tint)) => self.tint(tint, &sign),
            (sign, None) => sign,
        }
    }

    /// These few characters, and the colour that belongs to them.
    pub fn sign(&self, kind: Kind, shown: Option<&Shown>) -> (String, Option<Tint>) {
        let Some(shown) = shown else {
            return (glyph::nobody(self.signs).to_owned(), Some(Tint::Dim));
        };
        let Some(value) = shown.value(kind) else { return (shown.to_string(), None) };
        match value.get::<DeviceState>() {
            Some(state) => {
                let state_glyph = glyph::of_state(state.as_str());
                (state_glyph.sign(self.signs).to_owned(), Some(state_glyph.tint))
            }
            None => (value.brief(&on_the_clock), None),
        }
    }

    /// What the signs of devices mean, a line each.
    pub fn legend(&self) -> String {
        let states = DeviceState::ALL.into_iter().map(|state| {
            let sign = glyph::of_state(state.as_str()).sign(self.signs);
            format!("{sign}  {state}\n")
        });
        states.collect()
    }

    /// The glyph of a verdict.
    pub fn verdict(&self, verdict: Verdict) -> String {
        self.tint(verdict.tint(), verdict.sign(self.signs))
    }

    fn tint(&self, tint: Tint, text: &str) -> String {
        let code = match tint {
            Tint::Green => "32",
            Tint::Red => "31",
            Tint::Yellow => "33",
            Tint::Blue => "34",
            Tint::Dim => "90",
        };
        match self.colored {
            true => format!("\x1b[{code}m{text}\x1b[0m"),
            false => text.to_owned(),
        }
    }
}

/// What a file or a pipe is shown is never cut.
fn terminal_width() -> Option<usize> {
    let size = tcgetwinsize(io::stdout()).ok()?;
    Some(usize::from(size.ws_col)).filter(|width| *width > 0)
}

/// A moment in a value, as local time.
fn on_the_clock(moment: WallTime) -> String {
    time::clock(&moment.to_string())
}

/// Whether the terminal's language knows more than ASCII (POSIX: the first of these that is set).
fn is_utf8() -> bool {
    let language = ["LC_ALL", "LC_CTYPE", "LANG"]
        .iter()
        .find_map(|name| env::var(name).ok().filter(|value| !value.is_empty()));
    language.is_none_or(|language| {
        let language = language.to_lowercase();
        language.contains("utf-8") || language.contains("utf8")
    })
}
