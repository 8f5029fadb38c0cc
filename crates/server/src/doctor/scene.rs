//! What is looked at: the place, the server that answers there if one does, and the machine.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use super::machine::Machine;
use crate::config::name::DomainName;
use crate::document::status::StatusDocument;
use crate::failure::Failure;
use crate::place::{Place, PlaceError};

/// What is looked at.
pub struct Scene {
    /// The machine, or a part of it that a test has made.
    pub machine: Machine,
    /// The configuration, or what is wrong with it.
    pub place: Result<Place, PlaceError>,
    /// Where the server takes commands; none where that cannot be made out.
    pub socket: Option<PathBuf>,
    /// What the server says of itself, or why it says nothing.
    pub status: Result<StatusDocument, Failure>,
    /// The servers that run on this machine, with the one that answers.
    pub servers: Vec<Neighbour>,
}

/// Why a check could not look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotAsked(pub String);

/// A server that runs on this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Neighbour {
    /// The number of its process.
    pub pid: u32,
    /// What was typed to start it.
    pub typed: String,
}

// === impl Scene ===

impl Scene {
    /// The configuration and where things are, as the next start would have them.
    pub fn place(&self) -> Result<&Place, NotAsked> {
        let broken = |_| NotAsked("the configuration cannot be read".to_owned());
        self.place.as_ref().map_err(broken)
    }

    /// What the running server says of itself.
    pub fn status(&self) -> Result<&StatusDocument, NotAsked> {
        self.status.as_ref().map_err(|failure| NotAsked(failure.message.clone()))
    }

    /// The folder in which everything is kept.
    pub fn data_dir(&self) -> Result<PathBuf, NotAsked> {
        match (&self.status, &self.socket) {
            (Ok(status), _) => Ok(PathBuf::from(&status.server.data_dir)),
            (Err(_), Some(socket)) => Ok(socket.parent().unwrap_or(Path::new(".")).to_owned()),
            (Err(_), None) => self.place().map(|place| place.data_dir.clone()),
        }
    }

    /// The domains that are served, or would be.
    pub fn domains(&self) -> Result<Vec<DomainName>, NotAsked> {
        match &self.status {
            Ok(status) => {
                let names = status.server.domains.iter();
                Ok(names.filter_map(|name| DomainName::parse(name).ok()).collect())
            }
            Err(_) => self.place().map(|place| place.config.served()),
        }
    }

    /// Where XMPP clients connect to, or could.
    pub fn listeners(&self) -> Result<Vec<SocketAddr>, NotAsked> {
        match &self.status {
            Ok(status) => {
                Ok(status.server.listeners.iter().filter_map(|one| one.parse().ok()).collect())
            }
            Err(_) => self.place().map(configured),
        }
    }
}

/// Where the file says that clients connect to.
pub fn configured(place: &Place) -> Vec<SocketAddr> {
    let xmpp = &place.config.xmpp;
    xmpp.listen.iter().chain(&xmpp.listen_tls).copied().collect()
}
