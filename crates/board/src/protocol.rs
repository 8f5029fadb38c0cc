//! By which protocol a fact came in.

use std::fmt;
use std::str::FromStr;

/// The text is not the name of a protocol.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("\"{0}\" is not the name of a protocol")]
pub struct UnknownProtocol(pub String);

/// The protocols, each with its word in answers and in the store.
macro_rules! protocols {
    ($($(#[doc = $about:literal])+ $protocol:ident = $word:literal,)+) => {
        /// The protocol by which something was said.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Protocol {
            $($(#[doc = $about])+ $protocol,)+
        }

        impl Protocol {
            /// Every protocol, in the order of the list in this file.
            pub const ALL: &'static [Self] = &[$(Self::$protocol),+];

            /// The word for it in answers and in the store.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$protocol => $word,)+ }
            }
        }
    };
}

protocols! {
    /// Asterisk's distributed events over XMPP PubSub.
    Xmpp = "xmpp",
    /// Asterisk's manager interface (AMI), over TCP.
    Ami = "ami",
    /// Asterisk's REST interface (ARI): HTTP and a WebSocket.
    Ari = "ari",
    /// Asterisk's distributed events over corosync.
    Corosync = "corosync",
    /// SIP PUBLISH and SUBSCRIBE (RFC 3903, RFC 6665).
    Sip = "sip",
    /// OpenSIPS' binary protocol between cluster nodes (`clusterer`, `proto_bin`).
    Clusterer = "clusterer",
    /// The management interface (MI) of OpenSIPS, and that of Kamailio.
    Mi = "mi",
    /// FreeSWITCH's event socket (mod_event_socket), over TCP.
    Esl = "esl",
    /// Lampfield's own REST interface, over HTTP.
    Rest = "rest",
    /// A script that Lampfield runs and that publishes by itself.
    Script = "script",
    /// The command line of the program: what an operator says by hand.
    Cli = "cli",
}

// === impl Protocol ===

impl Protocol {
    /// What the protocol was called before doors were named by their protocols.
    #[must_use]
    pub const fn former_word(self) -> &'static str {
        match self {
            Self::Xmpp => "asterisk",
            other => other.as_str(),
        }
    }
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Protocol {
    type Err = UnknownProtocol;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let known = Self::ALL.iter().find(|protocol| protocol.as_str() == text);
        known.copied().ok_or_else(|| UnknownProtocol(text.to_owned()))
    }
}
