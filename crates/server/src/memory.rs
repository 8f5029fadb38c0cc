//! How much memory the process uses, as the kernel counts it, and that it stays little.

use std::fs;
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};
use tokio::task::spawn_blocking;
use tokio::time::sleep;

/// Who has used less processor time than this between two has little to do: what it runs now and
/// then may be mapped anew each time.
const LITTLE: Duration = Duration::from_secs(1);

/// Resident bytes; 0 where the kernel does not tell (proc(5), `statm`).
pub fn resident() -> u64 {
    let pages = fs::read_to_string("/proc/self/statm")
        .ok()
        .and_then(|statm| statm.split_whitespace().nth(1)?.parse::<u64>().ok());
    pages.unwrap_or(0) * rustix::param::page_size() as u64
}

/// Gives back what a flood or the start needed and nobody needs any more, each time after `pause`,
/// for ever. A thread of its own does it.
pub async fn keep_small(pause: Duration) {
    let mut before = used();
    let mut has_little_to_do = true;
    loop {
        let given_back = spawn_blocking(move || {
            lampfield_memory::release_heap();
            if has_little_to_do {
                lampfield_memory::unmap_code();
            }
        });
        // It can only have panicked; then there is nothing to wait for.
        let _ = given_back.await;
        sleep(pause).await;
        let now = used();
        has_little_to_do = now.saturating_sub(before) < LITTLE;
        before = now;
    }
}

/// The processor time of the whole process since its start.
fn used() -> Duration {
    let used = clock_gettime(ClockId::ProcessCPUTime);
    Duration::try_from(used).unwrap_or_default()
}
