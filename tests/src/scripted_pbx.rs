//! The fake PBX of the product as an account of a server under test, step by step: any step that
//! cannot be done fails the test.

use std::net::SocketAddrV4;
use std::time::Duration;

use lampfield_fake_pbx::{DeviceState, End, Messages, Puppet, Settings, Tls};

use crate::server::{Config, DOMAIN};

/// One scripted PBX, connected.
pub struct ScriptedPbx {
    puppet: Puppet,
    number: u16,
}

impl ScriptedPbx {
    /// Logs in as this account; its EID and device names come from the number.
    pub async fn login(server: SocketAddrV4, user: &str, number: u16) -> Self {
        let [high, low] = number.to_be_bytes();
        let settings = Settings {
            resource: "pbx".to_owned(),
            eid: format!("02:00:00:01:{high:02x}:{low:02x}"),
            tls: Tls::Off,
            ..Settings::new(&server.to_string(), DOMAIN, user, &Config::password(user))
        };
        let puppet = match Puppet::log_in(settings.clone()).await {
            // A server that wants TLS offers no login without it.
            Err(End::NoPlain) => Puppet::log_in(Settings { tls: Tls::Any, ..settings }).await,
            other => other,
        };
        Self { puppet: puppet.expect("a login"), number }
    }

    /// The EID under which it publishes.
    pub fn eid(&self) -> &str {
        &self.puppet.module().settings().eid
    }

    /// The name of one of its devices.
    pub fn device(&self, index: u16) -> String {
        format!("PJSIP/{}-{index}", self.number)
    }

    /// A device changes; waits for the result. A repeat is said to nobody.
    pub async fn publish(&mut self, device: &str, state: &str) {
        let states = [(device.to_owned(), word(state))];
        self.puppet.set_states(states).await.expect("a result");
    }

    /// The first so many devices change in one go; waits for all results; how many.
    pub async fn publish_many(&mut self, devices: u16, state: &str) -> usize {
        let states = self.devices(devices, state);
        let count = states.len();
        self.puppet.set_states(states).await.expect("results");
        count
    }

    /// A mailbox changes; waits for the result.
    pub async fn publish_mailbox(&mut self, mailbox: &str, new: u32, old: u32) {
        self.puppet.set_mailbox(mailbox, Messages { new, old }).await.expect("a result");
    }

    /// What Asterisk says to the PubSub service after its login, with this many devices, in one go.
    pub async fn announce(&mut self, devices: u16, state: &str) {
        let states = self.devices(devices, state);
        self.puppet.announce(states).await.expect("the server reads");
    }

    /// Reads at full speed until this many notifications came, without looking into them.
    pub async fn hear(&mut self, notifications: usize, within: Duration) -> Result<(), usize> {
        self.puppet.count_messages(notifications, within).await
    }

    /// How its connection ends.
    pub async fn end(&mut self) -> End {
        self.puppet.end().await
    }

    /// Says goodbye and waits for the end.
    pub async fn leave(self) {
        self.puppet.leave().await;
    }

    fn devices(&self, count: u16, state: &str) -> Vec<(String, DeviceState)> {
        (0..count).map(|index| (self.device(index), word(state))).collect()
    }
}

fn word(state: &str) -> DeviceState {
    state.parse().expect("a device state")
}
