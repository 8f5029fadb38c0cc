//! What the XMPP door is told at its start; the configuration file is read elsewhere.

use lampfield_board::BoardName;
use std::net::SocketAddr;
use std::time::Duration;

use crate::wire::{LinkLimits, TlsSettings};

/// A turn of a connection: some twenty publishes.
pub const TURN: Duration = Duration::from_micros(250);

/// Everything the door needs to know.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The domains that are served, at least one.
    pub domains: Vec<DomainSettings>,
    /// Addresses for plain TCP, upgraded by STARTTLS (RFC 6120 section 5).
    pub listen: Vec<SocketAddr>,
    /// Addresses where TLS starts at once (XEP-0368).
    pub listen_tls: Vec<SocketAddr>,
    /// Whether streams must, may or cannot be encrypted.
    pub tls: TlsPolicy,
    /// The certificates; without them `tls` is as good as off.
    pub certificates: Option<TlsSettings>,
    /// The hash of the certificate for `tls-server-end-point` (RFC 5929 section 4.1), where all
    /// connections are shown the same one; at the start, see [`Door::set_certificate_hash`](crate::Door).
    pub certificate_hash: Option<Vec<u8>>,
    /// PLAIN without TLS, and `jabber:iq:auth` for accounts that are marked for it.
    pub clear_text_auth: ClearTextAuth,
    /// How long a connection works before others have their turn; usually [`TURN`].
    pub turn: Duration,
    /// The bounds of everything a peer can make us hold, at the start; a reload may change them
    /// ([`Context::limits`](crate::context::Context::limits)).
    pub limits: XmppLimits,
}

/// One served domain, from the configuration or added at run time.
#[derive(Debug, Clone)]
pub struct DomainSettings {
    /// Its name, as in `user@name`. PubSub answers at `pubsub.name`.
    pub name: String,
    /// The board of its facts: its own, or one that it shares with others.
    pub board: BoardName,
    /// How accounts come into being besides the configuration and the command line.
    pub registration: Registration,
    /// Whether its PBXs are shown the caps of others; a reload may change it.
    pub show_caps: bool,
}

/// How accounts are made without an operator's hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Registration {
    /// Only an operator makes accounts, in the configuration or by a command.
    Closed,
    /// By the client itself (XEP-0077), with the role `user`.
    InBand,
    /// At the first login with the join secret, for names that match the pattern; role `pbx`.
    FirstLogin,
}

/// Whether streams are encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TlsPolicy {
    /// Nothing but STARTTLS is possible on a plain stream.
    Required,
    /// STARTTLS is offered; the client decides.
    Optional,
    /// STARTTLS is not offered.
    Off,
}

/// Whether passwords may cross the network readably.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClearTextAuth {
    /// PLAIN is offered inside TLS only.
    Refused,
    /// PLAIN also without TLS, and `jabber:iq:auth` for legacy accounts.
    Allowed,
}

/// Bounds on what peers can make the door hold or do.
#[derive(Debug, Clone)]
pub struct XmppLimits {
    /// Bytes of one stanza; a larger one ends the stream with `policy-violation`.
    pub stanza_bytes: usize,
    /// The same as long as the client has not logged in.
    pub unauthenticated_stanza_bytes: usize,
    /// Levels of nested elements in a stanza.
    pub depth: usize,
    /// Attributes of one element; a stanza with more ends the stream.
    pub attributes: usize,
    /// Time from the connection to the bound resource; then the connection is closed.
    pub login_time: Duration,
    /// Wrong passwords on one connection before it is closed.
    pub login_tries: u32,
    /// Connections in all; more are closed at once.
    pub connections: usize,
    /// Connections from one address that have not logged in; more are closed at once.
    pub unauthenticated_per_address: usize,
    /// Registrations and changes of password in-band from one address within a minute.
    pub registrations_per_address: usize,
    /// Resources of one account at the same time.
    pub resources: usize,
    /// How much a peer may leave unread.
    pub unread: LinkLimits,
    /// Bytes that all peers together may leave unread; beyond it the one that has left most is
    /// disconnected.
    pub unread_total: usize,
}

impl Default for XmppLimits {
    fn default() -> Self {
        Self {
            stanza_bytes: 262_144,
            unauthenticated_stanza_bytes: 16_384,
            depth: 64,
            attributes: 64,
            login_time: Duration::from_secs(30),
            login_tries: 5,
            connections: 12_000,
            unauthenticated_per_address: 500,
            registrations_per_address: 3,
            resources: 10,
            unread: LinkLimits { comfortable: 65_536, most: 4_194_304 },
            unread_total: 134_217_728,
        }
    }
}
