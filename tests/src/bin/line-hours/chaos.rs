//! Everything at once: Asterisks behind relays change states and counts while their lines are cut,
//! and they, their relays and the server are frozen, killed and stopped, in any order. From time to
//! time all is mended, and every lamp must be right.

use std::time::{Duration, Instant};

use lampfield_tests::afar::Centre;
use lampfield_tests::chance::Chance;
use lampfield_tests::line::Quality;
use lampfield_tests::server::Config;
use tokio::time::sleep;

use crate::member::Member;
use crate::truth::differences;

const MEMBERS: usize = 3;
const DEVICES: usize = 30;
/// Without INVALID: beside a remembered withdrawal Asterisk shows UNKNOWN for it, by its own table.
const STATES: [&str; 7] =
    ["NOT_INUSE", "INUSE", "BUSY", "UNAVAILABLE", "RINGING", "RINGINUSE", "ONHOLD"];
/// Between two changes.
const PAUSE: Duration = Duration::from_millis(60);
/// How many of them bring a fault too.
const FAULTS: f64 = 0.03;
/// Of which so many are the server's.
const SERVERS_SHARE: f64 = 0.2;
/// A round ends between the one and the sum of both, in seconds.
const ROUND: (usize, usize) = (15, 60);
/// Everything is right so soon after everyone is connected.
const RIGHT_WITHIN: Duration = Duration::from_secs(20);
/// Between two looks.
const LOOK: Duration = Duration::from_millis(500);
/// How long it is watched whether what is wrong mends itself.
const WATCHED: Duration = Duration::from_secs(120);

struct World {
    centre: Centre,
    members: Vec<Member>,
    server_down: Option<Instant>,
    chance: Chance,
}

/// Lets it rage for so long; whether everything was right each time.
pub async fn rages(time: Duration) -> bool {
    let mut centre = Centre::start(Config::plain().servers()).await;
    let quality = Quality::round_trip(Duration::from_millis(100)).loss(0.01);
    let mut members = Vec::new();
    for number in 1..=MEMBERS {
        members.push(Member::join(&mut centre, number, quality).await);
    }
    let chance = Chance::from_environment();
    let mut world = World { centre, members, server_down: None, chance };
    let (began, mut rounds, mut wrong) = (Instant::now(), 0, 0);
    while began.elapsed() < time {
        let length = ROUND.0 + world.chance.below(ROUND.1);
        world.rage(Duration::from_secs(length as u64)).await;
        rounds += 1;
        wrong += usize::from(!world.is_right().await);
    }
    println!("chaos: {rounds} rounds, {wrong} of them with something wrong at the end");
    wrong == 0
}

impl World {
    async fn rage(&mut self, length: Duration) {
        let end = Instant::now() + length;
        while Instant::now() < end {
            let device = format!("Custom:d{}", self.chance.below(DEVICES));
            let state = *self.chance.one_of::<&str>(&STATES);
            let which = self.chance.below(MEMBERS);
            self.members[which].change(&mut self.chance, &device, state).await;
            if self.chance.happens(FAULTS) {
                self.fail(which).await;
            }
            sleep(PAUSE).await;
            self.mend(Instant::now()).await;
        }
    }

    async fn fail(&mut self, which: usize) {
        if !self.chance.happens(SERVERS_SHARE) {
            let what = self.members[which].fail(&mut self.chance).await;
            if !what.is_empty() {
                println!("  {what}");
            }
        } else if self.server_down.is_none() {
            let length = Duration::from_millis(self.chance.below(15_000) as u64);
            if self.chance.happens(0.5) {
                self.centre.server.kill();
            } else {
                self.centre.server.stop().await;
            }
            self.server_down = Some(Instant::now() + length);
            println!("  server away for {:.1} s", length.as_secs_f64());
        }
    }

    async fn mend(&mut self, by: Instant) {
        if self.server_down.is_some_and(|end| end <= by) {
            self.server_down = None;
            self.centre.server.run().await;
        }
        for member in &mut self.members {
            member.mend(by).await;
        }
    }

    /// Mends everything and looks at every lamp.
    async fn is_right(&mut self) -> bool {
        let far_off = Instant::now() + Duration::from_secs(3_600);
        self.mend(far_off).await;
        for member in &mut self.members {
            member.site.asterisk.connected().await;
            member.remember().await;
        }
        let Err(wrong) = self.right_within(RIGHT_WITHIN).await else {
            println!("right");
            return true;
        };
        println!("WRONG:\n{}", wrong.join("\n"));
        self.tell();
        match self.right_within(WATCHED).await {
            Ok(time) => println!("right {:.0} s later", time.as_secs_f64()),
            Err(wrong) => println!("still WRONG:\n{}", wrong.join("\n")),
        }
        false
    }

    fn tell(&mut self) {
        println!("--- server:\n{}", self.centre.server.log());
        for member in &mut self.members {
            println!("--- a relay:\n{}", member.site.relay().log());
        }
    }
    /// How long it took, or what is still wrong.
    async fn right_within(&self, within: Duration) -> Result<Duration, Vec<String>> {
        let began = Instant::now();
        loop {
            let wrong = differences(&self.centre.server, &self.members).await;
            if wrong.is_empty() {
                return Ok(began.elapsed());
            }
            if began.elapsed() > within {
                return Err(wrong);
            }
            sleep(LOOK).await;
        }
    }
}
