//! The boards of a server: for each a hub of its own, so that nothing crosses from one to another. Which account is on
//! which board is told from outside; where that has changed since the last start, what was stored moves.

mod moving;
mod successions;

use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    rc::Rc,
    sync::Arc,
};

use lampfield_board::mapping::View;
use lampfield_board::{AccountName, BoardName, Mapping, Protocol, SiteName};
use lampfield_fabric::{Bucket, Row, Storage, Store, StoreError};
use tokio::time::Instant;

use self::moving::{ByHand, Moving};
pub use self::successions::Succession;
use crate::{
    ConnId, Hub, HubShell, Observer, Settings, StoredHistory,
    doors::{DoorHealth, DoorReport, Doors},
    keys,
    shell::now,
};

/// Rows read at once at the start.
const PAGE: usize = 1_000;

/// All boards. Cheap to clone; every clone is the same.
#[derive(Clone)]
pub struct Boards(Rc<Inner>);

struct Inner {
    store: Store,
    started: Instant,
    settings: RefCell<Settings>,
    history: Rc<StoredHistory>,
    hubs: RefCell<BTreeMap<BoardName, HubShell>>,
    /// Observers of every board, also of boards that are added later.
    observers: RefCell<Vec<Rc<dyn Observer>>>,
    running: Cell<bool>,
    next_conn: Cell<u64>,
    doors: Rc<RefCell<Doors>>,
    mapping: RefCell<Mapping>,
    homes: RefCell<Homes>,
}

/// The board of an account, if it has one.
type Homes = Rc<dyn Fn(&AccountName) -> Option<BoardName>>;

// === impl Boards ===

