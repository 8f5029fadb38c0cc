//! What a long line costs stock Asterisk, measured from its own side: its console, its log, its
//! process, and the lamps at the server. The same for every [`super::Way`].

use std::convert::Infallible;
use std::future::Future;
use std::time::Duration;

use tokio::time::{Instant, MissedTickBehavior, interval, sleep};

use super::{Centre, Site};
use crate::asterisk::Asterisk;
use crate::cut::Refusal;
use crate::line::Quality;
use crate::server::{PORT, Server};

/// Between two looks: a look starts a program.
const PAUSE: Duration = Duration::from_millis(50);

/// What came together with something else shows after it by no more than this.
const A_MOMENT: Duration = Duration::from_secs(1);

/// The states that a device goes through.
const STATES: [&str; 4] = ["INUSE", "RINGING", "NOT_INUSE", "ONHOLD"];

/// The phones of an Asterisk, and how often one of them changes.
#[derive(Clone, Copy, Debug)]
pub struct Phones {
    /// The number of phones, each a device of its own.
    pub devices: usize,
    /// How many of them change in a second.
    pub changes_per_second: u32,
}

impl Phones {
    /// Gives every device its first state.
    pub async fn appear(self, asterisk: &Asterisk) {
        for number in 0..self.devices {
            asterisk.set_state(&device(number), "NOT_INUSE").await;
        }
    }

    /// Lets them change for as long as the work lasts.
    pub async fn busy<T>(self, asterisk: &Asterisk, work: impl Future<Output = T>) -> T {
        tokio::select! {
            done = work => done,
            never = self.change(asterisk) => match never {},
        }
    }

    /// Changes them so many times, as fast as Asterisk takes it.
    pub async fn burst(self, asterisk: &Asterisk, changes: usize) {
        for count in 0..changes {
            self.step(asterisk, count).await;
        }
    }

    async fn change(self, asterisk: &Asterisk) -> Infallible {
        let mut ticks = interval(Duration::from_secs(1) / self.changes_per_second);
        // What is late because a look took its time is made up for.
        ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
        let mut count = 0;
        while !asterisk.ami().is_closed() {
            ticks.tick().await;
            self.step(asterisk, count).await;
            count += 1;
        }
        // It has crashed; the work finds out, and says it better.
        std::future::pending().await
    }

    async fn step(self, asterisk: &Asterisk, count: usize) {
        let device = format!("DEVICE_STATE({})", device(count % self.devices));
        let state = STATES[(count / self.devices + count) % STATES.len()];
        asterisk.ami().set_without_waiting(&device, state).await;
    }
}

/// The name of one of the phones.
pub fn device(number: usize) -> String {
    format!("Custom:phone{number}")
}

/// How long after its start an Asterisk with busy phones says that it is connected; `None` if it
/// is not within `patience`.
pub async fn login(site: &mut Site, phones: Phones, patience: Duration) -> Option<Duration> {
    phones.appear(&site.asterisk).await;
    site.asterisk.join().await;
    let asterisk = &site.asterisk;
    phones.busy(asterisk, when(patience, || asterisk.is_connected())).await
}

/// Lets an Asterisk connect over a perfect line, which then becomes this one: with many phones it
/// may never get in otherwise.
pub async fn settle(site: &mut Site, phones: Phones, quality: Quality) {
    site.line.turn_into(Quality::round_trip(Duration::ZERO));
    phones.appear(&site.asterisk).await;
    site.asterisk.join().await;
    site.asterisk.connected().await;
    site.line.turn_into(quality);
}

/// The PBX begins to connect so long before the server is there: how long after the server's ready line
/// it showed what the PBX says.
pub async fn early(
    centre: &mut Centre,
    site: &mut Site,
    early: Duration,
    patience: Duration,
) -> Option<Duration> {
    centre.server.kill();
    site.asterisk.set_state("Custom:early", "INUSE").await;
    site.asterisk.join().await;
    sleep(early).await;
    centre.server.run().await;
    shown_after(&centre.server, "Custom:early", "INUSE", patience).await
}

/// What came of one outage of the server.
#[derive(Clone, Copy, Debug)]
pub struct Outage {
    /// How long after the server's ready line it showed what the PBX had changed in the meantime;
    /// `None` if it did not.
    pub back: Option<Duration>,
    /// Whether it showed by then the count of messages that was set in the meantime.
    pub count_heard: bool,
}

/// The server is killed, stays away for `away`, and is started again, so many times.
pub async fn outages(
    centre: &mut Centre,
    site: &Site,
    times: u32,
    away: Duration,
    patience: Duration,
) -> Vec<Outage> {
    let mut outages = Vec::new();
    for (count, state) in (1..=times).zip(STATES.iter().cycle()) {
        centre.server.kill();
        sleep(away / 2).await;
        site.asterisk.set_state("Custom:outage", state).await;
        site.asterisk.set_mailbox("1000@default", count, 0).await;
        sleep(away / 2).await;
        centre.server.run().await;
        let server = &centre.server;
        let back = shown_after(server, "Custom:outage", state, patience).await;
        let shown = || server.why("1000@default").new_messages() == Some(count.into());
        let count_heard = when(A_MOMENT, shown).await.is_some();
        outages.push(Outage { back, count_heard });
    }
    outages
}

/// The PBX's machine gets resets for `away`, so many times, and the server is not told: how long after the end of each it showed what the PBX had changed in the meantime.
pub async fn resets(
    server: &Server,
    site: &Site,
    times: usize,
    away: Duration,
    patience: Duration,
) -> Vec<Option<Duration>> {
    let mut back = Vec::new();
    for state in STATES.iter().cycle().take(times) {
        let refusal = Refusal::of(site.machine.clone(), PORT);
        sleep(away / 2).await;
        site.asterisk.set_state("Custom:reset", state).await;
        sleep(away / 2).await;
        drop(refusal);
        back.push(shown_after(server, "Custom:reset", state, patience).await);
    }
    back
}

/// The line is cut silently for `length` while the phones are busy: how long after its end what the
/// PBX said in the meantime shows at the server.
pub async fn cut(
    server: &Server,
    site: &Site,
    phones: Phones,
    length: Duration,
    patience: Duration,
) -> Option<Duration> {
    let asterisk = &site.asterisk;
    let measure = async {
        asterisk.set_state("Custom:cut", "NOT_INUSE").await;
        site.line.cut();
        sleep(length / 2).await;
        asterisk.set_state("Custom:cut", "INUSE").await;
        sleep(length / 2).await;
        site.line.heal();
        shown_after(server, "Custom:cut", "INUSE", patience).await
    };
    phones.busy(asterisk, measure).await
}

async fn shown_after(
    server: &Server,
    device: &str,
    state: &str,
    patience: Duration,
) -> Option<Duration> {
    when(patience, || server.why(device).value() == state).await
}

/// When, from now on, this became true.
pub(super) async fn when(patience: Duration, mut look: impl FnMut() -> bool) -> Option<Duration> {
    let start = Instant::now();
    while !look() {
        if start.elapsed() > patience {
            return None;
        }
        sleep(PAUSE).await;
    }
    Some(start.elapsed())
}
