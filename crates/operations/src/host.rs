//! What operations need of the program around them and of its doors: who is connected, what is served, what the file
//! says. The program implements it; nothing in here knows a protocol.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::future::Future;
use std::net::IpAddr;

use lampfield_accounts::{Account, BareJid, LegacyAuth};
use lampfield_board::{AccountName, BoardName};
use lampfield_hub::ConnId;

use crate::document::account::Domain;
use crate::document::invite::InviteDocument;
use crate::document::reload::Reloaded;
use crate::document::status::{Attention, Certificate, RefusedLogin, Server, SilentPbx};
use crate::document::warning::Warning;
use crate::failure::Failure;
use crate::history_readers::HistoryReaders;

/// The program around the operations.
pub trait Host: 'static {
    /// The domains that are served, in their order, each with its board.
    fn served(&self) -> Vec<Served>;

    /// The same as a list shows them; how many accounts they have is added.
    fn domains(&self) -> Vec<Domain>;

    /// Which resources of an account are connected.
    fn connected(&self, account: &BareJid) -> Connected;

    /// The password that the file gives an account; none where it gives none.
    ///
    /// # Errors
    /// When a file with a secret cannot be read.
    fn declared_password(&self, account: &BareJid) -> Result<Option<String>, Failure>;

    /// Where the file declares an account, the file and the line; none where it does not.
    fn declared_place(&self, account: &BareJid) -> Option<String>;

    /// What belongs on the machine of a PBX with this account and password.
    ///
    /// # Errors
    /// When no PBX could connect.
    fn invitation(
        &self,
        account: &BareJid,
        password: &str,
        legacy: LegacyAuth,
    ) -> Result<InviteDocument, Failure>;

    /// Which accounts may read the past.
    fn history_readers(&self) -> HistoryReaders;

    /// Where a served domain stands; none if it is not served.
    fn domain_source(&self, domain: &str) -> Option<DomainSource>;

    /// What the doors hold of a domain.
    fn held_of_domain(&self, domain: &str) -> HeldOfDomain;

    /// Serves one more domain, from now on and after each start; gives its name as it is known.
    ///
    /// # Errors
    /// It is served already, its name cannot be one, or it cannot be stored.
    fn add_domain(&self, new: NewDomain) -> impl Future<Output = Result<String, Failure>>;

    /// Changes a domain that was added.
    ///
    /// # Errors
    /// It cannot be stored.
    fn change_domain(&self, change: DomainChanges) -> impl Future<Output = Result<(), Failure>>;

    /// Ends everything of a domain that was added; of one that the file has too, only what was added.
    ///
    /// # Errors
    /// It cannot be stored.
    fn remove_domain(&self, domain: &str) -> impl Future<Output = Result<(), Failure>>;

    /// Reads the configuration file again and takes over what can change now.
    ///
    /// # Errors
    /// The file is wrong or cannot be read; nothing was changed.
    fn reload(&self) -> impl Future<Output = Result<Reloaded, Failure>>;

    /// Makes a new key and certificate for a domain, beside the old ones or in their place; one that waits
    /// already is taken. Gives the SHA-256 of the certificate, then of its key.
    ///
    /// # Errors
    /// There is no TLS, the files are the operator's, or they cannot be written.
    fn rotate_certificate(&self, domain: &str, now: bool) -> Result<Vec<String>, Failure>;

    /// What should be looked at in an account: what would be told if its file declared it so.
    fn warnings_of(&self, account: &Account) -> Vec<Warning>;

    /// What it knows of its own state.
    fn machine(&self) -> Machine;

    /// Sets the levels of the log; gives them as they are understood.
    ///
    /// # Errors
    /// When they cannot be levels.
    fn set_log(&self, levels: &str) -> Result<String, Failure>;
}

/// A domain to be served from now on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewDomain {
    /// The name as it was typed, not yet checked.
    pub name: String,
    /// The board that it is to have; one of its own if none.
    pub board: Option<BoardName>,
    /// Whether clients can make accounts themselves.
    pub in_band: bool,
    /// Whether its PBXs are shown what others can do.
    pub show_caps: bool,
}

/// What is to be another in a domain that was added at run time. What is not said stays.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DomainChanges {
    /// The name of the domain to change.
    pub name: String,
    /// Whether clients can make accounts themselves.
    pub in_band: Option<bool>,
    /// Whether its PBXs are shown what others can do.
    pub show_caps: Option<bool>,
}

/// Where a served domain comes from, and so where it is changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DomainSource {
    /// It was added at run time.
    Added,
    /// It stands in the configuration.
    File {
        /// The file and the line.
        place: String,
        /// Whether one of that name was added at run time as well, which waits.
        is_added_too: bool,
    },
}

/// What the doors hold of a domain.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HeldOfDomain {
    /// Clients that are connected with an account of it.
    pub connected: usize,
    /// PubSub nodes, besides those that the server makes.
    pub nodes: usize,
}

// === impl DomainSource ===

impl fmt::Display for DomainSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Added => f.write_str("run time"),
            Self::File { place, .. } => f.write_str(place),
        }
    }
}

/// A domain that is served at this moment, from whichever source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Served {
    /// Its name, as in `user@name`.
    pub name: String,
    /// The board of its facts.
    pub board: BoardName,
}

/// How many resources of an account are connected.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Connected {
    /// All resources, those behind a relay included.
    pub all: usize,
    /// Those that come by a relay.
    pub by_relay: usize,
}

/// What the program knows of its own state, for `status`.
#[derive(Clone, Debug)]
pub struct Machine {
    /// What does not change while it runs, and its uptime and memory.
    pub server: Server,
    /// The certificates in use.
    pub certificates: Vec<Certificate>,
    /// What somebody should look at besides what the boards and the store tell.
    pub attention: Vec<Attention>,
    /// PBXs that are connected and have said nothing.
    pub silent: Vec<SilentPbx>,
    /// Logins that were refused lately.
    pub refused_logins: Vec<RefusedLogin>,
    /// Accounts whose long waits come of something that stands in `attention` already.
    pub explained: Vec<AccountName>,
    /// What relays report of the connections that come by them.
    pub reported: HashMap<ConnId, IpAddr>,
    /// How much is held, by name.
    pub counters: BTreeMap<String, u64>,
    /// The most there may be, by name.
    pub limits: BTreeMap<String, u64>,
    /// Changes that wait outside the store's queue.
    pub owed: usize,
}
