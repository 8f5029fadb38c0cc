//! Short silent cuts at random moments on a line that is long and loses: nobody is dropped, as the
//! Asterisks' own logs and processes tell, and what either end of ours says.

use std::path::Path;
use std::time::{Duration, Instant};

use lampfield_tests::afar::measures::{self, Phones};
use lampfield_tests::afar::{Centre, Relay, Site, Way};
use lampfield_tests::asterisk::{Drops, Release};
use lampfield_tests::chance::Chance;
use lampfield_tests::line::Quality;
use lampfield_tests::server::{Config, Server};
use tokio::time::sleep;

const SHORT: Duration = Duration::from_secs(4);
/// Where the kernel bounds TCP's doubling pauses.
const LONGER: Duration = Duration::from_secs(8);
/// That the kernel does: the setting came with the socket option.
const BOUND: &str = "/proc/sys/net/ipv4/tcp_rto_max_ms";
const IDLE: Phones = Phones { devices: 5, changes_per_second: 0 };
const BUSY: Phones = Phones { devices: 20, changes_per_second: 10 };
/// Whoever drops somebody because of a cut has done so by then.
const AFTERWARDS: Duration = Duration::from_secs(6);
/// So much longer may the pause be, in milliseconds.
const MORE: usize = 9_000;

fn far() -> Quality {
    Quality::round_trip(Duration::from_millis(300)).loss(0.02)
}

/// Cuts the lines of four, each way, busy and idle, for so long; whether nobody was dropped.
pub async fn drop_nobody(time: Duration) -> bool {
    let lengths = if Path::new(BOUND).exists() { &[SHORT, LONGER][..] } else { &[SHORT] };
    println!("way   | phones | cuts of, s | how many | dropped");
    let rows = tokio::join!(
        row(Way::Relay, BUSY, lengths, time),
        row(Way::Relay, IDLE, lengths, time),
        row(Way::Clear, BUSY, lengths, time),
        row(Way::Clear, IDLE, lengths, time),
    );
    rows.0 && rows.1 && rows.2 && rows.3
}

async fn row(way: Way, phones: Phones, lengths: &[Duration], time: Duration) -> bool {
    let mut centre = Centre::start(Config::plain().servers()).await;
    let mut site = centre.site(Release::V22, way, far()).await;
    measures::settle(&mut site, phones, far()).await;
    let cuts = cuts(&centre.server, &site, lengths, time);
    let counts = match phones.changes_per_second {
        0 => cuts.await,
        _ => phones.busy(&site.asterisk, cuts).await,
    };
    for (length, (cuts, drops)) in lengths.iter().zip(&counts) {
        let phones = if phones.changes_per_second == 0 { "idle" } else { "busy" };
        let way = format!("{way:?}").to_lowercase();
        println!("{way:5} | {phones} | {} | {cuts} | {drops}", length.as_secs());
    }
    counts.iter().all(|(_, drops)| *drops == 0)
}

/// How many there were of each length, and how many of these dropped somebody. What is lost between two
/// counts for the one before. An Asterisk that crashes ends it.
async fn cuts(
    server: &Server,
    site: &Site,
    lengths: &[Duration],
    time: Duration,
) -> Vec<(usize, usize)> {
    let mut chance = Chance::from_environment();
    let mut counts = vec![(0, 0); lengths.len()];
    let mut seen = Seen::now(server, site);
    let began = Instant::now();
    while began.elapsed() < time && site.asterisk.is_alive() {
        let which = chance.below(lengths.len());
        site.asterisk.connected().await;
        site.line.cut();
        sleep(lengths[which]).await;
        site.line.heal();
        let more = Duration::from_millis(chance.below(MORE) as u64);
        sleep(AFTERWARDS + more).await;
        let now = Seen::now(server, site);
        if now != seen {
            println!("{:?}: {}", lengths[which], now.since(&seen));
        }
        counts[which].0 += 1;
        counts[which].1 += usize::from(now != seen);
        seen = now;
    }
    counts
}

/// What tells of a connection that was given up.
#[derive(PartialEq, Eq)]
struct Seen {
    pid: u32,
    is_alive: bool,
    drops: Drops,
    /// By the server and by the relay.
    said: Vec<String>,
}

impl Seen {
    fn now(server: &Server, site: &Site) -> Self {
        const WORDS: [&str; 6] = [
            "link lost",
            "stream ended by us",
            "\"line-lost\"",
            "\"pbx-gone\"",
            "\"pbx-refused\"",
            "\"refused\"",
        ];
        let relay = site.relay.as_ref().map(Relay::log).unwrap_or_default();
        let logs = server.log() + "\n" + &relay;
        let is_drop = |line: &&str| WORDS.iter().any(|words| line.contains(words));
        Self {
            pid: site.asterisk.pid(),
            is_alive: site.asterisk.is_alive(),
            drops: site.asterisk.drops(),
            said: logs.lines().filter(is_drop).map(str::to_owned).collect(),
        }
    }

    /// What has been added to this.
    fn since(&self, before: &Self) -> String {
        let mut new = Vec::new();
        if !self.is_alive || self.pid != before.pid {
            new.push("Asterisk has crashed".to_owned());
        }
        if self.drops != before.drops {
            new.push(format!("Asterisk: {:?}", self.drops));
        }
        new.extend(self.said.iter().filter(|line| !before.said.contains(line)).cloned());
        new.join("\n")
    }
}
