//! The scene across the internet: the server on a machine of its own, and each Asterisk on another
//! one at the end of a long line, straight to the server or through a relay beside it.

pub mod collisions;
pub mod measures;
pub mod notice;
mod relay;

use std::net::SocketAddrV4;
use std::sync::Arc;

use crate::asterisk::{Asterisk, Release, Setup, XmppConf};
use crate::line::{Line, Quality};
use crate::namespace::Namespace;
use crate::server::{Config, DOMAIN, PORT, Server};
pub use relay::{LISTEN, Relay, Trust};

/// How an Asterisk reaches the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// By itself, in clear text.
    Clear,
    /// By itself, with its own TLS.
    Tls,
    /// In clear text to a relay beside it, which goes on with TLS.
    Relay,
}

/// Where the server stands. It takes connections with and without TLS.
pub struct Centre {
    /// First, so that it is gone before its machine.
    pub server: Server,
    machine: Arc<Namespace>,
    sites: u8,
}

impl Centre {
    /// Starts the server of this configuration.
    pub async fn start(config: Config) -> Self {
        Self::start_as(&config.with_optional_tls()).await
    }

    /// As [`Self::start`], with the TLS of the configuration.
    pub async fn start_as(config: &Config) -> Self {
        let machine = Namespace::make();
        let mut server = Server::prepare_on(machine.clone(), config);
        server.run().await;
        Self { server, machine, sites: 0 }
    }

    /// A place at the other end of a new line, with an Asterisk as account `server<number>` that
    /// has booted and not connected yet; the first one is number 1.
    pub async fn site(&mut self, release: Release, way: Way, quality: Quality) -> Site {
        match way {
            Way::Relay => {
                let trust = Trust::Fingerprint(self.server.fingerprint());
                self.site_trusting(trust, release, quality).await
            }
            Way::Clear | Way::Tls => self.place(release, way, quality, None).await,
        }
    }

    /// As [`Self::site`] with a relay that trusts this server.
    pub async fn site_trusting(
        &mut self,
        trust: Trust,
        release: Release,
        quality: Quality,
    ) -> Site {
        self.place(release, Way::Relay, quality, Some(trust)).await
    }

    async fn place(
        &mut self,
        release: Release,
        way: Way,
        quality: Quality,
        trust: Option<Trust>,
    ) -> Site {
        self.sites += 1;
        let number = self.sites;
        let machine = Namespace::make();
        let line = Line::between(&machine, &self.machine, number, quality);
        let server = SocketAddrV4::new(line.far(), PORT);
        let relay = match trust {
            Some(trust) => Some(Relay::start(machine.clone(), server, trust).await),
            None => None,
        };
        let reached_at = if relay.is_some() { LISTEN } else { server };
        let setup = setup(number, release, &machine, conf(number, reached_at, way));
        let asterisk = Asterisk::boot(setup).await;
        Site { asterisk, relay, line, machine, reached_at, way }
    }
}

/// Where an Asterisk stands. Its parts go in this order.
pub struct Site {
    /// The Asterisk that stands there.
    pub asterisk: Asterisk,
    /// The relay beside it; none where it connects directly.
    pub relay: Option<Relay>,
    /// Its line to the server.
    pub line: Line,
    /// The machine, as a network namespace, that both run on.
    pub machine: Arc<Namespace>,
    reached_at: SocketAddrV4,
    way: Way,
}

impl Site {
    /// One more Asterisk here, as account `server<number>`, which nobody else may use; it goes the
    /// same way, through the same relay, and has booted only.
    pub async fn another(&self, number: u8, release: Release) -> Asterisk {
        self.another_as(number, release, self.conf(number)).await
    }

    /// As [`Self::another`], with this configuration.
    pub async fn another_as(&self, number: u8, release: Release, conf: XmppConf) -> Asterisk {
        Asterisk::boot(setup(number, release, &self.machine, conf)).await
    }

    /// The configuration of an Asterisk here.
    pub fn conf(&self, number: u8) -> XmppConf {
        conf(number, self.reached_at, self.way)
    }

    /// The relay beside it.
    pub fn relay(&mut self) -> &mut Relay {
        self.relay.as_mut().expect("it goes through a relay")
    }

    /// Lets its Asterisk connect, and waits for it.
    pub async fn connect(&mut self) {
        self.asterisk.join().await;
        self.asterisk.connected().await;
    }
}

fn setup(number: u8, release: Release, machine: &Arc<Namespace>, conf: XmppConf) -> Setup {
    Setup::new(number, conf).release(release).on(machine.clone())
}

fn conf(number: u8, server: SocketAddrV4, way: Way) -> XmppConf {
    let user = format!("server{number}");
    XmppConf {
        server,
        domain: DOMAIN.to_owned(),
        secret: Config::password(&user),
        user,
        tls: way == Way::Tls,
        sasl: true,
        general: Vec::new(),
        client: Vec::new(),
    }
}
