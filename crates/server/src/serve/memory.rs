//! How much memory the process uses, as the kernel counts it.

use std::fs;

/// Resident bytes; 0 where the kernel does not tell (proc(5), `statm`).
pub fn resident() -> u64 {
    let pages = fs::read_to_string("/proc/self/statm")
        .ok()
        .and_then(|statm| statm.split_whitespace().nth(1)?.parse::<u64>().ok());
    pages.unwrap_or(0) * rustix::param::page_size() as u64
}
