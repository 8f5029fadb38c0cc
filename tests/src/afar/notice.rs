//! A silent cut under some conditions, and how long it takes until the server has noticed it, and until
//! the relay has.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::measures::{self, Phones};
use super::{Centre, Site, Way};
use crate::asterisk::Release;
use crate::line::Quality;
use crate::server::{Config, Server};

/// Within this time a cut must be noticed: what the manual promises.
pub const NOTICED: Duration = Duration::from_secs(12);

/// A cut that nobody may notice.
pub const SHORT: Duration = Duration::from_secs(4);

/// Between the end of a short cut and the one that lasts.
const BETWEEN: Duration = Duration::from_millis(1_500);

/// What a login on a perfect line has taught TCP is forgotten by then.
pub const FORGOTTEN: Duration = Duration::from_secs(3);

const LOOK: Duration = Duration::from_millis(100);

/// What a cut may depend on.
#[derive(Clone, Copy, Debug)]
pub struct Conditions {
    /// How the PBX reaches the server.
    pub way: Way,
    /// What the phones of the PBX do meanwhile.
    pub phones: Phones,
    /// The line before the cut.
    pub quality: Quality,
    /// A short cut comes just before.
    pub after_a_short_one: bool,
    /// It comes so much later: between two packets of an idle line is chance.
    pub later: Duration,
}

/// How long after the cut each end knew; `None` where it did not.
#[derive(Clone, Copy, Debug)]
pub struct Noticed {
    /// The server.
    pub server: Option<Duration>,
    /// The relay.
    pub relay: Option<Duration>,
}

impl Noticed {
    /// Whether all ends that are ours knew in time.
    pub fn is_in_time(self, way: Way) -> bool {
        let in_time = |time: Option<Duration>| time.is_some_and(|time| time < NOTICED);
        in_time(self.server) && (way != Way::Relay || in_time(self.relay))
    }
}

/// Cuts the line of a PBX under these conditions.
pub async fn noticed(conditions: Conditions) -> Noticed {
    let Conditions { way, phones, quality, .. } = conditions;
    let mut centre = Centre::start(Config::plain().servers()).await;
    let mut site = centre.site(Release::V22, way, quality).await;
    measures::settle(&mut site, phones, quality).await;
    let cut = async {
        sleep(FORGOTTEN + conditions.later).await;
        if conditions.after_a_short_one {
            site.line.cut();
            sleep(SHORT).await;
            site.line.heal();
            sleep(BETWEEN).await;
        }
        cut(&centre.server, &site).await
    };
    match phones.changes_per_second {
        0 => cut.await,
        _ => phones.busy(&site.asterisk, cut).await,
    }
}

async fn cut(server: &Server, site: &Site) -> Noticed {
    assert!(server.is_connected("server1"), "it has lost its connection before the cut");
    let lost_before = lines_lost(site);
    site.line.cut();
    let began = Instant::now();
    let mut noticed = Noticed { server: None, relay: None };
    while began.elapsed() < 2 * NOTICED {
        // First: the look at the server takes its time.
        if noticed.relay.is_none() && lines_lost(site) > lost_before {
            noticed.relay = Some(began.elapsed());
        }
        if noticed.server.is_none() && !server.is_connected("server1") {
            noticed.server = Some(began.elapsed());
        }
        if noticed.server.is_some() && (site.relay.is_none() || noticed.relay.is_some()) {
            break;
        }
        sleep(LOOK).await;
    }
    noticed
}

/// How often the relay says that it has lost the server.
fn lines_lost(site: &Site) -> usize {
    let relay = site.relay.as_ref();
    relay.map_or(0, |relay| relay.log().matches("code=\"line-lost\"").count())
}
