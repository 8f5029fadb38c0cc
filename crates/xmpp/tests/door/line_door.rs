//! A door for programs on the same machine: lines over a Unix socket, their fields separated by tabs.
//!
//! ```text
//! login  ACCOUNT  PASSWORD     ok
//! say    SUBJECT  VALUE        stored  SUBJECT        when it is safe; everybody has been told before
//! watch  KIND                  ok, then for each lamp, and for each change of one:
//!                              lamp  SUBJECT  VALUE   or without VALUE when nobody says anything any more
//! bye                          and what it said ends; without it, the grace runs
//! ```
//!
//! Values are JSON. What is wrong is answered by `error` and what to do about it.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io;
use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;
use std::rc::{Rc, Weak};
use std::sync::Arc;

use lampfield_accounts::{Account, AccountBook, AccountChange, BareJid};
use lampfield_board::{
    AccountName, BoardName, Cachable, Change, Identity, Kind, Protocol, Subject, Value,
};
use lampfield_hub::kit::{
    ConnId, DoorBoards, DoorHealth, DoorKit, NewPeer, Peer, Profile, Publication, Results, Rights,
    Shows, Unread, Wanted, Watchers, Writer,
};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::unix::OwnedWriteHalf;
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::{Notify, Semaphore};
use tokio::task::spawn_local;

/// The longest line, in bytes.
const LINE: u64 = 8_192;
/// Beyond so many unread bytes changes are kept back for a client, and nothing more is read from it.
const COMFORTABLE: usize = 65_536;
/// Clients that may be connected.
const CLIENTS: usize = 64;

/// The door at one board. Belongs to the core thread.
pub struct LineDoor {
    kit: DoorKit,
    accounts: Rc<AccountBook>,
    watchers: Rc<Watchers<Rc<Unread>>>,
    results: Results<(Weak<Unread>, Subject)>,
    clients: RefCell<BTreeMap<ConnId, Client>>,
    /// Somebody may have room again, or has just begun to watch.
    behind: Rc<Notify>,
    health: DoorHealth,
}

/// Somebody who has logged in.
struct Client {
    peer: Rc<Peer>,
    out: Rc<Unread>,
}

/// How lamps are written.
struct Lines;

// === impl LineDoor ===

impl LineDoor {
    /// Opens the door at a board and serves it from now on. Must be called on the core thread's `LocalSet`.
    pub async fn open(
        boards: &DoorBoards,
        board: &BoardName,
        accounts: Rc<AccountBook>,
        path: &Path,
    ) -> io::Result<Rc<Self>> {
        let kit = DoorKit::open(boards, board, Protocol::Script).await.map_err(io::Error::other)?;
        let socket = UnixListener::bind(path)?;
        let (health, behind) = (kit.health(path.display().to_string()), Rc::<Notify>::default());
        let watchers = Rc::new(Watchers::new(kit.clone(), Lines, Rc::clone(&behind)));
        kit.observe(Rc::clone(&watchers) as _);
        let (results, clients) = (Results::default(), RefCell::default());
        let door = Rc::new(Self { kit, accounts, watchers, results, clients, behind, health });
        let (listening, storing, watching) = (Rc::clone(&door), Rc::clone(&door), Rc::clone(&door));
        spawn_local(async move { listening.listen(socket).await });
        spawn_local(async move { storing.acknowledge().await });
        spawn_local(async move { watching.catch_up().await });
        let following = Rc::downgrade(&door);
        door.accounts.on_change(move |change| {
            if let Some(door) = following.upgrade() {
                door.follow(change);
            }
        });
        door.accounts.list().into_iter().for_each(|one| door.follow(&AccountChange::Changed(one)));
        Ok(door)
    }

    async fn listen(self: Rc<Self>, socket: UnixListener) {
        let places = Arc::new(Semaphore::new(CLIENTS));
        // Whoever waits for a place waits in the kernel's queue.
        while let Ok(place) = Arc::clone(&places).acquire_owned().await {
            let Ok((client, _)) = socket.accept().await else { return };
            let attended = Rc::clone(&self).attend(client);
            spawn_local(async move { (attended.await, drop(place)) });
        }
    }

    /// Answers what has been stored.
    async fn acknowledge(&self) {
        let give = |(out, subject): (Weak<Unread>, Subject)| {
            if let Some(out) = out.upgrade() {
                tell(&out, &format!("stored\t{subject}"));
            }
        };
        self.results.run(self.kit.committed(), give).await;
    }

    /// Brings everybody up to date who is behind and has room.
    async fn catch_up(&self) {
        loop {
            if !self.watchers.catch_up().await {
                self.behind.notified().await;
            }
        }
    }

    /// An account has changed, or the door has just opened: its clients have these rights, or none.
    fn follow(&self, change: &AccountChange) {
        use AccountChange::{Added, Changed, Removed};
        let (Added(account) | Changed(account) | Removed(account)) = change;
        let is_gone = matches!(change, Removed(_));
        let Ok(name) = AccountName::parse(account.jid.as_str()) else { return };
        if !is_gone {
            self.kit.restrict(&name, &rights(account).say);
        }
        let clients = self.clients.borrow();
        for Client { peer, out } in clients.values().filter(|one| *one.peer.account() == name) {
            if is_gone {
                out.end();
            } else {
                peer.set_rights(rights(account));
                self.watchers.look_again(peer);
            }
        }
    }

