//! One line in the log for each PBX that has joined: how much it has said, how much it was told, and how
//! soon. It is written when the PBX has been brought up to date and has said nothing more for a moment.

use std::rc::Rc;
use std::time::Duration;

use tokio::task::spawn_local;
use tokio::time::sleep;

use crate::session::Session;

/// The pause in what it says after which it counts as joined.
const QUIET: Duration = Duration::from_millis(500);

/// Who goes on saying things for so long has joined all the same.
const LOOKS: u32 = 60;

/// A subscription to facts has been brought up to date with so many of them.
pub fn brought_up(session: &Rc<Session>, told: usize) {
    let joining = &session.joining;
    joining.told.set(joining.told.get() + told as u64);
    if session.is_pbx() && !joining.is_begun.replace(true) {
        spawn_local(announce(Rc::clone(session)));
    }
}

async fn announce(session: Rc<Session>) {
    let so_far = || (session.publishes.borrow().taken, session.joining.told.get());
    let mut before = so_far();
    for _ in 0..LOOKS {
        sleep(QUIET).await;
        let now = so_far();
        if now == before {
            break;
        }
        before = now;
    }
    if session.is_ended() {
        return;
    }
    let (taken, told) = before;
    let first = session.publishes.borrow().first_taken.map(|at| at - session.joining.since);
    let first = first.map(|time| format!(", first lamp in {:.1} s", time.as_secs_f64()));
    let name = session.bare.local().unwrap_or(session.bare.as_str());
    tracing::info!(
        code = "joined", jid = %session.jid,
        "{name} joined: {taken} facts in, {told} out{}", first.unwrap_or_default()
    );
}
