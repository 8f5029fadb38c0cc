//! A PBX of a cluster, real or fake. What holds of the real ones must hold of the fake one, so the
//! same tests are run with each.

use std::collections::BTreeMap;

use lampfield_fake_pbx::{Announcement, DeviceState, FakePbx, Layout, Settings, Tls};

use crate::ami::Message;
use crate::asterisk::{Asterisk, Release, Setup};
use crate::eventually::{SOON, eventually};
use crate::scene::{connected, xmpp_conf};
use crate::server::{Config, DOMAIN, Server};

/// A channel that passes, as a device that nobody keeps a state of.
pub const PASSING: &str = "Local/ring@default";

/// What stands in for a PBX.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    /// An Asterisk of this release.
    Real(Release),
    /// The fake one.
    Fake,
}

/// One PBX.
pub enum Member {
    /// A real one.
    Real(Box<Asterisk>),
    /// The fake one.
    Fake(FakePbx),
}

/// Makes of each test, a function of a [`Kind`], one for every kind.
#[macro_export]
macro_rules! of_every_kind {
    ($($test:ident),* $(,)?) => {
        $crate::of_every_kind!(@kind asterisk_22, $crate::member::Kind::V22, $($test)*);
        $crate::of_every_kind!(@kind asterisk_16, $crate::member::Kind::V16, $($test)*);
        $crate::of_every_kind!(@kind fake, $crate::member::Kind::Fake, $($test)*);
    };
    (@kind $module:ident, $kind:expr, $($test:ident)*) => {
        mod $module {
            $(
                #[tokio::test]
                async fn $test() {
                    super::$test($kind).await;
                }
            )*
        }
    };
}

impl Kind {
    /// Asterisk 22.
    pub const V22: Self = Self::Real(Release::V22);
    /// Asterisk 16, the oldest that can be had.
    pub const V16: Self = Self::Real(Release::V16);

    /// One as account `server<number>`, connected.
    pub async fn member(self, server: &mut Server, number: u8) -> Member {
        self.laid_out(server, number, Layout::Usual).await
    }

    /// Two of them and their server.
    pub async fn pair(self, config: &Config) -> (Server, Member, Member) {
        let mut server = Server::start(config).await;
        let a = self.member(&mut server, 1).await;
        let b = self.member(&mut server, 2).await;
        (server, a, b)
    }

    /// One with its nodes laid out in this way.
    pub async fn laid_out(self, server: &mut Server, number: u8, layout: Layout) -> Member {
        match self {
            Self::Real(release) => {
                let mut conf = xmpp_conf(server, number);
                conf.general.extend(match layout {
                    Layout::Usual => None,
                    Layout::Collections => Some("collection_nodes=yes".to_owned()),
                    Layout::Autocreate => Some("pubsub_autocreate=yes".to_owned()),
                });
                let setup = Setup::new(number, conf).release(release);
                Member::Real(Box::new(connected(setup).await))
            }
            Self::Fake => {
                let user = format!("server{number}");
                let address = server.link().to_string();
                let usual = Settings::new(&address, DOMAIN, &user, &Config::password(&user));
                let eid = format!("02:00:00:00:00:{number:02x}");
                let settings = Settings { eid, layout, tls: Tls::Off, ..usual };
                let fake = FakePbx::start(settings, [], |news| println!("fake PBX: {news:?}"));
                eventually(SOON, || async {
                    match fake.look(|module| module.is_connected()) {
                        true => Ok(()),
                        false => Err("it is not connected".to_owned()),
                    }
                })
                .await;
                Member::Fake(fake)
            }
        }
    }
}

impl Member {
    /// The address of its stream, with the resource.
    pub fn jid(&self) -> String {
        match self {
            Self::Real(asterisk) => {
                let user =
                    format!("server{}", asterisk.eid().trim_start_matches("02:00:00:00:00:0"));
                format!("{user}@{DOMAIN}/{user}")
            }
            Self::Fake(fake) => fake.look(|module| module.jid().unwrap_or_default().to_owned()),
        }
    }

    /// Panics if it has died, for instance of what a server sent it.
    pub fn assert_alive(&mut self) {
        match self {
            Self::Real(asterisk) => asterisk.assert_alive(),
            Self::Fake(fake) => assert_eq!(fake.crash(), None),
        }
    }

    /// A `Custom:` device of its own changes.
    pub async fn set_state(&self, device: &str, state: &str) {
        match self {
            Self::Real(asterisk) => asterisk.set_state(device, state).await,
            Self::Fake(fake) => fake.set_state(device, word(state)).await,
        }
    }

    /// What `DEVICE_STATE()` reads there.
    pub async fn state(&self, device: &str) -> String {
        match self {
            Self::Real(asterisk) => asterisk.state(device).await,
            Self::Fake(fake) => fake.state(device).to_string(),
        }
    }

    /// Waits until `DEVICE_STATE()` reads this.
    pub async fn sees(&self, device: &str, state: &str) {
        eventually(SOON, || async {
            let got = self.state(device).await;
            if got == state { Ok(()) } else { Err(format!("{device}: want {state}, got {got}")) }
        })
        .await;
    }

    /// Every cached aggregate.
    pub async fn states(&self) -> BTreeMap<String, String> {
        match self {
            Self::Real(asterisk) => asterisk.states().await,
            Self::Fake(fake) => fake.look(|module| {
                let states = module.cache().states();
                states.map(|(device, state)| (device.to_owned(), state.to_string())).collect()
            }),
        }
    }

    /// Lets [`PASSING`] pass.
    pub async fn pass(&self) {
        match self {
            Self::Real(asterisk) => asterisk.ami().originate(PASSING, "Wait", "1").await,
            Self::Fake(fake) => {
                for state in [DeviceState::InUse, DeviceState::NotInUse] {
                    fake.set_passing(PASSING, state).await;
                }
            }
        }
    }

    /// How much it has announced to its phones, to ask later what came since.
    pub fn mark(&self) -> usize {
        match self {
            Self::Real(asterisk) => asterisk.ami().mark(),
            Self::Fake(fake) => fake.look(|module| module.cache().mark()),
        }
    }

    /// How often [`PASSING`] was announced since then.
    pub fn passed(&self, mark: usize) -> usize {
        match self {
            Self::Real(asterisk) => {
                let about = |event: &Message| {
                    event.is_event("DeviceStateChange") && event.get("Device") == Some(PASSING)
                };
                asterisk.ami().events_since(mark, about).len()
            }
            Self::Fake(fake) => fake.look(|module| {
                let announced = module.cache().since(mark);
                let about = |one: &&Announcement| {
                    matches!(one, Announcement::Device { device, .. } if device == PASSING)
                };
                announced.filter(about).count()
            }),
        }
    }
}

fn word(state: &str) -> DeviceState {
    state.parse().expect("a device state")
}
