//! Short silent cuts at random moments on a line that is long and loses: nobody is dropped.

use std::path::Path;
use std::time::{Duration, Instant};

use lampfield_tests::afar::measures::{self, Phones};
use lampfield_tests::afar::{Centre, Relay, Site, Way};
use lampfield_tests::asterisk::Release;
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
/// counts for the one before.
async fn cuts(
    server: &Server,
    site: &Site,
    lengths: &[Duration],
    time: Duration,
) -> Vec<(usize, usize)> {
    let mut chance = Chance::from_environment();
    let mut counts = vec![(0, 0); lengths.len()];
    let mut told = drops(server, site);
    let began = Instant::now();
    while began.elapsed() < time {
        let which = chance.below(lengths.len());
        site.asterisk.connected().await;
        site.line.cut();
        sleep(lengths[which]).await;
        site.line.heal();
        let more = Duration::from_millis(chance.below(MORE) as u64);
        sleep(AFTERWARDS + more).await;
        let drops = drops(server, site);
        let new = || drops.iter().filter(|line| !told.contains(line));
        new().for_each(|line| println!("{:?}: {line}", lengths[which]));
        counts[which].0 += 1;
        counts[which].1 += usize::from(new().count() > 0);
        told = drops;
    }
    counts
}

/// What either end says of a connection that it has given up.
fn drops(server: &Server, site: &Site) -> Vec<String> {
    let relay = site.relay.as_ref().map(Relay::log).unwrap_or_default();
    let logs = server.log() + "\n" + &relay;
    let is_drop = |line: &&str| {
        ["link lost", "stream ended by us", "line-lost"].iter().any(|words| line.contains(words))
    };
    logs.lines().filter(is_drop).map(str::to_owned).collect()
}
