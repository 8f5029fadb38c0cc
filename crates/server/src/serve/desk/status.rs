//! Is it all right? Gathers what every part counts and complains about.

use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;
use std::time::SystemTime;

use jiff::Timestamp;
use lampfield_fabric::{Health, Storage};
use lampfield_hub::{ConnId, HubShell, Now, OriginReport, Status as HubStatus, Trouble};
use lampfield_xmpp::breakages::{Broken, remedy};

use super::trouble::attention;
use super::{Desk, certificates};
use crate::config::name::DomainName;
use crate::document::moment;
use crate::document::status::{
    Attention, BoardStatus, Certificate, OriginStatus, Server, Severity, Status, Store,
};
use crate::screen::time::clock;
use crate::serve::memory;

/// PBXs with a wrong `pubsub_node` that are told of at the same time.
const MISDIRECTED: usize = 8;

impl Desk {
    /// Everything `status` shows.
    pub(super) fn status(&self) -> Status {
        let boards: Vec<_> =
            self.of_domains.names().iter().filter_map(|it| self.boards.get(it)).collect();
        let (now, each) = (boards.first().map(HubShell::now).unwrap_or_default(), &boards);
        let hubs: Vec<HubStatus> = each.iter().map(|it| it.read(|hub, _| hub.status())).collect();
        let hub = hubs.iter().cloned().reduce(HubStatus::plus).unwrap_or_default();
        let store = self.store_status();
        let broken = self.door.breakages.lately(std::time::Instant::now());
        let troubles = hub.troubles.iter().filter(|trouble| !follows_from(trouble, &broken));
        let mut attention: Vec<Attention> = troubles.map(attention).collect();
        attention
            .extend(self.certificates.iter().filter_map(|one| certificates::attention(one, now)));
        attention.extend(store.reason.as_deref().map(stalled));
        for telephony in self.door.telephonies.all() {
            attention.extend(telephony.stalled().iter().map(|jid| silent(jid)));
        }
        let fights = self.door.replacements.fights(std::time::Instant::now());
        attention.extend(fights.iter().map(|jid| fought_over(jid.as_str())));
        attention.extend(broken.iter().map(breaks_its_stream));
        attention.extend(self.misdirected());
        attention.extend(shared_board(&self.of_domains.shared_as_before));
        Status {
            schema: "status/1".to_owned(),
            healthy: attention.is_empty(),
            as_of: moment(now.wall),
            server: self.server_status(now),
            attention,
            certificates: self.certificates.iter().map(Certificate::from).collect(),
            origins: boards.iter().flat_map(|board| self.origins(board)).collect(),
            boards: boards
                .iter()
                .zip(&hubs)
                .map(|(board, hub)| self.board_status(board, hub))
                .collect(),
            counters: self.counters(&hub),
            limits: self.limits(&hub),
            store,
        }
    }

    /// PBXs that talk to a service that is not there.
    fn misdirected(&self) -> Vec<Attention> {
        let sessions = self.door.context.router.all();
        let told = sessions.iter().filter_map(|session| {
            let asked = session.misdirected.get()?;
            let domain = self.door.context.domains.served(Some(session.bare.domain()))?;
            Some(Attention {
                code: "no-such-service".to_owned(),
                severity: Severity::Bad,
                text: format!(
                    "{} asks {asked:?}, where nothing is: its lamps do not come",
                    session.bare
                ),
                remedy: format!(
                    "pubsub_node={} in its xmpp.conf, then module reload res_xmpp.so",
                    domain.pubsub_name
                ),
            })
        });
        told.take(MISDIRECTED).collect()
    }

    fn board_status(&self, board: &HubShell, hub: &HubStatus) -> BoardStatus {
        let domains = self.of_domains.domains_of(board.name());
        BoardStatus {
            board: board.name().to_string(),
            domains: domains.map(ToString::to_string).collect(),
            origins: hub.origins as u64,
            lamps: hub.lamps as u64,
            facts: hub.facts.used as u64,
            revision: hub.revision,
        }
    }

    fn origins(&self, board: &HubShell) -> Vec<OriginStatus> {
        let (now, reports) = board.read(|hub, now| (now, hub.origins(now)));
        let sessions = self.door.context.router.all();
        let relayed = sessions.iter().filter_map(|session| Some((session.conn, session.via()?)));
        let relayed: HashMap<ConnId, IpAddr> = relayed.collect();
        let via = |report: &OriginReport| relayed.get(&report.newest?).copied();
        reports
            .into_iter()
            .map(|report| (via(&report), report))
            .map(|(via, report)| OriginStatus::of(board.name(), report, via, now.wall))
            .collect()
    }

