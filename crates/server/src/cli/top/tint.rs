//! The colours of the other verbs, as the library has them.

use lampfield_board::Kind;
use ratatui::style::{Color, Style};
use ratatui::text::Span;

use crate::document::Shown;
use crate::screen::{Screen, Tint};

/// What a lamp shows, in its colour.
pub fn tinted(screen: &Screen, kind: Kind, shown: Option<&Shown>) -> Span<'static> {
    let (_, tint) = screen.sign(kind, shown);
    let style = colored(tint.filter(|_| screen.is_colored()));
    Span::styled(screen.without_color().lamp(kind, shown), style)
}

/// The colour of the palette for what it says.
pub fn colored(tint: Option<Tint>) -> Style {
    match tint {
        None => Style::new(),
        Some(Tint::Green) => Style::new().fg(Color::Green),
        Some(Tint::Red) => Style::new().fg(Color::Red),
        Some(Tint::Yellow) => Style::new().fg(Color::Yellow),
        Some(Tint::Blue) => Style::new().fg(Color::Blue),
        Some(Tint::Dim) => Style::new().fg(Color::DarkGray),
    }
}
