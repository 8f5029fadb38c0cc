//! Which Asterisk comes from which Debian.

/// One Asterisk to prepare.
pub struct Peer {
    /// The folder's name; the tests look for it.
    pub name: &'static str,
    /// The Debian suite that carries it.
    pub suite: &'static str,
    /// What `asterisk -V` must begin with: a suite that moved on is noticed here.
    pub version: &'static str,
}

/// The newest and the oldest Asterisk in Debian that carry `res_xmpp`.
pub const PEERS: [Peer; 2] = [
    Peer { name: "asterisk-22", suite: "sid", version: "Asterisk 22." },
    Peer { name: "asterisk-16", suite: "bullseye", version: "Asterisk 16." },
];

/// Where a suite is looked for, in this order: old ones move to the archive.
pub const MIRRORS: [&str; 2] = ["http://deb.debian.org/debian", "http://archive.debian.org/debian"];

/// The file that marks a finished folder.
pub const STAMP_FILE: &str = ".lampfield-ready";

/// Its text; raise the number when the recipe changes and all folders are made again.
pub const STAMP: &str = "lampfield peers recipe 1\n";
