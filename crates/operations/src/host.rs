//! What operations need of the program around them and of its doors: who is connected, what is served, what the file
//! says. The program implements it; nothing in here knows a protocol.

use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;

use lampfield_accounts::{BareJid, LegacyAuth};
use lampfield_board::{AccountName, BoardName};
use lampfield_hub::ConnId;

use crate::document::account::Domain;
use crate::document::invite::Invite;
use crate::document::status::{Attention, Certificate, Server};
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

    /// What belongs on the machine of a PBX with this account and password.
    ///
    /// # Errors
    /// When no PBX could connect.
    fn invitation(
        &self,
        account: &BareJid,
        password: &str,
        legacy: LegacyAuth,
    ) -> Result<Invite, Failure>;

    /// Which accounts may read the past.
    fn history_readers(&self) -> HistoryReaders;

    /// What it knows of its own state.
    fn machine(&self) -> Machine;

    /// Sets the levels of the log; gives them as they are understood.
    ///
    /// # Errors
    /// When they cannot be levels.
    fn set_log(&self, levels: &str) -> Result<String, Failure>;
}

/// One served domain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Served {
    /// Its name.
    pub name: String,
    /// The board of its facts.
    pub board: BoardName,
}

/// How many resources of an account are connected.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Connected {
    /// All of them.
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
