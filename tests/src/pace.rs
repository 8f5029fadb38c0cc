//! How long changes take from one client to another: one after the other, each awaited. The changes
//! are those of a mailbox, so that what others do to devices is not in the way of this reader.

use std::net::SocketAddrV4;
use std::time::{Duration, Instant};

use crate::server::{Config, DOMAIN};
use crate::stanzas::{MAILBOXES, publish_mailbox, subscribe};
use crate::xmpp::{Client, Element};

/// Under which the publisher speaks.
const EID: &str = "02:00:00:01:ff:ff";

/// A publisher and a subscriber.
pub struct Pair {
    from: Client,
    to: Client,
    mailbox: String,
    count: u32,
}

impl Pair {
    /// Logs in as these accounts, each at its own address of the server, and subscribes the second to
    /// what the first will say.
    pub async fn log_in(from: (SocketAddrV4, &str), to: (SocketAddrV4, &str)) -> Self {
        let mailbox = format!("pace@{}", from.1);
        let [from, mut to] = [client(from).await, client(to).await];
        let bare = to.bare().to_owned();
        to.send(&subscribe("pace", &bare, MAILBOXES)).await;
        to.until(|answer| answer.attr("id") == Some("pace")).await;
        Self { from, to, mailbox, count: 0 }
    }

    /// The times of this many changes of one mailbox, sorted.
    pub async fn measure(&mut self, changes: usize) -> Vec<Duration> {
        let mut times = Vec::with_capacity(changes);
        for _ in 0..changes {
            self.count += 1;
            let text = publish_mailbox("pace", EID, &self.mailbox, self.count, 0);
            let start = Instant::now();
            self.from.send(&text).await;
            let new = self.count.to_string();
            let ours = |stanza: &Element| stanza.find("NEWMSGS").is_some_and(|n| n.text() == new);
            self.to.until(ours).await;
            times.push(start.elapsed());
            self.from.until(|answer| answer.attr("id") == Some("pace")).await;
        }
        times.sort();
        times
    }
}

async fn client((server, user): (SocketAddrV4, &str)) -> Client {
    let jid = format!("{user}@{DOMAIN}/pbx");
    Client::login(server, &jid, &Config::password(user)).await
}

/// The time that this share (of 1) of sorted times stays under.
pub fn quantile(sorted: &[Duration], share: f64) -> Duration {
    let index = ((sorted.len() - 1) as f64 * share).round() as usize;
    sorted[index]
}