impl Boards {
    /// The boards of these names with what the store holds of them. `home` says on which of them an account is; of one
    /// that has none there, what is stored stays where it is.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn open(
        store: Store,
        settings: Settings,
        names: impl IntoIterator<Item = BoardName>,
        home: impl Fn(&AccountName) -> Option<BoardName>,
    ) -> Result<Self, StoreError> {
        Self::open_after(&[], store, settings, names, home).await
    }

    /// The same where domains may have other boards than when the server ran last: what is a board's own follows them, as
    /// [`Succession`] says.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn open_after(
        successions: &[Succession],
        store: Store,
        settings: Settings,
        names: impl IntoIterator<Item = BoardName>,
        home: impl Fn(&AccountName) -> Option<BoardName>,
    ) -> Result<Self, StoreError> {
        let started = Instant::now();
        let hub = |name: BoardName| Hub::new(name, settings.clone(), now(started));
        let mut hubs: BTreeMap<_, _> =
            names.into_iter().map(|name| (name.clone(), hub(name))).collect();
        let left = successions::left(successions);
        let (mut moving, mut by_hand) = (Moving::default(), ByHand::default());
        for bucket in Hub::BUCKETS {
            each_row(&store, bucket, "", |row| {
                let Some((board, account)) = keys::board_and_account(&row.key) else {
                    // Whoever reads the log must learn of it once, from any of them.
                    if let Some(hub) = hubs.values_mut().next() {
                        hub.load(bucket, &row.key, &row.value);
                    }
                    return;
                };
                match home(&account).filter(|home| *home != board && hubs.contains_key(home)) {
                    Some(home) => moving.leaves(&board, home, bucket, row),
                    None => match hubs.get_mut(&board).filter(|_| !left.contains(&board)) {
                        Some(hub) => hub.load(bucket, &row.key, &row.value),
                        None => by_hand.take(board, bucket, row),
                    },
                }
            })
            .await?;
        }
        let history = StoredHistory::new(store.clone(), settings.history.clone());
        successions::of_history(successions, &left, &history).await;
        by_hand.follow(successions, &mut moving, &mut hubs);
        moving.carry_out(&left, &mut hubs);
        let start =
            |(name, hub)| (name, HubShell::start(hub, store.clone(), Rc::clone(&history), started));
        let hubs = RefCell::new(hubs.into_iter().map(start).collect());
        let (settings, observers) = (RefCell::new(settings), RefCell::default());
        Ok(Self(Rc::new(Inner {
            store,
            started,
            settings,
            history,
            hubs,
            observers,
            running: Cell::default(),
            next_conn: Cell::new(1),
            doors: Rc::default(),
            mapping: RefCell::default(),
            homes: RefCell::new(Rc::new(|_| None)),
        })))
    }

    /// The board of this name.
    #[must_use]
    pub fn get(&self, name: &BoardName) -> Option<HubShell> {
        self.0.hubs.borrow().get(name).cloned()
    }

    /// All boards, in the order of their names.
    #[must_use]
    pub fn all(&self) -> Vec<HubShell> {
        self.0.hubs.borrow().values().cloned().collect()
    }

    /// From now on this observer is told of every change on every board.
    pub fn observe(&self, observer: &Rc<dyn Observer>) {
        self.0.hubs.borrow().values().for_each(|hub| hub.add_observer(Rc::clone(observer)));
        self.0.observers.borrow_mut().push(Rc::clone(observer));
    }

    /// The past of all boards, as the store keeps it.
    #[must_use]
    pub fn history(&self) -> &Rc<StoredHistory> {
        &self.0.history
    }

    /// Lets all boards take changed settings, as [`Hub::set_settings`].
    pub fn set_settings(&self, settings: &Settings) {
        self.0.settings.replace(settings.clone());
        self.0.history.set_settings(&settings.history);
        for hub in self.all() {
            hub.change(|hub, now| hub.set_settings(settings.clone(), now));
        }
    }

    /// One more board, with what the store holds of it; the one that is there if it is known already. The past of one that
    /// was [forgotten](HubShell::forget_past) begins now.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn add(&self, name: &BoardName) -> Result<HubShell, StoreError> {
        if let Some(known) = self.get(name) {
            known.begin_past();
            return Ok(known);
        }
        let Inner { store, started, settings, history, .. } = &*self.0;
        let mut hub = Hub::new(name.clone(), settings.borrow().clone(), now(*started));
        for bucket in Hub::BUCKETS {
            let prefix = keys::prefix(name);
            each_row(store, bucket, &prefix, |row| hub.load(bucket, &row.key, &row.value)).await?;
        }
        let shell = HubShell::start(hub, store.clone(), Rc::clone(history), *started);
        for observer in self.0.observers.borrow().iter() {
            shell.add_observer(Rc::clone(observer));
        }
        if self.0.running.get() {
            tokio::task::spawn_local(shell.clone().run());
        }
        self.0.hubs.borrow_mut().insert(name.clone(), shell.clone());
        Ok(shell)
    }

    /// How the peers of each site call what a board calls otherwise. It holds for those who come from now on, so it is to
    /// be set before the first.
    pub fn set_mapping(&self, mapping: Mapping) {
        self.0.mapping.replace(mapping);
    }

    /// On which board an account is, for doors that serve one board: before this is set they let nobody in. It is asked at
    /// each login, as domains come and go.
    pub fn set_homes(&self, homes: impl Fn(&AccountName) -> Option<BoardName> + 'static) {
        self.0.homes.replace(Rc::new(homes));
    }

    /// The board of an account.
    pub(crate) fn home(&self, account: &AccountName) -> Option<BoardName> {
        let homes = Rc::clone(&self.0.homes.borrow());
        homes(account)
    }

    /// How the peers of a site call things by a protocol; none where they call all as the board does.
    pub(crate) fn view(&self, site: Option<&SiteName>, protocol: Protocol) -> Option<Arc<View>> {
        self.0.mapping.borrow().view(site, protocol)
    }

    /// How each door is, in the order in which they came.
    #[must_use]
    pub fn doors(&self) -> Vec<DoorReport> {
        self.0.doors.borrow().reports()
    }

    /// A door has come, which reports how it is; none for `board` if it serves several.
    #[must_use]
    pub fn door(&self, protocol: Protocol, board: Option<BoardName>, place: String) -> DoorHealth {
        DoorHealth::new(&self.0.doors, protocol, board, place)
    }

    /// A number that no other connection has, at any door.
    pub(crate) fn next_conn(&self) -> ConnId {
        let number = self.0.next_conn.get();
        self.0.next_conn.set(number + 1);
        ConnId(number)
    }

    /// Runs all of them, those of later included. Must be called on the `LocalSet` of the hubs' thread.
    pub fn run(&self) {
        self.0.running.set(true);
        tokio::task::spawn_local(Rc::clone(&self.0.history).run());
        for hub in self.all() {
            tokio::task::spawn_local(hub.run());
        }
    }
}

/// Calls `take` with each row of a bucket whose key begins with `prefix`.
async fn each_row(
    store: &Store,
    bucket: Bucket,
    prefix: &str,
    mut take: impl FnMut(Row),
) -> Result<(), StoreError> {
    let mut from = None;
    loop {
        let page = store.scan(bucket, prefix, from, PAGE).await?;
        page.rows.into_iter().for_each(&mut take);
        from = page.next;
        if from.is_none() {
            return Ok(());
        }
    }
}
