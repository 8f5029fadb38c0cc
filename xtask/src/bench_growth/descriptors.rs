//! File descriptors: one for each connection at both of its ends. Programs inherit the limit, so it
//! is raised once, here; where that is not allowed the run ends before it begins.

use anyhow::{Result, bail};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Descriptors of a process besides its connections.
const BESIDES: u64 = 200;

/// Makes room for so many connections.
pub fn provide(connections: u32) -> Result<()> {
    let needed = u64::from(connections) + BESIDES;
    let limit = getrlimit(Resource::Nofile);
    let enough = |most: Option<u64>| most.is_none_or(|most| most >= needed);
    if enough(limit.current) {
        return Ok(());
    }
    let maximum = limit.maximum.map(|most| most.max(needed));
    if setrlimit(Resource::Nofile, Rlimit { current: Some(needed), maximum }).is_err() {
        let most = limit.maximum.map_or("few".to_owned(), |most| most.to_string());
        bail!(
            "{connections} connections need {needed} open files and only {most} are allowed: \
             `ulimit -n {needed}` as root, or LimitNOFILE= of the service this runs in"
        );
    }
    Ok(())
}
