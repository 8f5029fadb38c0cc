//! The lamps as a wall: with their names while all have room, otherwise sign beside sign.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use ratatui::text::Span;

use super::known::Known;
use super::tint::{colored, tinted};
use super::view::View;
use crate::document::kind_of;
use crate::document::list::Listed;
use crate::screen::Screen;

/// The most letters of a name on the wall, where all lamps have room with so many.
const NAMES: [usize; 2] = [24, 12];

/// The widest sign: a value may be as long as whoever says it likes.
const SIGN: usize = 8;

/// Blanks in a cell: between sign and name, and before the next.
const GAPS: usize = 3;

/// Draws the part of the wall in which the chosen lamp is.
pub fn draw(frame: &mut Frame<'_>, area: Rect, known: &Known, view: &mut View, screen: &Screen) {
    let lamps = known.lamps();
    let (rows, room) = (usize::from(area.height), usize::from(area.width));
    let Some((chosen, _)) = view.lamp(known) else { return };
    let signs: Vec<_> = lamps
        .iter()
        .map(|lamp| screen.sign(kind_of(&lamp.subject), Some(&lamp.aggregate)))
        .collect();
    let widest = signs.iter().map(|(sign, _)| Span::raw(sign).width()).max().unwrap_or(1).min(SIGN);
    let longest = lamps.iter().map(|lamp| short(lamp).chars().count()).max().unwrap_or(0);
    let letters = NAMES.into_iter().map(|most| longest.min(most)).find(|letters| {
        let columns = room / (widest + letters + GAPS);
        columns * rows >= lamps.len()
    });
    let cell = letters.map_or(widest + 1, |letters| widest + letters + GAPS);
    let columns = (room / cell).max(1);
    view.columns = columns;
    let page = (rows * columns).max(1);
    let from = chosen / page * page;
    for (at, (lamp, (sign, tint))) in lamps.iter().zip(&signs).enumerate().skip(from).take(page) {
        let place = at - from;
        let left = area.x + (place % columns * cell) as u16;
        let top = area.y + (place / columns) as u16;
        let mut style = colored(tint.filter(|_| screen.is_colored()));
        if at == chosen {
            style = style.add_modifier(Modifier::REVERSED);
        }
        let buffer = frame.buffer_mut();
        let (end, _) = buffer.set_stringn(left, top, sign, widest, style);
        if let Some(letters) = letters {
            let style = if at == chosen { style } else { Style::default() };
            let name: String = short(lamp).chars().take(letters).collect();
            buffer.set_stringn(end, top, format!(" {name}"), letters + 1, style);
        }
    }
}

/// What the title says of the chosen lamp.
pub fn chosen<'a>(known: &'a Known, view: &View, screen: &Screen) -> Vec<Span<'a>> {
    let Some((_, lamp)) = view.lamp(known) else { return Vec::new() };
    let origins = lamp.origins.iter().map(|origin| origin.account.as_str());
    vec![
        Span::raw(format!("  {} ", lamp.subject)),
        tinted(screen, kind_of(&lamp.subject), Some(&lamp.aggregate)),
        Span::raw(format!(" {}  {}", since(lamp), origins.collect::<Vec<_>>().join(", "))),
    ]
}

fn since(lamp: &Listed) -> String {
    crate::screen::time::seconds_since(&lamp.since)
        .map(|seconds| format!("for {}", crate::screen::time::age(seconds)))
        .unwrap_or_default()
}

/// A device needs no kind before its name.
fn short(lamp: &Listed) -> &str {
    lamp.subject.strip_prefix("device/").unwrap_or(&lamp.subject)
}
