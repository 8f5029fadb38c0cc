//! Asks the server again and again, and hears its changes, each in a thread of its own. Both end when
//! nobody wants to know any more.

use std::sync::mpsc::{Receiver, SyncSender, TryIter, sync_channel};
use std::sync::{Arc, Weak};
use std::thread;
use std::time::{Duration, Instant};

use lampfield_operations::operation::{List, Order, Status, Watch};

use super::super::args::Common;
use super::super::{ask, connect};
use crate::control::client::Client;
use crate::document::change::Line;
use crate::document::list::Lamps;
use crate::document::status::StatusDocument;
use crate::failure::Failure;

/// News that may wait to be drawn; beyond it the server waits, which leaves out old values and counts them.
const WAITING: usize = 1_024;

/// The shortest pause between two looks.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// The pause after a look, in times of what it took: nobody pays more than a twentieth for being watched.
const PAUSE: u32 = 20;

/// What the server tells.
#[derive(Debug)]
pub enum News {
    /// The server as `lampfield status` shows it.
    Status(Box<StatusDocument>),
    /// What the lamps that are wanted show.
    Lamps(Lamps),
    /// A change, or that some were left out.
    Line(Line),
    /// It did not answer.
    Lost(Failure),
}

/// What is asked for.
#[derive(Debug, Clone)]
pub struct WantedLamps {
    /// Which lamps, in the words of `list`; none for all.
    pub filter: String,
    /// The board; the first if none is named.
    pub board: Option<String>,
    /// By what the lamps are ordered, as `list --sort` has it.
    pub order: &'static str,
}

/// Hears of the server for as long as it is kept.
#[derive(Debug)]
pub struct Feed {
    /// Held only here: the threads see by it whether anybody still wants to know.
    wanted: Arc<WantedLamps>,
    news: Receiver<News>,
}

// === impl WantedLamps ===

impl WantedLamps {
    /// The same lamps in another order, the next in turn.
    pub fn in_next_order(&self) -> Self {
        let order = match self.order {
            "name" => "-since",
            "-since" => "value",
            "value" => "-facts",
            _ => "name",
        };
        Self { order, ..self.clone() }
    }

    /// Other lamps in the same order.
    pub fn with_filter(&self, filter: String) -> Self {
        Self { filter, ..self.clone() }
    }

    fn filter(&self) -> Option<String> {
        Some(self.filter.clone()).filter(|filter| !filter.is_empty())
    }

    fn list(&self) -> List {
        let sort: Order = self.order.parse().unwrap_or_default();
        let (filter, board) = (self.filter(), self.board.clone());
        List { filter, kind: None, sort, limit: List::MOST, board }
    }

    fn watch(&self) -> Watch {
        Watch { filter: self.filter(), kind: None, board: self.board.clone() }
    }
}

// === impl Feed ===

impl Feed {
    /// Begins to ask.
    pub fn start(common: &Common, wanted: WantedLamps) -> Self {
        let (told, news) = sync_channel(WAITING);
        let wanted = Arc::new(wanted);
        for ask in [look as fn(&Common, &Weak<WantedLamps>, &SyncSender<News>), listen] {
            let (common, wanted, told) = (common.clone(), Arc::downgrade(&wanted), told.clone());
            thread::spawn(move || ask(&common, &wanted, &told));
        }
        Self { wanted, news }
    }

    /// What is asked for.
    pub fn wanted(&self) -> &WantedLamps {
        &self.wanted
    }

    /// What has come since the last time.
    pub fn news(&self) -> TryIter<'_, News> {
        self.news.try_iter()
    }
}

/// Looks at everything, again and again. What changes were not heard, or a filter by state lets go,
/// is put right by it.
fn look(common: &Common, wanted: &Weak<WantedLamps>, told: &SyncSender<News>) {
    while let Some(asked) = wanted.upgrade() {
        let begun = Instant::now();
        let list = asked.list();
        drop(asked);
        let looked = ask(common, &Status {}).and_then(|status| {
            let lamps = ask(common, &list)?;
            Ok([News::Status(Box::new(status)), News::Lamps(lamps)])
        });
        let is_heard = match looked {
            Ok(news) => news.into_iter().all(|news| told.send(news).is_ok()),
            Err(stop) => told.send(News::Lost(stop.into_failure())).is_ok(),
        };
        if !is_heard {
            return;
        }
        thread::park_timeout(LOOK_EVERY.max(begun.elapsed() * PAUSE));
    }
}

/// Hears each change, and begins anew when the server was away.
fn listen(common: &Common, wanted: &Weak<WantedLamps>, told: &SyncSender<News>) {
    while let Some(asked) = wanted.upgrade() {
        let watch = asked.watch();
        drop(asked);
        let begun = connect(common).and_then(|mut client| {
            client.watch(&watch)?;
            Ok(client)
        });
        // That it does not answer is told by who looks.
        if let Ok(mut client) = begun {
            pass_on(&mut client, wanted, told);
        }
        thread::park_timeout(LOOK_EVERY);
    }
}

/// Until the server goes away, or nobody wants to know.
fn pass_on(client: &mut Client, wanted: &Weak<WantedLamps>, told: &SyncSender<News>) {
    while wanted.strong_count() > 0 {
        let sent = match client.next_line(Some(LOOK_EVERY)) {
            Ok(Some(line)) => told.send(News::Line(line)).is_ok(),
            Ok(None) => true,
            Err(_) => false,
        };
        if !sent {
            return;
        }
    }
}
