//! What the keys do.

use ratatui::crossterm::event::{Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

use super::super::status::present;
use super::known::Known;
use super::page::Page;
use super::view::{Move, Pane, View};

/// What the keys ask of the dashboard; what only changes the view is done already.
#[derive(Debug, PartialEq, Eq)]
pub enum Act {
    Leave,
    /// Stops the picture, or lets it go on.
    Pause,
    Sort,
    /// Shows other lamps.
    Filter(String),
    Why(String),
    History(String),
    Status,
}

/// The keys, as `?` shows them.
const HELP: &str = "\
1 2 3 4     choose the pane that the other keys act on
arrows      choose a row or a lamp; also Page Up and Down, Home and End
Enter       a lamp: why; an origin: its lamps; the server: its status
h           history of the lamp
/           filter, as in list: night, 100-149, state:inuse, site:berlin
s           order: by name, latest change, value, number of facts
p           pause the display, or resume; changes are still counted
b or Esc    close a text; remove the filter
?           this page
q           quit

Signs of a device:
";

/// Does what an event means for the view; the rest is for the dashboard to do.
pub fn act(event: &Event, view: &mut View, known: &Known, legend: &str) -> Option<Act> {
    view.touch();
    match event {
        Event::Key(key) if key.kind != KeyEventKind::Release => press(*key, view, known, legend),
        // Also a new size: it is drawn anew.
        _ => None,
    }
}

fn press(key: KeyEvent, view: &mut View, known: &Known, legend: &str) -> Option<Act> {
    if key.modifiers.contains(KeyModifiers::CONTROL) {
        return (key.code == KeyCode::Char('c')).then_some(Act::Leave);
    }
    if view.typed.is_some() {
        return type_filter(key.code, view);
    }
    if let Some(step) = step(key.code) {
        view.step(step, known);
        return None;
    }
    match key.code {
        KeyCode::Char('q') => return Some(Act::Leave),
        KeyCode::Char('p') => return Some(Act::Pause),
        KeyCode::Char('b') | KeyCode::Esc => {
            return match view.page.take() {
                Some(_) => None,
                None => Some(Act::Filter(String::new())),
            };
        }
        KeyCode::Char('?') => view.page = Some(Page::new("keys", &format!("{HELP}{legend}"))),
        _ if view.page.is_some() => (),
        KeyCode::Char('/') => view.typed = Some(String::new()),
        KeyCode::Char('s') => return Some(Act::Sort),
        KeyCode::Char('h') => return lamp(view, known).map(Act::History),
        KeyCode::Enter => return enter(view, known),
        KeyCode::Char(key) => view.pane = Pane::of(key).unwrap_or(view.pane),
        _ => (),
    }
    None
}

fn step(code: KeyCode) -> Option<Move> {
    Some(match code {
        KeyCode::Up => Move::Rows(-1),
        KeyCode::Down => Move::Rows(1),
        KeyCode::Left => Move::Columns(-1),
        KeyCode::Right => Move::Columns(1),
        KeyCode::PageUp => Move::Screens(-1),
        KeyCode::PageDown => Move::Screens(1),
        KeyCode::Home => Move::First,
        KeyCode::End => Move::Last,
        _ => return None,
    })
}

fn type_filter(code: KeyCode, view: &mut View) -> Option<Act> {
    let typed = view.typed.as_mut()?;
    match code {
        KeyCode::Enter => return view.typed.take().map(Act::Filter),
        KeyCode::Esc => view.typed = None,
        KeyCode::Backspace => drop(typed.pop()),
        KeyCode::Char(letter) => typed.push(letter),
        _ => (),
    }
    None
}

/// What is behind the chosen row.
fn enter(view: &View, known: &Known) -> Option<Act> {
    match view.pane {
        Pane::Nodes => Some(Act::Status),
        Pane::Origins => {
            let origins = present(known.status()?);
            let origin = origins.get(view.chosen(Pane::Origins, origins.len()))?;
            Some(Act::Filter(format!("origin:{}", origin.origin.account)))
        }
        Pane::Lamps | Pane::Changes => lamp(view, known).map(Act::Why),
    }
}

/// The lamp that the chosen row is about.
fn lamp(view: &View, known: &Known) -> Option<String> {
    match view.pane {
        Pane::Changes => {
            let chosen = view.chosen(Pane::Changes, known.changes().len());
            known.changed(chosen).map(str::to_owned)
        }
        _ => view.lamp(known).map(|(_, lamp)| lamp.subject.clone()),
    }
}