    fn counters(&self, hub: &HubStatus) -> BTreeMap<String, u64> {
        let said = &hub.said;
        let held = [
            ("connections", self.door.admission.open()),
            ("logged_in", hub.connections),
            ("accounts", self.door.context.accounts.list().len()),
            ("subscriptions", hub.watches),
            ("origins", hub.origins),
            ("subjects", hub.subjects),
            ("lamps", hub.lamps),
            ("facts", hub.facts.used),
            ("tombstones", hub.tombstones.used),
            ("history", hub.history.used),
            ("log_lines_lost", self.log.lost()),
        ];
        let happened = [
            ("revision", hub.revision),
            ("said_changed", said.changed),
            ("said_repeats", said.repeats),
            ("said_passed_on", said.passed_on),
            ("said_ignored", said.ignored),
            ("said_refused", said.refused),
        ];
        let of_kinds = hub.kinds.iter().map(|(kind, facts)| (format!("{kind}_facts"), *facts));
        let held = held.into_iter().map(|(name, count)| (name.to_owned(), count)).chain(of_kinds);
        let happened = happened.into_iter().map(|(name, count)| (name.to_owned(), count));
        held.map(|(name, count)| (name, count as u64)).chain(happened).collect()
    }

    fn limits(&self, hub: &HubStatus) -> BTreeMap<String, u64> {
        let xmpp = &self.config.borrow().xmpp.limits;
        let limits = [
            ("facts", hub.facts.limit),
            ("tombstones", hub.tombstones.limit),
            ("history", hub.history.limit),
            ("connections", xmpp.connections),
            ("unauthenticated_per_address", xmpp.unauthenticated_per_address),
            ("resources", xmpp.resources),
            ("stanza_bytes", xmpp.stanza.bytes()),
            ("unread_bytes", xmpp.unread.bytes()),
        ];
        limits.into_iter().map(|(name, limit)| (name.to_owned(), limit as u64)).collect()
    }

    fn server_status(&self, now: Now) -> Server {
        Server {
            uptime_seconds: now.mono.as_secs_f64(),
            memory_bytes: memory::resident(),
            ..self.server.clone()
        }
    }

    fn store_status(&self) -> Store {
        let owed: usize = self.boards.all().iter().map(HubShell::owed).sum();
        let owed = owed + self.door.context.ledger.len();
        let waiting = (self.store.waiting() + owed) as u64;
        match &*self.store.health().borrow() {
            Health::Ok => Store { state: "ok".to_owned(), waiting, reason: None, since: None },
            Health::Stalled { since, reason } => Store {
                state: "stalled".to_owned(),
                waiting,
                reason: Some(reason.clone()),
                since: rfc3339(*since),
            },
        }
    }
}

fn stalled(reason: &str) -> Attention {
    Attention {
        code: "store-stalled".to_owned(),
        severity: Severity::Bad,
        text: format!("changes do not reach the disk: {reason}; lamps go on from memory"),
        remedy: "make room or make the data folder writable; what waits is then written by itself"
            .to_owned(),
    }
}

fn shared_board(domains: &[DomainName]) -> Option<Attention> {
    let names: Vec<_> = domains.iter().map(ToString::to_string).collect();
    (names.len() > 1).then(|| Attention {
        code: "boards-shared".to_owned(),
        severity: Severity::Look,
        text: format!("{} share one board: each hears and sees all lamps of the others", names.join(", ")),
        remedy: "add board = \"NAME\" to each [[domain]], its own name or one that they are to share, and restart: what \
                 is stored moves along"
            .to_owned(),
    })
}

fn silent(jid: &str) -> Attention {
    Attention {
        code: "stalled".to_owned(),
        severity: Severity::Look,
        text: format!("{jid} is connected, but has answered nothing for a minute"),
        remedy: "look at that server: its process may hang; if it stays so, restart it".to_owned(),
    }
}

fn fought_over(jid: &str) -> Attention {
    Attention {
        code: "address-fight".to_owned(),
        severity: Severity::Bad,
        text: format!("two servers log in as {jid} and take it from each other"),
        remedy: "give each server an account of its own: lampfield invite NAME".to_owned(),
    }
}

/// Whether a trouble is only what comes of a stream that breaks: what helps against that helps
/// against it.
fn follows_from(trouble: &Trouble, broken: &[Broken]) -> bool {
    let Trouble::LongBackoff { account, .. } = trouble else { return false };
    broken.iter().any(|one| one.account.as_str() == account.as_str())
}

fn breaks_its_stream(broken: &Broken) -> Attention {
    let Broken { account, since, how } = broken;
    let since = rfc3339(*since).map(|since| format!(" since {}", clock(&since)));
    Attention {
        code: "stream-broken".to_owned(),
        severity: Severity::Bad,
        text: format!("{account} breaks its own stream: it {how}{}", since.unwrap_or_default()),
        remedy: remedy(account),
    }
}

fn rfc3339(time: SystemTime) -> Option<String> {
    Timestamp::try_from(time).ok().map(|time| format!("{time:.3}"))
}
