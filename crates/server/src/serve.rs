//! `serve`: puts the parts together, starts them in order, and stops them in order. Everything runs
//! on one thread; only the store and the password derivations have threads of their own.

mod accounts;
mod added;
mod addresses;
mod banner;
mod boards;
mod certificates;
mod descriptors;
mod first_start;
mod host;
mod invitation;
mod settings;
mod signals;
mod warnings;
mod xmpp;

use std::cell::RefCell;
use std::process::ExitCode;
use std::rc::Rc;
use std::time::{Duration, Instant};

use lampfield_board::AccountName;
use lampfield_board::history::Masks;
use lampfield_fabric::{Embedded, OpenError, Storage, Store, StoreError, StoreLimits};
use lampfield_hub::kit::DoorBoards;
use lampfield_hub::{Boards, Observer};
use lampfield_operations::operation::Reload;
use lampfield_operations::{Actor, AuditLog, Desk, Watchers};
use lampfield_xmpp::{Door, Listeners};

use rustix::fs::Mode;
use tokio::task::{LocalSet, spawn_local};

use crate::advice::{self, cannot_listen};
use crate::control::listener::ControlSocket;
use crate::data_folder;
use crate::document::status::Server;
use crate::failure::{Exit, Failure};
use crate::logging::RunningLog;
use crate::memory;
use crate::place::Place;
use added::AddedDomains;
use boards::BoardsOfDomains;
use host::ServerHost;
use signals::{Signals, Wish};

/// How long a stop waits for the last words to clients.
const LEAVE_WITHIN: Duration = Duration::from_secs(1);

/// How often memory that nobody needs any more is given back.
const TIDY_EVERY: Duration = Duration::from_secs(20);

/// How long a stop may take for what the store has not written yet.
const CLOSE_WITHIN: Duration = Duration::from_secs(3);

/// Serves until it is told to stop, or also until its standard input ends.
///
/// # Errors
/// What keeps it from starting.
pub fn run(place: Place, until_eof: bool) -> Result<ExitCode, Failure> {
    let begun = Instant::now();
    // Whatever this process makes is its own, also what a library makes.
    rustix::process::umask(Mode::RWXG | Mode::RWXO);
    data_folder::check(&place).map_err(|failure| failure.line("result", "nothing was started"))?;
    let log = RunningLog::start(&place.config.log)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::bug(format!("no runtime: {error}")))?;
    LocalSet::new().block_on(&runtime, serve(place, log, begun, until_eof))
}

async fn serve(
    place: Place,
    log: RunningLog,
    begun: Instant,
    until_eof: bool,
) -> Result<ExitCode, Failure> {
    let place = Rc::new(place);
    let mut signals = Signals::listen(until_eof)?;
    descriptors::raise(place.config.xmpp.limits.connections);
    let store = open_store(&place)?;
    let unreadable = |error: StoreError| Failure::new(Exit::Bad, "store", error.to_string());
    let of_domains = BoardsOfDomains::of(&place.config, &store).await.map_err(unreadable)?;
    let of_domains = Rc::new(of_domains);
    let added = AddedDomains::open(&place.config, &store).await.map_err(unreadable)?;
    for one in added.served() {
        one.board().into_iter().for_each(|board| of_domains.add(one.name.clone(), board));
    }
    for one in added.replaced() {
        one.board().into_iter().for_each(|board| of_domains.leaves(one.name.clone(), board));
    }
    let boards = open_boards(&place, &store, &of_domains).await.map_err(unreadable)?;
    boards.set_mapping(place.config.mapping().map_err(Failure::bug)?);
    let homes = Rc::clone(&of_domains);
    boards.set_homes(move |account| homes.of_account(account));
    let watchers = Rc::new(Watchers::default());
    boards.observe(&(Rc::clone(&watchers) as Rc<dyn Observer>));

    let book = accounts::open(&place, &store).await?;
    let (settings, certificates) = xmpp::settings(&place, &of_domains, &added)?;
    let door = Door::open(settings, book, DoorBoards::of(&boards), store.clone())
        .await
        .map_err(|error| Failure::new(Exit::Bad, "store", error.to_string()))?;
    let host = ServerHost {
        boards: boards.clone(),
        of_domains,
        added,
        place: Rc::clone(&place),
        log,
        door: Rc::clone(&door),
        server: server(&place),
        config: RefCell::new(place.config.clone()),
        certificates,
        warned: RefCell::new(warnings::of_place(&place)),
    };
    host.finish_removals_of_file().await?;
    // Only now, so that what happens to accounts takes its usual way through the door.
    accounts::reconcile(&door.context.accounts, &place.config).await?;
    boards.run();
    let socket = bind_control(&place)?;
    let is_first = first_start::is_one(&place, &door);
    let advice = advice::of(&place);
    host.finish_removals().await?;
    let listeners = listen(&door)?;
    let accounts = Rc::clone(&door.context.accounts);
    watchers.follow(&accounts);
    let masks = Masks::new(&place.config.history.mask);
    let audit = Rc::new(AuditLog::open(store.clone(), masks).await.map_err(unreadable)?);
    let paying = Rc::clone(&audit);
    spawn_local(async move { paying.run().await });
    let store_of_desk = store.clone();
    let desk = Desk { boards, accounts, store: store_of_desk, watchers, audit, host };
    let desk = Rc::new(desk);
    banner::greet(&desk.host.server_now(), &desk.host.certificates.all(), &place);
    banner::advise(&advice, &place.warnings);
    if is_first {
        first_start::welcome(&desk, &place).await?;
    }
    first_start::watch_file(&door, &place.data_dir);
    listeners.serve(&door);
    let control = spawn_local(socket.serve(Rc::clone(&desk)));
    let keeper = Rc::clone(&desk);
    spawn_local(async move { keeper.host.keep_certificates().await });
    spawn_local(memory::keep_small(TIDY_EVERY, Rc::default()));
    banner::say(&format!("lampfield ready in {:.2} s\n", begun.elapsed().as_secs_f64()));

    while signals.next().await == Wish::Reload {
        // Whoever can send it a signal is its owner. The log has said what came of it.
        let _told = desk.act(&Actor::owner(), Reload {}).await;
    }
    tracing::info!(code = "stop", "stopping");
    control.abort();
    leave(&door).await;
    desk.boards.history().close().await;
    close(&store).await
}

