//! Which program comes from which Debian.

/// One program to prepare.
pub struct Peer {
    /// The folder's name; the tests look for it.
    pub name: &'static str,
    /// The Debian suite that carries it.
    pub suite: &'static str,
    /// The packages that are wanted; the first is what the peer is made for.
    pub packages: &'static [&'static str],
    /// What the version of the first must begin with: a suite that moved on is noticed here.
    pub version: &'static str,
}

/// What the end-to-end tests use: the newest and the oldest Asterisk in Debian that carry `res_xmpp`,
/// and a client library. The library comes from a stable suite, which neither moves nor breaks.
///
/// Besides, the clean Debians on which the packages are installed: each base with a systemd, the last one
/// without anything, and one with RPM's own program.
pub const END_TO_END: [Peer; 8] = [
    Peer { name: "asterisk-22", suite: "sid", packages: &["asterisk"], version: "22." },
    Peer { name: "asterisk-16", suite: "bullseye", packages: &["asterisk"], version: "16." },
    Peer { name: "slixmpp", suite: "trixie", packages: &["python3-slixmpp"], version: "1.10" },
    Peer { name: "debian-12", suite: "bookworm", packages: SYSTEM, version: "252." },
    Peer { name: "debian-13", suite: "trixie", packages: SYSTEM, version: "257." },
    Peer { name: "debian-sid", suite: "sid", packages: SYSTEM, version: "2" },
    Peer { name: "debian-11", suite: "bullseye", packages: &["base-files"], version: "11" },
    Peer {
        name: "rpm",
        suite: "trixie",
        packages: &["rpm", "systemd-sysv", "dbus"],
        version: "4.",
    },
];

/// What makes a Debian's base a machine that starts.
const SYSTEM: &[&str] = &["systemd-sysv", "dbus"];

/// The XMPP servers that `cargo xtask bench` measures besides ours.
pub const XMPP_SERVERS: [Peer; 2] = [
    Peer { name: "ejabberd", suite: "sid", packages: &["ejabberd"], version: "26." },
    Peer {
        name: "prosody",
        suite: "sid",
        packages: &["prosody", "lua-dbi-sqlite3"],
        version: "13.",
    },
];

/// Where a suite is looked for, in this order: old ones move to the archive.
pub const MIRRORS: [&str; 2] = ["http://deb.debian.org/debian", "http://archive.debian.org/debian"];

/// The file that marks a finished folder.
pub const STAMP_FILE: &str = ".lampfield-ready";

/// Its text; raise the number when the recipe changes and all folders are made again.
pub const STAMP: &str = "lampfield peers recipe 1\n";
