//! What the program knows of its own state besides what the boards tell, and what is wrong with it.

use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;
use std::time::Instant;

use jiff::Timestamp;
use lampfield_board::AccountName;
use lampfield_hub::{ConnId, Now};
use lampfield_operations::{Host as _, Machine};
use lampfield_xmpp::breakages::{Broken, remedy};
use lampfield_xmpp::xmpp_conf::LOAD_ANEW;

use super::ServerHost;
use crate::config::name::DomainName;
use crate::document::status::{Attention, Certificate, Server, Severity};
use crate::memory;

/// PBXs with a wrong `pubsub_node` that are told of at the same time.
const MISDIRECTED: usize = 8;
/// PBXs of which nothing is taken that are listed; a further one is in the log only.
const UNHEARD: usize = 8;

impl ServerHost {
    /// Gathers what `status` tells of the program itself, as of `now`.
    pub(super) fn state(&self, now: Now) -> Machine {
        let broken = self.door.breakages.lately(Instant::now());
        let mut server = self.server_now();
        server.memory_bytes = memory::resident();
        Machine {
            server,
            certificates: self.certificates.all().iter().map(Certificate::from).collect(),
            attention: self.attention(&broken, now),
            silent: self.silent(),
            refused_logins: self.refused_logins(),
            explained: broken.iter().filter_map(account_of).collect(),
            reported: self.reported(),
            counters: self.counters(),
            limits: self.limits(),
            owed: self.door.context.ledger.len(),
        }
    }

    /// What it is, with the domains that are served now.
    pub fn server_now(&self) -> Server {
        let domains = self.served().into_iter().map(|domain| domain.name).collect();
        Server { domains, ..self.server.clone() }
    }

    fn attention(&self, broken: &[Broken], now: Now) -> Vec<Attention> {
        let mut attention = self.attention_to_certificates(now);
        for telephony in self.door.telephonies.all() {
            attention.extend(telephony.stalled().iter().map(|jid| silent(jid)));
        }
        let fights = self.door.replacements.fights(Instant::now());
        attention.extend(fights.iter().map(|jid| fought_over(jid.as_str())));
        attention.extend(broken.iter().map(breaks_its_stream));
        attention.extend(self.misdirected());
        attention.extend(self.unheard());
        attention.extend(shared_board(&self.of_domains.shared_as_before));
        attention.extend(self.left_behind());
        attention.extend(self.added.shadowed().iter().map(in_both));
        attention
    }

    /// What relays report of the connections that come by them.
    fn reported(&self) -> HashMap<ConnId, IpAddr> {
        let sessions = self.door.context.router.all();
        sessions.iter().filter_map(|session| Some((session.conn, session.via()?))).collect()
    }

    fn counters(&self) -> BTreeMap<String, u64> {
        let counters =
            [("connections", self.door.admission.open()), ("log_lines_lost", self.log.lost())];
        counters.into_iter().map(|(name, count)| (name.to_owned(), count as u64)).collect()
    }

    fn limits(&self) -> BTreeMap<String, u64> {
        let xmpp = &self.config.borrow().xmpp.limits;
        let limits = [
            ("connections", xmpp.connections),
            ("unauthenticated_per_address", xmpp.unauthenticated_per_address),
            ("resources", xmpp.resources),
            ("stanza_bytes", xmpp.stanza.bytes()),
            ("unread_bytes", xmpp.unread.bytes()),
        ];
        limits.into_iter().map(|(name, limit)| (name.to_owned(), limit as u64)).collect()
    }

    /// PBXs of which nothing at all is taken.
    fn unheard(&self) -> Vec<Attention> {
        let sessions = self.door.context.router.all();
        let told = sessions.iter().filter(|session| session.is_pbx()).filter_map(|session| {
            let publishes = session.publishes.borrow();
            let first = publishes.first.as_ref().filter(|_| publishes.taken == 0)?;
            Some(unheard(session.bare.as_str(), publishes.dropped, first))
        });
        told.take(UNHEARD).collect()
    }

    /// PBXs that talk to a service that is not there.
    fn misdirected(&self) -> Vec<Attention> {
        let sessions = self.door.context.router.all();
        let told = sessions.iter().filter_map(|session| {
            // Once something was taken, it speaks to the right one too.
            let asked = session.misdirected.get().filter(|_| session.publishes.borrow().taken == 0)?;
            let domain = self.door.context.domains.served(Some(session.bare.domain()))?;
            Some(Attention {
                code: "no-such-service".to_owned(),
                severity: Severity::Bad,
                text: format!(
                    "{} uses the PubSub service {asked:?}, which does not exist: none of its lamps arrive",
                    session.bare
                ),
                remedy: format!(
                    "set pubsub_node={} in its xmpp.conf, then {LOAD_ANEW}",
                    domain.pubsub_name
                ),
            })
        });
        told.take(MISDIRECTED).collect()
    }
}

fn unheard(account: &str, dropped: u64, first: &str) -> Attention {
    Attention {
        code: "nothing-taken".to_owned(),
        severity: Severity::Bad,
        text: format!("nothing that {account} publishes is accepted ({dropped} so far); the first: {first}"),
        remedy: "correct its allow, which must have names of the board, or the [[map]] of its site: lampfield help \
                 nothing-taken"
            .to_owned(),
    }
}

fn account_of(broken: &Broken) -> Option<AccountName> {
    AccountName::parse(broken.account.as_str()).ok()
}

fn shared_board(domains: &[DomainName]) -> Option<Attention> {
    let names: Vec<_> = domains.iter().map(ToString::to_string).collect();
    (names.len() > 1).then(|| Attention {
        code: "boards-shared".to_owned(),
        severity: Severity::Look,
        text: format!("{} share one board: each sees all lamps of the others", names.join(", ")),
        remedy: "add board = \"NAME\" to each [[domain]], its own name or one to share, and restart: the stored data moves \
                 along"
            .to_owned(),
    })
}

fn in_both(domain: &DomainName) -> Attention {
    Attention {
        code: "domain-twice".to_owned(),
        severity: Severity::Look,
        text: format!("{domain} was added by command and is in the file too: the file applies"),
        remedy: format!("lampfield domain remove {domain}   removes the added one; the file stays"),
    }
}

fn silent(jid: &str) -> Attention {
    Attention {
        code: "stalled".to_owned(),
        severity: Severity::Look,
        text: format!("{jid} is connected, but has not answered for a minute"),
        remedy: "check that PBX: its process may hang; if nothing changes, restart it".to_owned(),
    }
}

fn fought_over(jid: &str) -> Attention {
    Attention {
        code: "address-fight".to_owned(),
        severity: Severity::Bad,
        text: format!("two PBXs log in as {jid} and take the address from each other"),
        remedy: "give each PBX its own account: lampfield invite NAME".to_owned(),
    }
}

fn breaks_its_stream(broken: &Broken) -> Attention {
    let Broken { account, since, how } = broken;
    let since = Timestamp::try_from(*since).ok();
    let since = since.map(|since| format!(" since {since:.3}"));
    Attention {
        code: "stream-broken".to_owned(),
        severity: Severity::Bad,
        text: format!("{account} breaks its own stream: it {how}{}", since.unwrap_or_default()),
        remedy: remedy(account),
    }
}
