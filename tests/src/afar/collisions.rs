//! What makes several threads of an Asterisk write at one moment, on a line of any length: over its
//! own TLS it breaks its stream then. The same for every [`super::Way`].

use std::time::Duration;

use tokio::time::sleep;

use super::Site;
use super::measures::when;
use crate::asterisk::{Asterisk, Release};
use crate::server::Server;

/// A count that has not shown by then is not on its way; nor is a login.
const HEARD: Duration = Duration::from_secs(2);

/// Longer than the grace of the tests: the others hear that it is gone, and that it is back.
const AWAY: Duration = Duration::from_millis(2_500);

/// What others ask and say because a peer has come is through by then.
const TOLD: Duration = Duration::from_millis(500);

/// What came of counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counts {
    /// So many the server did not show, also when it had the PBX back.
    pub lost: usize,
    /// So often Asterisk crashed.
    pub crashes: usize,
}

/// So many counts are set one after the other, each by a channel, whose own state changes at that
/// moment.
pub async fn counts(server: &Server, asterisk: &mut Asterisk, times: u32) -> Counts {
    let mut seen = Counts { lost: 0, crashes: 0 };
    for count in 1..=times {
        asterisk.set_mailbox_without_waiting(&mailbox(count), count, 0).await;
        let is_heard = when(HEARD, || is_shown(server, count)).await.is_some();
        seen.crashes += in_again(asterisk).await;
        seen.lost += usize::from(!is_heard && !is_shown(server, count));
    }
    seen
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
            // Now and then one dies of its own leaving: a thread of res_xmpp runs on in code that is unloaded (the
            // kernel's log has it, error 14). That is no crash by what it was sent.
            match peer.crashed() {
                Some(_) => {
                    peer.kill();
                    peer.run().await;
                }
                None => peer.join().await,
            }
        }
        sleep(TOLD).await;
        for peer in peers.iter_mut() {
            crashes += in_again(peer).await;
        }
    }
    crashes
}

/// Lets it connect, whatever has happened; how often it had crashed. A new start ends its waits, which
/// grow otherwise.
async fn in_again(asterisk: &mut Asterisk) -> usize {
    let mut crashes = 0;
    while when(HEARD, || asterisk.is_connected()).await.is_none() {
        crashes += usize::from(asterisk.crashed().is_some());
        asterisk.kill();
        asterisk.run().await;
    }
    crashes
}
