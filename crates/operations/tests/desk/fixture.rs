//! A desk with a real store and real boards, and no program around it.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::rc::Rc;

use lampfield_accounts::{Account, AccountBook, AccountKeys, BareJid, BookLimits, LegacyAuth};
use lampfield_board::{BoardName, Protocol};
use lampfield_fabric::{Embedded, Store, StoreLimits};
use lampfield_hub::{Boards, Observer, Settings};
use lampfield_operations::document::account::Domain;
use lampfield_operations::document::invite::InviteDocument;
use lampfield_operations::document::reload::Reloaded;
use lampfield_operations::document::status::Server;
use lampfield_operations::document::warning::Warning;
use lampfield_operations::failure::Failure;
use lampfield_operations::{
    Actor, ActorKind, Arguments, AuditLog, Connected, Desk, DomainChanges, DomainSource,
    HeldOfDomain, HistoryReaders, Host, Machine, NewDomain, Scope, Served, Watchers,
};
use tempfile::TempDir;

/// A program that serves some domains, each with a board of its own unless `elsewhere` has another, and can do nothing else.
#[derive(Debug, Default)]
pub struct Program {
    pub log: RefCell<String>,
    pub domains: Vec<&'static str>,
    pub elsewhere: HashMap<&'static str, &'static str>,
    pub readers: HistoryReaders,
}

/// A desk, and the folder of its store.
pub struct Fixture {
    pub desk: Desk<Program>,
    _folder: TempDir,
}

pub fn board(name: &str) -> BoardName {
    BoardName::parse(name).expect("a board")
}

/// A token for the board of `a.example`.
pub fn token(scopes: &[Scope]) -> Actor {
    let scopes = scopes.iter().copied().collect();
    let kind = ActorKind::Token("wall".to_owned());
    Actor::of_board(kind, scopes, board("a.example"), Protocol::Rest)
}

pub fn said(value: serde_json::Value) -> Arguments {
    value.as_object().cloned().expect("an object")
}

/// A desk for a program on the store of a folder.
pub async fn desk(folder: &Path, settings: Settings, host: Program) -> Desk<Program> {
    let (store, _) = Embedded::open(folder, StoreLimits::default()).expect("a store");
    desk_on(store, folder, settings, host).await
}

/// The same on another store; the folder holds the keys only.
pub async fn desk_on(
    store: Store,
    folder: &Path,
    settings: Settings,
    host: Program,
) -> Desk<Program> {
    let keys = AccountKeys::load(folder).expect("keys");
    let book = AccountBook::open(store.clone(), keys, HashMap::new(), BookLimits::default());
    let accounts = book.await.expect("a book");
    let masks = settings.history.masks.clone();
    let names: Vec<_> = host.served().into_iter().map(|domain| domain.board).collect();
    let boards = Boards::open(store.clone(), settings, names, |_| None).await.expect("boards");
    boards.set_homes(|account| Some(board(account.as_str().rsplit_once('@')?.1)));
    let watchers = Rc::new(Watchers::default());
    boards.observe(&(Rc::clone(&watchers) as Rc<dyn Observer>));
    watchers.follow(&accounts);
    let audit = Rc::new(AuditLog::open(store.clone(), masks).await.expect("a log"));
    Desk { boards, accounts, audit, store, watchers, host }
}

impl Program {
    pub fn of(domains: &[&'static str]) -> Self {
        Self { domains: domains.to_vec(), ..Self::default() }
    }
}

impl Fixture {
    pub async fn new() -> Self {
        Self::with(Settings::default()).await
    }

    /// The same with other settings of the boards.
    pub async fn with(settings: Settings) -> Self {
        Self::of(settings, Program::of(&["a.example", "b.example"])).await
    }

    /// The same around another program.
    pub async fn of(settings: Settings, program: Program) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let desk = desk(folder.path(), settings, program).await;
        Self { desk, _folder: folder }
    }

    /// Who has tried what, and how it ended, as somebody sees it, the newest first.
    pub async fn told(&self, actor: &Actor) -> Vec<String> {
        let told = self.desk.run(actor, "audit", Arguments::new()).await.expect("may be read");
        let entries = told["entries"].as_array().cloned().expect("a list");
        let text = |value: &serde_json::Value| value.as_str().unwrap_or("-").to_owned();
        let line = |one: &serde_json::Value| {
            ["actor", "operation", "board", "outcome"].map(|key| text(&one[key])).join(" ")
        };
        entries.iter().map(line).collect()
    }
}

impl Host for Program {
    fn served(&self) -> Vec<Served> {
        let of = |name: &&'static str| {
            let of_it = self.elsewhere.get(name).unwrap_or(name);
            Served { name: (*name).to_owned(), board: board(of_it) }
        };
        self.domains.iter().map(of).collect()
    }

    fn domains(&self) -> Vec<Domain> {
        Vec::new()
    }

    fn connected(&self, _: &BareJid) -> Connected {
        Connected::default()
    }

    fn declared_password(&self, _: &BareJid) -> Result<Option<String>, Failure> {
        Ok(None)
    }

    fn declared_place(&self, _: &BareJid) -> Option<String> {
        None
    }

    fn invitation(&self, _: &BareJid, _: &str, _: LegacyAuth) -> Result<InviteDocument, Failure> {
        Err(Failure::bug("nobody can connect"))
    }

    fn history_readers(&self) -> HistoryReaders {
        self.readers.clone()
    }

    fn domain_source(&self, domain: &str) -> Option<DomainSource> {
        let place = "lampfield.toml:7".to_owned();
        (domain == "a.example").then_some(DomainSource::File { place, is_added_too: false })
    }

    fn held_of_domain(&self, _: &str) -> HeldOfDomain {
        HeldOfDomain { connected: 2, nodes: 1 }
    }

    async fn add_domain(&self, new: NewDomain) -> Result<String, Failure> {
        let board = new.board.as_ref().map_or("its own", BoardName::as_str);
        self.log.replace(format!("added {} to {board}", new.name));
        Ok(new.name)
    }

    async fn change_domain(&self, _: DomainChanges) -> Result<(), Failure> {
        Ok(())
    }

    async fn remove_domain(&self, domain: &str) -> Result<(), Failure> {
        self.log.replace(format!("removed {domain}"));
        Ok(())
    }

    async fn reload(&self) -> Result<Reloaded, Failure> {
        self.log.replace("reloaded".to_owned());
        Ok(Reloaded::new(Vec::new()))
    }

    fn rotate_certificate(&self, domain: &str, now: bool) -> Result<Vec<String>, Failure> {
        self.log.replace(format!("rotated {domain} {now}"));
        Ok(vec!["ab".repeat(32)])
    }

    fn warnings_of(&self, _: &Account) -> Vec<Warning> {
        Vec::new()
    }

    fn machine(&self) -> Machine {
        let server = Server {
            version: "1.2.3".to_owned(),
            pid: 1,
            uptime_seconds: 0.0,
            data_dir: "/nowhere".to_owned(),
            config: None,
            domains: Vec::new(),
            listeners: Vec::new(),
            memory_bytes: 0,
        };
        Machine {
            server,
            certificates: Vec::new(),
            attention: Vec::new(),
            silent: Vec::new(),
            refused_logins: Vec::new(),
            explained: Vec::new(),
            reported: HashMap::new(),
            counters: BTreeMap::new(),
            limits: BTreeMap::new(),
            owed: 0,
        }
    }

    fn set_log(&self, levels: &str) -> Result<String, Failure> {
        self.log.replace(levels.to_owned());
        Ok(levels.to_owned())
    }
}
