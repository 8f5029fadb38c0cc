//! The connections that have logged in, and the origins each speaks for.

use std::{collections::HashMap, fmt};

use lampfield_board::{AccountName, Eid, OriginId};
use serde::Serialize;
use smallvec::SmallVec;

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
    /// Bounded by [`Limits::eids_per_connection`](crate::Limits::eids_per_connection).
    pub speaks_for: SmallVec<[(Eid, OriginId); 1]>,
}

/// All connections.
#[derive(Debug, Default)]
pub struct Connections {
    by_id: HashMap<ConnId, Connection>,
    /// How many each account has: asked at the end of each origin.
    of_account: HashMap<AccountName, usize>,
}

impl Connections {
    /// Adds a connection; one that is there stays as it is.
    pub fn add(&mut self, conn: ConnId, account: &AccountName) {
        if self.by_id.contains_key(&conn) {
            return;
        }
        let connection = Connection { account: account.clone(), speaks_for: SmallVec::new() };
        self.by_id.insert(conn, connection);
        *self.of_account.entry(account.clone()).or_default() += 1;
    }

    pub fn get(&self, conn: ConnId) -> Option<&Connection> {
        self.by_id.get(&conn)
    }

    pub fn speaks_for(&mut self, conn: ConnId, eid: Eid, origin: OriginId) {
        if let Some(connection) = self.by_id.get_mut(&conn) {
            connection.speaks_for.push((eid, origin));
        }
    }

    pub fn remove(&mut self, conn: ConnId) -> Option<Connection> {
        let connection = self.by_id.remove(&conn)?;
        if let Some(count) = self.of_account.get_mut(&connection.account) {
            *count -= 1;
            if *count == 0 {
                self.of_account.remove(&connection.account);
            }
        }
        Some(connection)
    }

    /// Whether an account is connected.
    pub fn any_of(&self, account: &AccountName) -> bool {
        self.of_account.contains_key(account)
    }

    pub fn len(&self) -> usize {
        self.by_id.len()
    }
}
