//! What an operator writes into `xmpp.conf` and `asterisk.conf`.

use std::fmt;

use crate::eid::eid_of;
use crate::tls::Tls;

/// How nodes are laid out (XEP-0248), and whether Asterisk creates them unasked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Layout {
    /// Two nodes, as without any option.
    #[default]
    Usual,
    /// `collection_nodes=yes`: each device is a node of its own below them.
    Collections,
    /// `pubsub_autocreate=yes`: a node is created before each device's publish.
    Autocreate,
}

/// One PBX and where it logs in.
#[derive(Clone)]
pub struct Settings {
    /// `serverhost` and `port`: HOST:PORT. As Asterisk does, it asks the DNS for no service.
    pub server: String,
    /// The domain of the account, to which the stream is opened.
    pub domain: String,
    /// The user part of the account.
    pub user: String,
    /// The resource of the address; the server may give another.
    pub resource: String,
    /// The password of the account, sent as it is (PLAIN).
    pub secret: String,
    /// `pubsub_node`: the address of the PubSub service.
    pub service: String,
    /// `entityid`: who it is among PBXs.
    pub eid: String,
    /// `usetls`, and which certificates are right.
    pub tls: Tls,
    /// How nodes are laid out.
    pub layout: Layout,
    /// `buddy=`: who owns the nodes that it creates, beside itself.
    pub buddies: Vec<String>,
}

// === impl Settings ===

impl Settings {
    /// The usual settings of an account `user@domain` at HOST:PORT.
    pub fn new(server: &str, domain: &str, user: &str, secret: &str) -> Self {
        Self {
            server: server.to_owned(),
            domain: domain.to_owned(),
            user: user.to_owned(),
            resource: "asterisk".to_owned(),
            secret: secret.to_owned(),
            service: format!("pubsub.{domain}"),
            eid: eid_of(user),
            tls: Tls::Any,
            layout: Layout::Usual,
            buddies: Vec::new(),
        }
    }

    /// The bare JID.
    pub fn account(&self) -> String {
        format!("{}@{}", self.user, self.domain)
    }
}

impl fmt::Debug for Settings {
    /// Without the password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at {} as {}", self.account(), self.server, self.eid)
    }
}
