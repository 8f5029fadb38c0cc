//! `top`: the dashboard on a terminal. It only reads, by the same operations as `status`, `list`,
//! `watch`, `why` and `history`, so it can show nothing that those do not.

mod draw;
mod feed;
mod keys;
mod known;
mod page;
mod tint;
mod view;
mod wall;

use std::env;
use std::io::{self, IsTerminal};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use ratatui::DefaultTerminal;
use ratatui::crossterm::event::{self, Event};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use signal_hook::consts::{SIGHUP, SIGTERM};

use super::args::{Common, TopArgs};
use super::connect;
use super::stop::Stop;
use crate::failure::{Exit, Failure};
use crate::screen::Screen;
use draw::Picture;
use feed::{Feed, WantedLamps};
use keys::Act;
use known::Known;
use page::Asks;
use view::View;

/// The shortest time between two drawings: ten a second are enough for eyes, and little for a slow line.
const DRAW_EVERY: Duration = Duration::from_millis(100);

pub fn run(args: &TopArgs, common: &Common, screen: &Screen) -> Result<ExitCode, Stop> {
    refuse_without_terminal(common)?;
    // What keeps it from being of any use is told before the screen is taken.
    drop(connect(common)?);
    let ended = Arc::new(AtomicBool::new(false));
    for signal in [SIGTERM, SIGHUP] {
        // The second ends it at once: it may be writing to a terminal that takes nothing.
        signal_hook::flag::register_conditional_shutdown(signal, 1, Arc::clone(&ended))?;
        signal_hook::flag::register(signal, Arc::clone(&ended))?;
    }
    let wanted =
        WantedLamps { filter: args.filter.join(" "), board: args.board.clone(), order: "name" };
    let mut dashboard = Dashboard::new(wanted, common, *screen);
    let mut terminal = ratatui::try_init()?;
    let outcome = dashboard.run(&mut terminal, &ended);
    ratatui::restore();
    outcome?;
    Ok(Exit::Good.into())
}

/// A pipe wants lines, which `watch` has.
fn refuse_without_terminal(common: &Common) -> Result<(), Failure> {
    let is_dumb = env::var_os("TERM").is_none_or(|term| term == "dumb" || term.is_empty());
    let is_terminal = io::stdin().is_terminal() && io::stdout().is_terminal();
    if is_terminal && !is_dumb && !common.json {
        return Ok(());
    }
    let other = if common.json { "lampfield watch --json" } else { "lampfield watch" };
    Err(Failure::new(Exit::Usage, "no-terminal", "top needs an interactive terminal")
        .line("try", format!("{other}   needs no terminal")))
}

/// Waits until something is typed, and not longer than until it may be time to draw; says whether
/// the terminal is still there. The library would ask one that is gone for ever.
fn wait_for_keys() -> io::Result<bool> {
    let stdin = io::stdin();
    let mut keyboard = [PollFd::new(&stdin, PollFlags::IN)];
    let patience = Timespec::try_from(DRAW_EVERY).map_err(io::Error::other)?;
    match poll(&mut keyboard, Some(&patience)) {
        // A signal; that of a new size is for the library.
        Ok(_) | Err(Errno::INTR) => (),
        Err(error) => return Err(error.into()),
    }
    let [keyboard] = keyboard;
    Ok(!keyboard.revents().intersects(PollFlags::HUP | PollFlags::ERR))
}

/// Everything that runs while the dashboard is shown.
struct Dashboard<'a> {
    common: &'a Common,
    feed: Feed,
    known: Known,
    /// What was known when the person stopped the picture.
    stopped: Option<Box<Known>>,
    view: View,
    screen: Screen,
}

// === impl Dashboard ===

impl<'a> Dashboard<'a> {
    fn new(wanted: WantedLamps, common: &'a Common, screen: Screen) -> Self {
        let feed = Feed::start(common, wanted);
        Self { common, feed, known: Known::default(), stopped: None, view: View::default(), screen }
    }

    /// Shows it until the person leaves, or the process is to end.
    fn run(&mut self, terminal: &mut DefaultTerminal, ended: &AtomicBool) -> io::Result<()> {
        let mut is_new = true;
        let mut drawn = Instant::now();
        while !ended.load(Ordering::Relaxed) {
            is_new |= self.take_news();
            if self.view.take_touch() || is_new && drawn.elapsed() >= DRAW_EVERY {
                self.draw(terminal)?;
                (is_new, drawn) = (false, Instant::now());
            }
            if !wait_for_keys()? {
                break;
            }
            while event::poll(Duration::ZERO)? {
                let act = self.understand(&event::read()?);
                if !self.obey(act) {
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    fn draw(&mut self, terminal: &mut DefaultTerminal) -> io::Result<()> {
        let Self { feed, known, stopped, view, screen, .. } = self;
        let (shown, missed) = match stopped {
            Some(stopped) => {
                (&**stopped, Some(known.changes_seen().saturating_sub(stopped.changes_seen())))
            }
            None => (&*known, None),
        };
        let picture = Picture { known: shown, wanted: feed.wanted(), missed, screen };
        terminal.draw(|frame| picture.draw(frame, view))?;
        Ok(())
    }

    fn understand(&mut self, event: &Event) -> Option<Act> {
        let shown = self.stopped.as_deref().unwrap_or(&self.known);
        keys::act(event, &mut self.view, shown, &self.screen.without_color().legend())
    }

    fn take_news(&mut self) -> bool {
        let mut is_new = false;
        for news in self.feed.news() {
            self.known.learn(news);
            is_new = true;
        }
        is_new
    }

    /// Does what a key asks for; says whether the dashboard goes on.
    fn obey(&mut self, act: Option<Act>) -> bool {
        match act {
            None => (),
            Some(Act::Leave) => return false,
            Some(Act::Pause) => {
                self.stopped = match self.stopped.take() {
                    Some(_) => None,
                    None => Some(Box::new(self.known.clone())),
                };
            }
            Some(Act::Sort) => self.look_for(self.feed.wanted().in_next_order()),
            Some(Act::Filter(filter)) => self.look_for(self.feed.wanted().with_filter(filter)),
            Some(Act::Why(subject)) => self.view.page = Some(self.asks().why(subject)),
            Some(Act::History(subject)) => self.view.page = Some(self.asks().history(subject)),
            Some(Act::Status) => {
                self.view.page = self.known.status().map(|status| self.asks().status(status))
            }
        }
        true
    }

    fn asks(&self) -> Asks<'_> {
        Asks {
            wanted: self.feed.wanted(),
            common: self.common,
            screen: self.screen.without_color(),
        }
    }

    fn look_for(&mut self, wanted: WantedLamps) {
        self.known.forget_lamps();
        self.stopped = None;
        self.feed = Feed::start(self.common, wanted);
    }
}
