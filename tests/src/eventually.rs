//! Waiting for something to become true: a look, a short pause, another look, until a deadline.
//! Tests wait for conditions, never for an amount of time.

use std::future::Future;
use std::time::Duration;

use tokio::time::{Instant, sleep};

/// Long enough for anything that should happen by itself soon, also on a loaded machine.
pub const SOON: Duration = Duration::from_secs(20);

/// The pause between two looks.
const PAUSE: Duration = Duration::from_millis(10);

/// Waits until `look` gives `Ok`; panics with its last `Err` at the deadline.
pub async fn eventually<T, Fut>(within: Duration, mut look: impl FnMut() -> Fut) -> T
where
    Fut: Future<Output = Result<T, String>>,
{
    let deadline = Instant::now() + within;
    loop {
        match look().await {
            Ok(value) => return value,
            Err(reason) => {
                assert!(Instant::now() < deadline, "not within {within:?}: {reason}");
            }
        }
        sleep(PAUSE).await;
    }
}

/// Looks again and again for the whole time; panics at the first `Err`. For things that must not
/// happen: keep the time short, and prefer a reply that proves the order.
pub async fn throughout<Fut>(time: Duration, mut look: impl FnMut() -> Fut)
where
    Fut: Future<Output = Result<(), String>>,
{
    let deadline = Instant::now() + time;
    while Instant::now() < deadline {
        if let Err(reason) = look().await {
            panic!("must not happen: {reason}");
        }
        sleep(PAUSE).await;
    }
}
