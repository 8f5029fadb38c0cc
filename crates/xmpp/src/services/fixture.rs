//! For the services' tests: a door with people at it who are already logged in. What they say goes
//! straight to the services; what they hear crosses a real socket.

use std::cell::RefCell;
use std::io::Read;
use std::net::Ipv4Addr;
use std::rc::Rc;
use std::time::Duration;

use lampfield_accounts::{
    AccountBook, AccountKeys, AccountSource, BookLimits, NewAccount, NewPassword, Role,
};
use lampfield_board::{AccountName, BoardName};
use lampfield_fabric::{Bucket, Embedded, Storage, Write};
use lampfield_hub::Boards;
use lampfield_hub::kit::DoorBoards;
use lampfield_xmpp_stream::{BareJid, Scope as XmlScope, Stanza, StanzaLimits, ns};
use tokio::net::{TcpListener, TcpStream};

use super::{Answer, Request, Scope, Service, SessionEnd, SessionEvent, Verb, presence, reply};
use crate::context::Context;
use crate::door::Door;
use crate::session::{ClientDetails, Session};
use crate::settings::{
    ClearTextAuth, DomainSettings, Registration, Settings, TURN, TlsPolicy, XmppLimits,
};
use crate::wire::{Link, TcpTransport};

/// The one domain that the fixture serves.
const DOMAIN: &str = "example.org";
/// Keys for which there is room in the store's queue.
const KEYS: usize = 5_000;
/// Marks the end of what was sent so far.
const MARK: &str = "<mark/>";

/// A door in a folder of its own.
pub struct Fixture {
    pub door: Rc<Door>,
    folder: tempfile::TempDir,
}

/// Somebody who is logged in.
pub struct TestClient {
    pub session: Rc<Session>,
    door: Rc<Door>,
    socket: RefCell<std::net::TcpStream>,
}

/// Runs a test on a thread of its own kind.
pub fn run(test: impl AsyncFnOnce()) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    tokio::task::LocalSet::new().block_on(&runtime, test());
}

/// The bare JID of `name` in the fixture's domain.
pub fn jid(name: &str) -> BareJid {
    BareJid::parse(&format!("{name}@{DOMAIN}")).unwrap()
}

// === impl Fixture ===

impl Fixture {
    /// A door for these accounts.
    pub async fn open(accounts: &[(&str, Role)]) -> Self {
        Self::open_with(Vec::new(), accounts).await
    }

    /// The same with services that are asked before all others.
    pub async fn open_with(first: Vec<Rc<dyn Service>>, accounts: &[(&str, Role)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (store, _) = Embedded::open(
            folder.path(),
            lampfield_fabric::StoreLimits { pending_keys: KEYS, ..Default::default() },
        )
        .unwrap();
        let keys = AccountKeys::load(folder.path()).unwrap();
        let limits = BookLimits::default();
        let book =
            AccountBook::open(store.clone(), keys, Default::default(), limits).await.unwrap();
        let hub = lampfield_hub::Settings::default();
        let boards = Boards::open(store.clone(), hub, [], |_| None).await.unwrap();
        let door =
            Door::open_with(first, settings(), book, DoorBoards::of(&boards), store).await.unwrap();
        let fixture = Self { door, folder };
        for (name, role) in accounts {
            fixture.add(name, *role).await;
        }
        fixture
    }

    /// Adds an account with the password `secret` and no `allow` patterns.
    pub async fn add(&self, name: &str, role: Role) {
        let password = NewPassword::Given("secret".to_owned());
        let new = NewAccount::usual(jid(name), password, role, AccountSource::Cli);
        let new = NewAccount { allow: Vec::new(), ..new };
        self.door.context.accounts.add(new).await.unwrap();
    }

    /// `name` logs in as `name@example.org/resource`.
    pub async fn enter(&self, name: &str, resource: &str) -> TestClient {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (server, peer) = listener.accept().await.unwrap();
        let socket = client.into_std().unwrap();
        socket.set_nonblocking(false).unwrap();
        socket.set_read_timeout(Some(Duration::from_secs(5))).unwrap();

        let door = Rc::clone(&self.door);
        let unread = door.context.limits().unread;
        let transport = Box::new(TcpTransport::new(server).unwrap());
        let link = Link::new(transport, peer, unread, Rc::clone(&door.flusher));
        let account = door.context.accounts.get(&jid(name)).unwrap();
        let full = jid(name).with_resource(resource).unwrap();
        let telephony = door.telephony(DOMAIN).unwrap();
        let name = AccountName::parse(account.jid.as_str()).unwrap();
        let peer = telephony.peer(name, &account, None);
        let session =
            Session::new((full, resource.into()), account, link, ClientDetails::default(), peer);
        let old = door.context.router.bind(Rc::clone(&session));
        let bound = SessionEvent::Bound { replaced: old.as_ref() };
        door.services.session(&door.context, &session, bound);
        TestClient { session, door, socket: RefCell::new(socket) }
    }

    /// From now on the disk takes nothing and the store's queue is full, until the connection that is
    /// given back commits.
    pub fn fill(&self) -> rusqlite::Connection {
        let disk = rusqlite::Connection::open(self.folder.path().join("lampfield.db")).unwrap();
        disk.execute_batch("BEGIN IMMEDIATE").unwrap();
        for key in 0.. {
            let (bucket, key, value) = (Bucket::Meta, key.to_string(), Some("1".to_owned()));
            let taken = self.door.context.ledger.store().write(Write { bucket, key, value });
            if taken.is_err() {
                break;
            }
        }
        disk
    }

    /// The PBXs are shown what others can do, or no longer.
    pub fn show_caps(&self, show_caps: bool) {
        let name = DOMAIN.to_owned();
        self.door.set_domains(&[DomainSettings {
            name,
            board: BoardName::parse(DOMAIN).unwrap(),
            registration: Registration::InBand,
            show_caps,
        }]);
    }

    /// The PBXs are told of each other.
    pub async fn round(&self) {
        presence::rounds::tell(&self.door.context).await;
    }

    /// Waits until everything said so far is stored, and whoever waited for that has been told.
    pub async fn settle(&self) {
        while !self.door.context.results.is_empty() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }
}

fn settings() -> Settings {
    Settings {
        domains: vec![DomainSettings {
            name: DOMAIN.to_owned(),
            board: BoardName::parse(DOMAIN).unwrap(),
            registration: Registration::InBand,
            show_caps: false,
        }],
        listen: Vec::new(),
        listen_tls: Vec::new(),
        tls: TlsPolicy::Off,
        certificates: None,
        certificate_hash: None,
        clear_text_auth: ClearTextAuth::Allowed,
        turn: TURN,
        limits: XmppLimits::default(),
    }
}

// === impl TestClient ===

impl TestClient {
    /// The context of the door that the client is at.
    pub fn context(&self) -> &Rc<Context> {
        &self.door.context
    }

