//! What makes several threads of an Asterisk write at one moment, on a line of any length: over its
//! own TLS it breaks its stream then. The same for every [`super::Way`].

use std::time::Duration;

use tokio::time::sleep;

use super::Site;
use super::measures::when;
use crate::asterisk::{Asterisk, Release};
use crate::server::Server;

/// A count that has not shown by then is not on its way.
const HEARD: Duration = Duration::from_secs(2);

/// Longer than the grace of the tests: the others hear that it is gone, and that it is back.
const AWAY: Duration = Duration::from_millis(2_500);

/// What others ask and say because a peer has come is through by then.
const TOLD: Duration = Duration::from_millis(500);

/// What came of counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counts {
    /// So many the server does not show.
    pub lost: usize,
    /// So often Asterisk crashed.
    pub crashes: usize,
}

/// So many counts are set one after the other, each by a channel, whose own state changes at that
/// moment.
pub async fn counts(server: &Server, asterisk: &mut Asterisk, times: u32) -> Counts {
    let mut crashes = 0;
    for count in 1..=times {
        asterisk.set_mailbox(&mailbox(count), count, 0).await;
        let _ = when(HEARD, || is_shown(server, count)).await;
        crashes += usize::from(in_again(asterisk).await);
    }
    let lost = (1..=times).filter(|count| !is_shown(server, *count)).count();
    Counts { lost, crashes }
}

fn is_shown(server: &Server, count: u32) -> bool {
    server.why(&mailbox(count)).new_messages() == Some(count.into())
}

fn mailbox(number: u32) -> String {
    format!("{number}@default")
}

/// So many more Asterisk at a site, connected.
pub async fn company(site: &Site, others: u8, release: Release) -> Vec<Asterisk> {
    let mut company = Vec::new();
    for number in 2..2 + others {
        let mut other = site.another(number, release).await;
        other.join().await;
        other.connected().await;
        company.push(other);
    }
    company
}

/// Every second one leaves and logs in again while the others are connected, and then the others do,
/// so many times: how many crashed.
pub async fn logins(peers: &mut [&mut Asterisk], times: usize) -> usize {
    let mut crashes = 0;
    for number in 0..times {
        for peer in peers.iter().skip(number % 2).step_by(2) {
            peer.leave();
        }
        sleep(AWAY).await;
        for peer in peers.iter_mut().skip(number % 2).step_by(2) {
            peer.join().await;
        }
        sleep(TOLD).await;
        for peer in peers.iter_mut() {
            crashes += usize::from(in_again(peer).await);
        }
    }
    crashes
}

/// Connected, whatever has happened; whether it had crashed. A new start of its module ends its
/// waits, which grow otherwise.
async fn in_again(asterisk: &mut Asterisk) -> bool {
    let crashed = asterisk.crashed().is_some();
    if crashed {
        asterisk.kill();
        asterisk.run().await;
    } else if !asterisk.is_connected() {
        asterisk.leave();
        asterisk.join().await;
    }
    asterisk.connected().await;
    crashed
}