    async fn attend(self: Rc<Self>, client: UnixStream) {
        let (read, write) = client.into_split();
        let out = Unread::new(COMFORTABLE, &self.behind);
        let writing = spawn_local(hand_over(Rc::clone(&out), write));
        let mut lines = BufReader::new(read);
        let mut peer = None;
        while !out.is_over() {
            out.room().await;
            let mut line = String::new();
            let mut rest = (&mut lines).take(LINE);
            let read = tokio::select! {
                read = rest.read_line(&mut line) => read,
                () = out.over() => break,
            };
            match read {
                Ok(_) if line.ends_with('\n') => self.obey(&line, &mut peer, &out).await,
                Ok(0) => break,
                _ => {
                    tell(&out, &format!("error\ta line is UTF-8 and has at most {LINE} bytes"));
                    break;
                }
            }
        }
        out.end();
        // What it was told last it may still read.
        let _ = writing.await;
        if let Some(peer) = peer {
            self.watchers.unsubscribe_all(peer.id());
            self.clients.borrow_mut().remove(&peer.id());
            self.health.set_peers(self.clients.borrow().len());
        }
    }

    /// Does what a line says.
    async fn obey(&self, line: &str, peer: &mut Option<Rc<Peer>>, out: &Rc<Unread>) {
        let fields: Vec<_> = line.trim_end_matches(['\r', '\n']).split('\t').collect();
        let done =
            match (fields.as_slice(), peer.as_ref()) {
                (["login", account, password], None) => {
                    self.login(account, password).await.map(|new| {
                        let client = Client { peer: Rc::clone(&new), out: Rc::clone(out) };
                        self.clients.borrow_mut().insert(new.id(), client);
                        self.health.set_peers(self.clients.borrow().len());
                        *peer = Some(new);
                        Some("ok".to_owned())
                    })
                }
                (["say", subject, value], Some(peer)) => self.say(subject, value, peer, out),
                (["watch", kind], Some(peer)) => self.watch(kind, peer, out),
                (["bye"], Some(peer)) => {
                    peer.say_goodbye();
                    out.end();
                    Ok(None)
                }
                (["say" | "watch" | "bye", ..], None) => Err("log in first".to_owned()),
                _ => Err("there are: login ACCOUNT PASSWORD, say SUBJECT VALUE, watch KIND, bye"
                    .to_owned()),
            };
        match done {
            Ok(Some(answer)) => tell(out, &answer),
            Ok(None) => {}
            Err(error) => tell(out, &format!("error\t{error}")),
        }
    }

    async fn login(&self, account: &str, password: &str) -> Result<Rc<Peer>, String> {
        let wrong = |error: &dyn std::fmt::Display| error.to_string();
        let jid = BareJid::parse(account).map_err(|error| wrong(&error))?;
        let name = AccountName::parse(jid.as_str()).map_err(|error| wrong(&error))?;
        if !self.kit.admits(&name) {
            return Err(format!("{name} is not at the board {}", self.kit.board()));
        }
        // Tries count for this machine, whoever on it makes them.
        let here = IpAddr::V4(Ipv4Addr::LOCALHOST);
        let account = self.accounts.check_password(&jid, password, here).await;
        let account = account.map_err(|error| wrong(&error))?;
        let peer = Peer::new(
            &self.kit,
            NewPeer {
                account: name,
                profile: Profile::PROGRAM,
                rights: rights(&account),
                site: account.site.clone(),
                relayed: None,
            },
        );
        peer.arrive();
        Ok(peer)
    }

    fn say(
        &self,
        subject: &str,
        value: &str,
        peer: &Rc<Peer>,
        out: &Rc<Unread>,
    ) -> Result<Option<String>, String> {
        let subject: Subject = subject.parse().map_err(|error| format!("{error}"))?;
        let json = serde_json::from_str(value).map_err(|error| format!("the value: {error}"))?;
        let said = Publication {
            identity: Identity::parse("lines").map_err(|error| error.to_string())?,
            value: subject.kind().from_json(json).map_err(|error| error.to_string())?,
            subject: subject.clone(),
            cachable: Cachable::Yes,
            protocol: self.kit.protocol(),
            is_again: false,
        };
        let published = peer.publish(said).map_err(|error| error.to_string())?;
        let Some(ticket) = published.ticket else { return Ok(Some(format!("stored\t{subject}"))) };
        self.results.promise(ticket, (Rc::downgrade(out), subject));
        Ok(None)
    }

    fn watch(
        &self,
        kind: &str,
        peer: &Rc<Peer>,
        out: &Rc<Unread>,
    ) -> Result<Option<String>, String> {
        let kind: Kind = kind.parse().map_err(|error| format!("{error}"))?;
        let (shows, instance, profile) = (Shows::Lamps, "", peer.profile());
        self.watchers.subscribe(peer, Rc::clone(out), Wanted { shows, kind, instance, profile });
        Ok(Some("ok".to_owned()))
    }
}

/// What an account may do here is what it may do at every door.
fn rights(account: &Account) -> Rights {
    Rights::of(&account.says(), &account.hears())
}

fn tell(out: &Unread, line: &str) {
    out.append(format!("{line}\n").as_bytes());
}

async fn hand_over(from: Rc<Unread>, mut to: OwnedWriteHalf) {
    while let Some(unread) = from.take().await {
        if to.write_all(&unread).await.is_err() {
            return from.end();
        }
    }
}

impl Writer for Lines {
    /// Nobody at this door watches facts.
    fn write_fact(&self, _: &Change, _: &mut Vec<u8>) {}

    fn write_lamp(&self, subject: &Subject, lamp: Option<&Value>, out: &mut Vec<u8>) {
        let lamp = lamp.and_then(|lamp| serde_json::to_string(lamp).ok());
        let lamp = lamp.map(|lamp| format!("\t{lamp}")).unwrap_or_default();
        out.extend_from_slice(format!("lamp\t{subject}{lamp}\n").as_bytes());
    }
}