/// The boards of the served domains. Says once if some share one only because they always did.
async fn open_boards(
    place: &Place,
    store: &Store,
    of_domains: &BoardsOfDomains,
) -> Result<Boards, StoreError> {
    if let [_, _, ..] = of_domains.shared_as_before.as_slice() {
        tracing::warn!(
            code = "boards-shared",
            domains = of_domains.shared_as_before.len(),
            "these domains share one board, as before: set board in each [[domain]]"
        );
    }
    let (settings, names) = (settings::of_hub(&place.config), of_domains.to_open());
    let home = |account: &AccountName| of_domains.home(account);
    let successions = of_domains.successions();
    let boards = Boards::open_after(&successions, store.clone(), settings, names, home).await?;
    of_domains.remember(store).await;
    Ok(boards)
}

/// Ends every stream and waits until the goodbyes are written, but not for somebody who does not
/// read them.
async fn leave(door: &Door) {
    door.shut();
    let begun = Instant::now();
    while door.admission.open() > 0 && begun.elapsed() < LEAVE_WITHIN {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

fn listen(door: &Rc<Door>) -> Result<Listeners, Failure> {
    Listeners::bind(&door.context.settings)
        .map_err(|(address, error)| cannot_listen(address, &error))
}

fn open_store(place: &Place) -> Result<Store, Failure> {
    let (store, opened) =
        Embedded::open(&place.data_dir, StoreLimits::default()).map_err(|error| match error {
            OpenError::Held { .. } => {
                Failure::new(Exit::Conflict, "folder-held", error.to_string())
                    .line("try", "stop the other server, or name another folder: --data-dir FOLDER")
            }
            OpenError::Newer { .. } => {
                Failure::new(Exit::Conflict, "newer-store", error.to_string())
            }
            OpenError::Unusable { .. } => {
                Failure::new(Exit::Bad, "store-unusable", error.to_string())
            }
        })?;
    if let Some(aside) = opened.set_aside {
        tracing::error!(
            code = "store-damaged",
            kept = %aside.display(),
            "the store was damaged, and the server starts with an empty one; the damaged file was kept"
        );
    }
    if let Some(version) = opened.migrated_from {
        tracing::info!(code = "store-migrated", from = version, "the store has a new schema");
    }
    Ok(store)
}

fn bind_control(place: &Place) -> Result<ControlSocket, Failure> {
    let path = place.socket();
    ControlSocket::bind(&path).map_err(|error| {
        Failure::new(Exit::Bad, "control-socket", format!("{}: {error}", path.display()))
            .line("note", "its path may have at most 107 bytes: a shorter data folder may help")
    })
}

fn server(place: &Place) -> Server {
    let xmpp = &place.config.xmpp;
    let listeners = xmpp.listen.iter().chain(&xmpp.listen_tls);
    Server {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        pid: std::process::id(),
        uptime_seconds: 0.0,
        data_dir: place.data_dir.display().to_string(),
        config: place.file.as_ref().map(|file| file.display().to_string()),
        domains: place.config.served().iter().map(ToString::to_string).collect(),
        listeners: listeners.map(ToString::to_string).collect(),
        memory_bytes: 0,
    }
}

async fn close(store: &Store) -> Result<ExitCode, Failure> {
    store.close(CLOSE_WITHIN).await.map_err(|error| {
        Failure::new(Exit::Bad, "not-stored", format!("the last changes were lost: {error}"))
    })?;
    tracing::info!("stopped");
    Ok(Exit::Good.into())
}
