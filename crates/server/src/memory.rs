//! How much memory the process uses, as the kernel counts it, and that it stays little.

use std::fs;
use std::rc::Rc;
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};
use tokio::sync::Notify;
use tokio::task::spawn_blocking;
use tokio::time::{sleep, timeout};

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

/// What is done at once has mostly been done after so long.
const DONE: Duration = Duration::from_millis(300);
/// Not more often than this, whatever is done.
const SELDOM: Duration = Duration::from_secs(1);

/// Gives back what a flood or the start needed and nobody needs any more, each time after `pause`, and soon
/// after something was `done` that needs much, for ever. A thread of its own does it.
pub async fn keep_small(pause: Duration, done: Rc<Notify>) {
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
        let soon = async {
            sleep(SELDOM - DONE).await;
            done.notified().await;
            sleep(DONE).await;
        };
        let _ = timeout(pause, soon).await;
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

#[cfg(all(test, target_env = "gnu"))]
mod tests {
    use super::*;

    const LONG: Duration = Duration::from_hours(1);

    #[tokio::test]
    async fn what_was_done_is_tidied_up_after_soon() {
        let done = Rc::new(Notify::new());
        let work = async {
            // After what it does at once.
            sleep(DONE).await;
            // Every hundredth stays, so that the allocator itself can give nothing back.
            let mut all: Vec<_> = (0..4_000).map(|_| Some(vec![1_u8; 16_000])).collect();
            for (number, one) in all.iter_mut().enumerate() {
                one.take_if(|_| number % 100 != 0);
            }
            let before = resident();
            done.notify_one();
            sleep(SELDOM + DONE + DONE).await;
            assert!(before.saturating_sub(resident()) > 50_000_000, "{before}, {}", resident());
            drop(all);
        };
        tokio::select! {
            () = keep_small(LONG, Rc::clone(&done)) => {}
            () = work => {}
        }
    }
}
