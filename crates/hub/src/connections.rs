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
pub struct Connections(HashMap<ConnId, Connection>);

impl Connections {
    /// Adds a connection; one that is there stays as it is.
    pub fn add(&mut self, conn: ConnId, account: &AccountName) {
        let speaks_for = SmallVec::new();
        self.0.entry(conn).or_insert_with(|| Connection { account: account.clone(), speaks_for });
    }

    pub fn get(&self, conn: ConnId) -> Option<&Connection> {
        self.0.get(&conn)
    }

    pub fn speaks_for(&mut self, conn: ConnId, eid: Eid, origin: OriginId) {
        if let Some(connection) = self.0.get_mut(&conn) {
            connection.speaks_for.push((eid, origin));
        }
    }

    pub fn remove(&mut self, conn: ConnId) -> Option<Connection> {
        self.0.remove(&conn)
    }

    /// The connections of an account. Looks at all connections.
    pub fn of(&self, account: &AccountName) -> Vec<ConnId> {
        let of_it = self.0.iter().filter(|(_, connection)| connection.account == *account);
        of_it.map(|(conn, _)| *conn).collect()
    }

    /// Whether an account is connected. Looks at all connections.
    pub fn any_of(&self, account: &AccountName) -> bool {
        self.0.values().any(|connection| connection.account == *account)
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }
}
