//! The connections that have logged in, and the origins each speaks for.

use std::{collections::HashMap, fmt};

use lampfield_board::{AccountName, Identity, OriginId};
use serde::Serialize;
use smallvec::SmallVec;

use crate::profile::Profile;

/// One connection (stream) of an account. The door numbers them and never uses a number twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct ConnId(pub u64);

impl fmt::Display for ConnId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What is known of one connection.
#[derive(Debug)]
pub struct Connection {
    pub account: AccountName,
    pub profile: Profile,
    /// The origins that it has spoken for, at most
    /// [`HubLimits::origins_per_connection`](crate::HubLimits::origins_per_connection).
    pub speaks_for: SmallVec<[(Identity, OriginId); 1]>,
}

/// All connections that have logged in, by id and by account.
#[derive(Debug, Default)]
pub struct Connections {
    by_id: HashMap<ConnId, Connection>,
    /// Those of each account: asked at the end of each origin.
    of_account: HashMap<AccountName, SmallVec<[ConnId; 1]>>,
}

impl Connections {
    /// Adds a connection; one that is there stays as it is.
    pub fn add(&mut self, conn: ConnId, account: &AccountName, profile: Profile) {
        if self.by_id.contains_key(&conn) {
            return;
        }
        let (account, speaks_for) = (account.clone(), SmallVec::new());
        let connection = Connection { account: account.clone(), profile, speaks_for };
        self.by_id.insert(conn, connection);
        self.of_account.entry(account).or_default().push(conn);
    }

    pub fn get(&self, conn: ConnId) -> Option<&Connection> {
        self.by_id.get(&conn)
    }

    pub fn speaks_for(&mut self, conn: ConnId, identity: Identity, origin: OriginId) {
        if let Some(connection) = self.by_id.get_mut(&conn) {
            connection.speaks_for.push((identity, origin));
        }
    }

    pub fn remove(&mut self, conn: ConnId) -> Option<Connection> {
        let connection = self.by_id.remove(&conn)?;
        if let Some(others) = self.of_account.get_mut(&connection.account) {
            others.retain(|other| *other != conn);
            if others.is_empty() {
                self.of_account.remove(&connection.account);
            }
        }
        Some(connection)
    }

    /// The connections of an account.
    pub fn of(&self, account: &AccountName) -> Vec<ConnId> {
        self.of_account.get(account).map(|conns| conns.to_vec()).unwrap_or_default()
    }

    /// Whether an account is connected.
    pub fn any_of(&self, account: &AccountName) -> bool {
        self.of_account.contains_key(account)
    }

    pub fn len(&self) -> usize {
        self.by_id.len()
    }
}
