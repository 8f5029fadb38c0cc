//! File descriptors: one for each connection, and shells give programs few of them.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::advice::descriptors_needed;

/// Raises the soft limit to the hard one, and says so if that is not enough for `connections`.
pub fn raise(connections: usize) {
    let limit = getrlimit(Resource::Nofile);
    // What cannot be raised stays as it was, which the check below is about.
    let _ = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit });
    let needed = descriptors_needed(connections);
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
