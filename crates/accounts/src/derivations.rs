//! Hashing passwords takes milliseconds on purpose, so it happens on threads of its own, few at a
//! time, and only so many may wait for it.

use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;

use tokio::sync::Semaphore;

/// The threads that hash passwords.
pub(crate) struct Derivations {
    threads: Arc<Semaphore>,
    waiting: Rc<Cell<usize>>,
    most_waiting: usize,
}

/// No thread is free, and as many as may wait are waiting; try again later.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Busy;

/// One that waits or is being worked on; dropping it makes room.
struct Pending(Rc<Cell<usize>>);

// === impl Derivations ===

impl Derivations {
    /// At most `threads` at the same time and `most_waiting` in all.
    pub(crate) fn new(threads: usize, most_waiting: usize) -> Self {
        Self { threads: Arc::new(Semaphore::new(threads)), waiting: Rc::default(), most_waiting }
    }

    /// Does `work` on another thread. Work that has begun is finished even if nobody waits for it
    /// any more, and counts against the threads until then.
    ///
    /// # Errors
    /// [`Busy`] at once if too many wait.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Busy> {
        let _pending = self.pending()?;
        let thread = Arc::clone(&self.threads).acquire_owned().await.map_err(|_| Busy)?;
        let done = tokio::task::spawn_blocking(move || {
            let result = work();
            drop(thread);
            result
        });
        done.await.map_err(|_| Busy)
    }

    /// Lets nobody wait until what is returned is dropped.
    #[cfg(test)]
    pub(crate) fn stop(&self) -> impl Drop + use<> {
        struct Stopped(Rc<Cell<usize>>, usize);
        impl Drop for Stopped {
            fn drop(&mut self) {
                self.0.set(self.0.get() - self.1);
            }
        }
        self.waiting.set(self.waiting.get() + self.most_waiting);
        Stopped(Rc::clone(&self.waiting), self.most_waiting)
    }

    fn pending(&self) -> Result<Pending, Busy> {
        if self.waiting.get() >= self.most_waiting {
            return Err(Busy);
        }
        self.waiting.set(self.waiting.get() + 1);
        Ok(Pending(Rc::clone(&self.waiting)))
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        self.0.set(self.0.get() - 1);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    use super::*;

    #[tokio::test]
    async fn runs_few_at_a_time_and_lets_few_wait() {
        let derivations = Rc::new(Derivations::new(2, 5));
        let running = Arc::new(AtomicUsize::new(0));
        let local = tokio::task::LocalSet::new();
        let results: Vec<_> = (0..8)
            .map(|_| {
                let (derivations, running) = (Rc::clone(&derivations), Arc::clone(&running));
                local.spawn_local(async move {
                    derivations
                        .run(move || {
                            let now = running.fetch_add(1, Ordering::SeqCst) + 1;
                            #[allow(clippy::disallowed_methods, reason = "a thread of its own")]
                            std::thread::sleep(Duration::from_millis(20));
                            running.fetch_sub(1, Ordering::SeqCst);
                            now
                        })
                        .await
                })
            })
            .collect();
        local.await;
        let mut outcomes = Vec::new();
        for result in results {
            outcomes.push(result.await.expect("no panic"));
        }
        assert_eq!(outcomes.iter().filter(|outcome| **outcome == Err(Busy)).count(), 3);
        assert!(outcomes.iter().flatten().all(|running| *running <= 2), "{outcomes:?}");
        assert_eq!(derivations.waiting.get(), 0);
    }
}
