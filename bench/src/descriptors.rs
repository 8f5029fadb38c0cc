//! File descriptors: one for each client, and shells give programs few of them. Where the system
//! allows too few, the run must not begin.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::error::BenchError;

/// Descriptors besides the clients'.
const BESIDES: u64 = 64;

/// Raises the soft limit to the hard one if so many clients need it.
///
/// # Errors
/// [`BenchError::Descriptors`] when that is not enough.
pub fn provide(clients: usize) -> Result<(), BenchError> {
    let needed = u64::try_from(clients).unwrap_or(u64::MAX).saturating_add(BESIDES);
    let limit = getrlimit(Resource::Nofile);
    let few = |most: &u64| *most < needed;
    if limit.current.is_some_and(|most| few(&most)) {
        // What cannot be raised stays as it was, which the check below is about.
        let _ = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit });
    }
    match getrlimit(Resource::Nofile).current.filter(few) {
        Some(most) => Err(BenchError::Descriptors { clients, needed, most }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::provide;

    #[test]
    fn more_clients_than_files_are_refused_at_once() {
        provide(1).unwrap();
        let refused = provide(usize::MAX).unwrap_err().to_string();
        assert!(refused.contains("ulimit -n"), "{refused}");
    }
}
