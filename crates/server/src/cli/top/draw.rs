//! The screen: a line for the whole, four panes without frames, a line for what can be done. The
//! library sends only the cells that differ from those of before.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Clear, Paragraph};

use super::super::status::{origins, present, summary};
use super::super::watch;
use super::feed::WantedLamps;
use super::known::Known;
use super::tint::colored;
use super::view::{Pane, View};
use super::wall;
use crate::document::status::{DoorStatus, StatusDocument};
use crate::screen::time::{age, clock, count, counted};
use crate::screen::{Names, Screen, Tint, Verdict};

/// The most lines of the pane of the server and its doors, its title too.
const NODES: u16 = 6;

/// All that one drawing of the screen needs.
pub struct Picture<'a> {
    /// What the server has told.
    pub known: &'a Known,
    /// What was asked for.
    pub wanted: &'a WantedLamps,
    /// Changes that came since the picture was stopped, if it is.
    pub missed: Option<u64>,
    /// How it may look.
    pub screen: &'a Screen,
}

// === impl Picture ===

impl Picture<'_> {
    /// Draws all of it.
    pub fn draw(&self, frame: &mut Frame<'_>, view: &mut View) {
        let parts = [Constraint::Length(1), Constraint::Fill(1), Constraint::Length(1)];
        let [head, body, foot] = Layout::vertical(parts).areas(frame.area());
        frame.render_widget(self.head(), head);
        match &view.page {
            Some(_) => Self::page(frame, body, view),
            None => self.panes(frame, body, view),
        }
        frame.render_widget(self.foot(view), foot);
    }

    /// Whose lamps these are, and whether all is well.
    fn head(&self) -> Paragraph<'_> {
        let Some(status) = self.known.status() else {
            return Paragraph::new(" lampfield").style(Modifier::REVERSED);
        };
        let name = status.server.domains.first().map_or("lampfield", String::as_str);
        let changes = match self.missed {
            Some(missed) => format!("paused, +{}", count(missed)),
            None => counted(self.known.changes_seen(), "change"),
        };
        let connected = status.origins.iter().filter(|origin| origin.connections > 0).count();
        let text = format!(
            " {name}  {}  {}, {}  {changes}  {}",
            summary(status),
            counted(connected as u64, "PBX"),
            counted(status.boards.iter().map(|board| board.lamps).sum(), "lamp"),
            clock(&status.as_of),
        );
        Paragraph::new(text).style(Style::new().add_modifier(Modifier::REVERSED | Modifier::BOLD))
    }

    fn panes(&self, frame: &mut Frame<'_>, body: Rect, view: &mut View) {
        let nodes = self.known.status().map_or_else(Vec::new, |status| self.nodes(status));
        let nodes_height = (nodes.len() as u16 + 1).min(NODES);
        let sizes = Pane::ALL.map(|pane| match (pane, pane == view.pane) {
            (Pane::Nodes, false) => Constraint::Length(nodes_height),
            (_, true) => Constraint::Fill(2),
            (_, false) => Constraint::Fill(1),
        });
        let areas: [Rect; 4] = Layout::vertical(sizes).areas(body);
        for (pane, area) in Pane::ALL.into_iter().zip(areas) {
            let parts = [Constraint::Length(1), Constraint::Fill(1)];
            let [title, inside] = Layout::vertical(parts).areas(area);
            frame.render_widget(self.title(pane, view), title);
            if pane == view.pane {
                view.rows = usize::from(inside.height);
            }
            match pane {
                Pane::Nodes => frame.render_widget(Paragraph::new(nodes.clone()), inside),
                Pane::Origins => self.origins(frame, inside, view),
                Pane::Lamps => wall::draw(frame, inside, self.known, view, self.screen),
                Pane::Changes => self.changes(frame, inside, view),
            }
        }
    }

    fn title(&self, pane: Pane, view: &View) -> Line<'_> {
        let mut style = Style::new().add_modifier(Modifier::BOLD);
        if pane == view.pane {
            style = style.add_modifier(Modifier::UNDERLINED);
        }
        let text = match pane {
            Pane::Nodes => "1 Server and doors".to_owned(),
            Pane::Origins => "2 Origins".to_owned(),
            Pane::Lamps => format!("3 {}", self.lamps()),
            Pane::Changes => "4 Changes".to_owned(),
        };
        let mut spans = vec![Span::styled(text, style)];
        if pane == Pane::Lamps {
            spans.extend(wall::chosen(self.known, view, self.screen));
        }
        Line::from(spans)
    }

    /// How many lamps there are, and which.
    fn lamps(&self) -> String {
        let filter = &self.wanted.filter;
        let filter = if filter.is_empty() { String::new() } else { format!(" of {filter}") };
        let lamps = match self.known.total() {
            Some(total) => counted(total, "lamp"),
            None => "lamps".to_owned(),
        };
        let shown = self.known.lamps().len() as u64;
        let cut = match self.known.total() {
            Some(total) if total > shown => format!(", {} shown", count(shown)),
            _ => String::new(),
        };
        format!("{lamps}{filter}{cut} by {}", self.wanted.order)
    }

    /// The server, its doors, and what somebody should look at.
    fn nodes(&self, status: &StatusDocument) -> Vec<Line<'static>> {
        let server = &status.server;
        let about = format!(
            " {}, up {}, {} MiB of memory, data in {}",
            server.version,
            age(server.uptime_seconds),
            count(server.memory_bytes / (1024 * 1024)),
            server.data_dir,
        );
        let worst =
            status.attention.iter().map(|attention| Verdict::from(attention.severity)).max();
        let mut lines = vec![self.verdict_line(worst.unwrap_or(Verdict::Good), &about)];
        lines.extend(status.attention.iter().map(|attention| {
            self.verdict_line(Verdict::from(attention.severity), &format!(" {}", attention.text))
        }));
        lines.extend(status.doors.iter().map(|door| self.door(door)));
        lines
    }

    fn door(&self, door: &DoorStatus) -> Line<'static> {
        let verdict = match door.state.as_str() {
            "serving" => Verdict::Good,
            "connecting" => Verdict::Look,
            _ => Verdict::Bad,
        };
        let DoorStatus { protocol, place, state, peers, error, .. } = door;
        let error = error.as_ref().map(|error| format!(": {error}")).unwrap_or_default();
        let peers = counted(*peers, "connection");
        self.verdict_line(verdict, &format!(" {protocol} {place} {state}, {peers}{error}"))
    }

    fn verdict_line(&self, verdict: Verdict, text: &str) -> Line<'static> {
        let plain = self.screen.without_color();
        let style = colored(Some(verdict.tint()).filter(|_| self.screen.is_colored()));
        Line::from(vec![Span::styled(plain.verdict(verdict), style), Span::raw(text.to_owned())])
    }

    fn origins(&self, frame: &mut Frame<'_>, area: Rect, view: &View) {
        let Some(status) = self.known.status() else { return };
        let present = present(status);
        if present.is_empty() {
            return frame.render_widget("nobody yet", area);
        }
        let table = origins(&present, status.boards.len() > 1, &self.screen.without_color());
        let mut lines = table.lines();
        let head = lines.next().unwrap_or_default();
        let parts = [Constraint::Length(1), Constraint::Fill(1)];
        let [top, rows] = Layout::vertical(parts).areas(area);
        frame.render_widget(Span::styled(head, Modifier::DIM), top);
        rows_around(frame, rows, lines, (view, Pane::Origins, present.len()));
    }

    fn changes(&self, frame: &mut Frame<'_>, area: Rect, view: &View) {
        let plain = self.screen.without_color();
        let mut names = Names::default();
        let changes = self.known.changes();
        let all = changes.len();
        let lines: Vec<_> = changes.map(|line| watch::text(line, &mut names, &plain)).collect();
        let lines = lines.iter().map(|line| line.trim_end());
        rows_around(frame, area, lines, (view, Pane::Changes, all));
    }

    fn page(frame: &mut Frame<'_>, area: Rect, view: &mut View) {
        view.rows = usize::from(area.height).saturating_sub(1);
        let Some(page) = &view.page else { return };
        let parts = [Constraint::Length(1), Constraint::Fill(1)];
        let [top, inside] = Layout::vertical(parts).areas(area);
        frame.render_widget(Clear, area);
        let title = Style::new().add_modifier(Modifier::BOLD | Modifier::UNDERLINED);
        frame.render_widget(Span::styled(page.title.as_str(), title), top);
        let lines = page.lines.iter().skip(page.from).map(|line| Line::raw(line.as_str()));
        frame.render_widget(Paragraph::new(lines.collect::<Vec<_>>()), inside);
    }

    /// What is wrong with what was asked, the filter that is typed, or the keys.
    fn foot(&self, view: &View) -> Paragraph<'_> {
        if let Some(typed) = &view.typed {
            return Paragraph::new(format!("filter: {typed}_"));
        }
        if let Some(failure) = self.known.failure() {
            let style = colored(Some(Tint::Red).filter(|_| self.screen.is_colored()));
            return Paragraph::new(format!("! {}", failure.message)).style(style);
        }
        let keys = match view.page {
            Some(_) => "arrows scroll   b back   q quit",
            None => {
                "1-4 pane  / filter  Enter why  h history  s sort p pause  b back  ? keys  q quit"
            }
        };
        Paragraph::new(keys).style(Modifier::DIM)
    }
}

/// Rows of a pane, as many as have room, with the chosen one among them.
fn rows_around<'a>(
    frame: &mut Frame<'_>,
    area: Rect,
    lines: impl Iterator<Item = &'a str>,
    (view, pane, all): (&View, Pane, usize),
) {
    let (room, chosen) = (usize::from(area.height).max(1), view.chosen(pane, all));
    let from = chosen / room * room;
    let lines = lines.enumerate().skip(from).take(room).map(|(at, line)| {
        let is_chosen = at == chosen && pane == view.pane;
        Line::styled(line, if is_chosen { Modifier::REVERSED } else { Modifier::empty() })
    });
    frame.render_widget(Paragraph::new(lines.collect::<Vec<_>>()), area);
}
