//! Everything at once: Asterisks behind relays change states and counts while their lines are cut,
//! and they, their relays and the server are frozen, killed and stopped, in any order. From time to
//! time all is mended, and every lamp must be right.

use std::time::{Duration, Instant};

use lampfield_tests::afar::{Centre, Way};
use lampfield_tests::asterisk::Release;
use lampfield_tests::chance::Chance;
use lampfield_tests::line::Quality;
use lampfield_tests::server::Config;
use tokio::time::sleep;

use crate::fault::{Fault, is_over};
use crate::pbx::Pbx;
use crate::place::Place;
use crate::truth::differences;

/// Of each PBX; half of them are its neighbour's too. So many that most are said once and then stand:
/// what is lost of them is not said again by chance.
const DEVICES: usize = 100;
/// Without INVALID: beside a remembered withdrawal Asterisk shows UNKNOWN for it, by its own table.
const STATES: [&str; 7] =
    ["NOT_INUSE", "INUSE", "BUSY", "UNAVAILABLE", "RINGING", "RINGINUSE", "ONHOLD"];
/// The pause between two changes.
const PAUSE: Duration = Duration::from_millis(60);
/// How many of them bring a fault too.
const FAULTS: f64 = 0.02;
/// A round ends between the one and the sum of both, in seconds.
const ROUND: (usize, usize) = (15, 60);
/// Everything is right so soon after everyone is connected.
const RIGHT_WITHIN: Duration = Duration::from_secs(20);
/// The pause between two looks.
const LOOK: Duration = Duration::from_millis(500);
/// How long it is watched whether what is wrong mends itself.
const WATCHED: Duration = Duration::from_secs(120);

/// Its parts go in this order.
struct World {
    pbxs: Vec<Pbx>,
    places: Vec<Place>,
    centre: Centre,
    server_down: Option<Instant>,
    server_frozen: Option<Instant>,
    chance: Chance,
}

/// Lets it rage for so long; whether everything was right each time.
pub async fn rages(time: Duration) -> bool {
    let chance = Chance::from_environment();
    let mut world = World::make(chance).await;
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
    /// Three at three places, and a fourth that shares the relay of the last one.
    async fn make(chance: Chance) -> Self {
        let mut centre = Centre::start(Config::plain().servers()).await;
        let quality = Quality::round_trip(Duration::from_millis(100)).loss(0.01);
        let (mut places, mut pbxs) = (Vec::new(), Vec::new());
        for (number, release) in [Release::V22, Release::V16, Release::V22].into_iter().enumerate()
        {
            let site = centre.site(release, Way::Relay, quality).await;
            if number == 2 {
                pbxs.push(Pbx::join(site.another(9, Release::V16).await, number).await);
            }
            let (place, asterisk) = Place::of(site);
            places.push(place);
            pbxs.push(Pbx::join(asterisk, number).await);
        }
        let mut world =
            Self { pbxs, places, centre, server_down: None, server_frozen: None, chance };
        for which in 0..world.pbxs.len() {
            for number in 0..DEVICES {
                world.change(which, number).await;
            }
        }
        world
    }

    async fn rage(&mut self, length: Duration) {
        let end = Instant::now() + length;
        while Instant::now() < end {
            let which = self.chance.below(self.pbxs.len());
            let number = self.chance.below(DEVICES);
            self.change(which, number).await;
            if self.chance.happens(FAULTS) {
                match self.chance.below(10) {
                    0 => self.fail_pbx().await,
                    1..=3 => self.fail_server().await,
                    _ => self.fail_place(),
                }
            }
            sleep(PAUSE).await;
            self.mend(Instant::now()).await;
        }
    }

    async fn change(&mut self, which: usize, number: usize) {
        let device = format!("Custom:d{}", which * DEVICES / 2 + number);
        let state = *self.chance.one_of::<&str>(&STATES);
        self.pbxs[which].change(&mut self.chance, &device, state).await;
    }

    async fn fail_server(&mut self) {
        if self.server_down.is_some() || self.server_frozen.is_some() {
            return;
        }
        let (server, down) = (&mut self.centre.server, &mut self.server_down);
        let fault = match self.chance.below(3) {
            0 => {
                server.kill();
                Fault::begin("is killed", 15, &mut self.chance, down)
            }
            1 => {
                server.stop().await;
                Fault::begin("is stopped", 15, &mut self.chance, down)
            }
            _ => {
                server.process().freeze();
                Fault::begin("is frozen", 15, &mut self.chance, &mut self.server_frozen)
            }
        };
        println!("  the server {fault}");
    }

    async fn fail_pbx(&mut self) {
        let which = self.chance.below(self.pbxs.len());
        if let Some(fault) = self.pbxs[which].fail(&mut self.chance).await {
            println!("  {}: {fault}", self.pbxs[which].asterisk.eid());
        }
    }

    fn fail_place(&mut self) {
        let which = self.chance.below(self.places.len());
        let Some((fault, forgets)) = self.places[which].fail(&mut self.chance) else { return };
        println!("  place {which}: {fault}");
        if forgets {
            self.pbxs.iter_mut().filter(|pbx| pbx.place == which).for_each(Pbx::forget);
        }
    }

    async fn mend(&mut self, by: Instant) {
        if is_over(&mut self.server_down, by) {
            self.centre.server.run().await;
        }
        if is_over(&mut self.server_frozen, by) {
            self.centre.server.process().thaw();
        }
        for place in &mut self.places {
            place.mend(by).await;
        }
        for pbx in &mut self.pbxs {
            pbx.mend(by).await;
        }
    }

    /// Mends everything and looks at every lamp.
    async fn is_right(&mut self) -> bool {
        self.mend(Instant::now() + Duration::from_secs(3_600)).await;
        let mended = Instant::now();
        for pbx in &mut self.pbxs {
            pbx.asterisk.assert_alive();
            pbx.asterisk.connected().await;
            pbx.remember().await;
        }
        let Err(wrong) = self.right_within(RIGHT_WITHIN).await else {
            println!("right {:.1} s after all was mended", mended.elapsed().as_secs_f64());
            return true;
        };
        println!("WRONG:\n{}", wrong.join("\n"));
        match self.right_within(WATCHED).await {
            Ok(time) => println!("right {:.0} s later", time.as_secs_f64()),
            Err(wrong) => println!("still WRONG:\n{}", wrong.join("\n")),
        }
        println!("--- the server:\n{}", self.centre.server.log());
        for place in &self.places {
            println!("--- a relay:\n{}", place.log());
        }
        false
    }

    /// How long it took, or what is still wrong.
    async fn right_within(&self, within: Duration) -> Result<Duration, Vec<String>> {
        let began = Instant::now();
        loop {
            let wrong = differences(&self.centre.server, &self.pbxs).await;
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