    /// Hands one stanza to the services, as if it had come over a stream.
    pub fn says(&self, xml: &str) {
        let scope = XmlScope::with_default(ns::CLIENT);
        let stanza = Stanza::parse(xml.as_bytes(), &scope, &StanzaLimits::AUTHENTICATED).unwrap();
        let root = stanza.root();
        match root.name() {
            "presence" => self.door.services.presence(self.context(), &self.session, root),
            "message" => self.door.services.message(self.context(), &self.session, root),
            _ => {
                let to = root.attr("to").map(|to| BareJid::parse(to).unwrap());
                let to = to.unwrap_or_else(|| self.session.bare.clone());
                let scope = match to.local() {
                    Some(_) => Scope::Account,
                    None if self.door.context.domains.pubsub(to.as_str()).is_some() => {
                        Scope::PubSub
                    }
                    None => Scope::Server,
                };
                let request = Request {
                    session: &self.session,
                    scope,
                    to: &to,
                    verb: if root.attr("type") == Some("get") { Verb::Get } else { Verb::Set },
                    id: root.attr("id").unwrap(),
                    payload: root.first_child().unwrap(),
                };
                self.answered(
                    request.id,
                    self.door.services.answer(self.context(), &request).unwrap(),
                );
            }
        }
    }

    fn answered(&self, id: &str, answer: Answer) {
        let mut out = Vec::new();
        match answer {
            Answer::Result(payload) => reply::result(&mut out, id, None, None, &payload),
            Answer::Error(error) => reply::error(&mut out, id, None, None, &error),
            Answer::Handled => return,
        }
        self.session.send(&out);
    }

    /// Asks for the roster, becomes available, and forgets what it hears of that.
    pub fn arrives(&self) {
        self.says("<iq type='get' id='r'><query xmlns='jabber:iq:roster'/></iq>");
        self.says("<presence/>");
        self.hears();
    }

    /// It says nothing for a while.
    pub fn pauses(&self) {
        self.session.link.fall_silent(Duration::from_secs(3));
    }

    /// The connection is lost.
    pub fn is_gone(&self) {
        self.door.context.router.unbind(&self.session);
        let lost = SessionEvent::Ended(SessionEnd::Lost);
        self.door.services.session(self.context(), &self.session, lost);
    }

    /// Everything that was sent to it since the last time.
    pub fn hears(&self) -> String {
        self.session.send(MARK.as_bytes());
        self.session.link.flush();
        let mut heard = Vec::new();
        let mut byte = [0];
        while !heard.ends_with(MARK.as_bytes()) {
            self.socket.borrow_mut().read_exact(&mut byte).unwrap();
            heard.extend_from_slice(&byte);
        }
        heard.truncate(heard.len() - MARK.len());
        String::from_utf8(heard).unwrap()
    }
}
