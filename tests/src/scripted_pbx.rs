//! A PBX of text: it does on the wire what an Asterisk with many phones does, at the speed of its
//! socket, and counts what it hears without parsing it.

use std::net::SocketAddrV4;
use std::time::Duration;

use tokio::time::timeout;

use crate::server::{Config, DOMAIN};
use crate::stanzas::{DEVICES, MAILBOXES, publish, publish_mailbox, subscribe, unsubscribe};
use crate::xmpp::Client;

/// One scripted PBX, connected.
pub struct ScriptedPbx {
    client: Client,
    eid: String,
    number: u16,
}

impl ScriptedPbx {
    /// Logs in as this account; its EID and device names come from the number.
    pub async fn login(server: SocketAddrV4, user: &str, number: u16) -> Self {
        let jid = format!("{user}@{DOMAIN}/pbx");
        let client = Client::login(server, &jid, &Config::password(user)).await;
        let [high, low] = number.to_be_bytes();
        Self { client, eid: format!("02:00:00:01:{high:02x}:{low:02x}"), number }
    }

    /// The raw client below.
    pub fn client(&mut self) -> &mut Client {
        &mut self.client
    }

    /// The EID under which it publishes.
    pub fn eid(&self) -> &str {
        &self.eid
    }

    /// The name of one of its devices.
    pub fn device(&self, index: u16) -> String {
        format!("PJSIP/{}-{index}", self.number)
    }

    /// Publishes one device and waits for the result.
    pub async fn publish(&mut self, device: &str, state: &str) {
        let id = self.client.fresh_id();
        self.client.send(&publish(&id, &self.eid, device, state)).await;
        self.client.until(|e| e.name == "iq" && e.attr("id") == Some(&id)).await;
    }

    /// Publishes the first so many devices in one go and waits for all results; how many.
    pub async fn publish_many(&mut self, devices: u16, state: &str) -> usize {
        let text: String = (0..devices)
            .map(|index| publish("many", &self.eid, &self.device(index), state))
            .collect();
        self.client.send(&text).await;
        for _ in 0..devices {
            self.client.until(|e| e.name == "iq" && e.attr("id") == Some("many")).await;
        }
        usize::from(devices)
    }

    /// Publishes one mailbox and waits for the result.
    pub async fn publish_mailbox(&mut self, mailbox: &str, new: u32, old: u32) {
        let id = self.client.fresh_id();
        self.client.send(&publish_mailbox(&id, &self.eid, mailbox, new, old)).await;
        self.client.until(|e| e.name == "iq" && e.attr("id") == Some(&id)).await;
    }

    /// What Asterisk sends after its login, with this many devices, in one go: unsubscribe, every
    /// state, subscribe.
    pub async fn announce(&mut self, devices: u16, state: &str) {
        let bare = self.client.bare().to_owned();
        let mut text = unsubscribe("u1", &bare, DEVICES) + &unsubscribe("u2", &bare, MAILBOXES);
        for index in 0..devices {
            text += &publish("p", &self.eid, &self.device(index), state);
        }
        text += &subscribe("s1", &bare, DEVICES);
        text += &subscribe("s2", &bare, MAILBOXES);
        self.client.send(&text).await;
    }

    /// Reads at full speed until this many notifications came, without looking into them.
    pub async fn hear(&mut self, notifications: usize, within: Duration) -> Result<(), usize> {
        let mut count = 0;
        let read = async {
            let mut tally = Tally::default();
            while count < notifications {
                count += tally.messages(self.client.read_some().await.as_slice());
            }
        };
        let in_time = timeout(within, read).await.is_ok();
        if in_time { Ok(()) } else { Err(count) }
    }
}

/// Counts `</message>` in pieces of a byte stream by its first four bytes, which nothing else in
/// what a PBX gets has.
#[derive(Default)]
struct Tally {
    last: u32,
}

impl Tally {
    fn messages(&mut self, bytes: &[u8]) -> usize {
        const END: u32 = u32::from_be_bytes(*b"</me");
        let mut count = 0;
        for byte in bytes {
            self.last = (self.last << 8) | u32::from(*byte);
            count += usize::from(self.last == END);
        }
        count
    }
}
