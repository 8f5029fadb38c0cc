//! Why there is no stream, or none any more.

use std::io;

use crate::res_xmpp::Crash;
use crate::xml::{Malformed, Node};

/// Characters of what a server says that are shown.
const SHOWN: usize = 300;

/// Why there is no stream, or none any more.
#[derive(Debug, thiserror::Error)]
pub enum End {
    /// There is no connection.
    #[error("cannot connect to {server}: {error}")]
    Unreached {
        /// Where it was tried.
        server: String,
        /// What the system says.
        error: io::Error,
    },
    /// TLS does not come about.
    #[error("no TLS with {server}: {error}")]
    Tls {
        /// With whom.
        server: String,
        /// The reason, as a part of a sentence.
        error: String,
    },
    /// The server does not want TLS.
    #[error("the server refuses STARTTLS")]
    NoTls,
    /// The only login that Asterisk knows over TLS is missing.
    #[error("the server does not offer PLAIN, the login of an Asterisk")]
    NoPlain,
    /// The server does not let it in.
    #[error("the server refuses the login: {0}")]
    Refused(String),
    /// The server took longer than Asterisk waits.
    #[error("the server does not answer")]
    Silent,
    /// The stream has ended, and what the server said about it.
    #[error("the server closed the connection{}", because(.0.as_deref()))]
    Closed(Option<String>),
    /// The connection broke.
    #[error("the connection broke: {0}")]
    Broken(#[from] io::Error),
    /// What came is no XML.
    #[error(transparent)]
    Malformed(#[from] Malformed),
    /// What came kills an Asterisk.
    #[error(transparent)]
    Crashed(#[from] Crash),
}

fn because(reason: Option<&str>) -> String {
    reason.map(|reason| format!(": {reason}")).unwrap_or_default()
}

// === impl End ===

impl End {
    /// A reset is an end like another.
    pub(super) fn broken(error: io::Error, said: &mut Option<String>) -> Self {
        use io::ErrorKind::{BrokenPipe, ConnectionReset, UnexpectedEof};
        match error.kind() {
            BrokenPipe | ConnectionReset | UnexpectedEof => Self::Closed(said.take()),
            _ => Self::Broken(error),
        }
    }
}

/// What a stream error or a failure says: its condition, and the sentence for people.
pub(super) fn condition(error: &Node) -> String {
    let condition = error.children().find(|child| child.name != "text");
    let condition = condition.map_or("no reason given", |child| &child.name);
    match error.child("text").map(Node::text).filter(|text| !text.is_empty()) {
        Some(text) => format!("{condition}: {}", in_one_line(&text)),
        None => condition.to_owned(),
    }
}

/// What a server says, as a terminal may have it.
fn in_one_line(text: &str) -> String {
    text.chars().take(SHOWN).map(|char| if char.is_control() { ' ' } else { char }).collect()
}
