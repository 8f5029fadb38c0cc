//! File descriptors: one for each connection, and shells give programs few of them.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Descriptors besides the connections: store, sockets, files.
const BESIDES: u64 = 64;

/// Raises the soft limit to the hard one, and says so if that is not enough for `connections`.
pub fn raise(connections: usize) {
    let limit = getrlimit(Resource::Nofile);
    // What cannot be raised stays as it was, which the check below is about.
    let _ = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit });
    let needed = u64::try_from(connections).unwrap_or(u64::MAX).saturating_add(BESIDES);
    if let Some(most) = getrlimit(Resource::Nofile).current.filter(|most| *most < needed) {
        tracing::warn!(
            code = "few-descriptors",
            most,
            needed,
            "the system allows fewer open files than [xmpp.limits] connections needs; raise LimitNOFILE= \
             (systemd) or ulimit -n"
        );
    }
}
