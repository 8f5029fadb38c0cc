//! `status`: is it all right? Gathers what every part counts and complains about.

use std::collections::BTreeMap;
use std::time::SystemTime;

use jiff::Timestamp;
use lampfield_board::BoardName;
use lampfield_fabric::{Health, Storage};
use lampfield_hub::{HubShell, Now, Status as HubStatus, Trouble, Used};

use super::{Perform, operation};
use crate::actor::Actor;
use crate::definition::Effect;
use crate::desk::Desk;
use crate::document::moment;
use crate::document::status::{
    self as document, Attention, BoardStatus, DoorStatus, OriginStatus, Severity,
};
use crate::failure::Failure;
use crate::host::{Host, Machine};
use crate::time::{count, counted};
use crate::trouble::attention;

operation! {
    /// Is it all right?
    pub struct Status = "status" {}
    StatusRead, Effect::Reads, Server, Document("status/1") -> document::StatusDocument
}

impl<H: Host> Perform<H> for Status {
    async fn perform(self, desk: &Desk<H>, _: &Actor) -> Result<document::StatusDocument, Failure> {
        Ok(desk.status())
    }
}

impl<H: Host> Desk<H> {
    fn status(&self) -> document::StatusDocument {
        let names = self.board_names();
        let boards: Vec<_> = names.iter().filter_map(|name| self.boards.get(name)).collect();
        let now = boards.first().map(HubShell::now).unwrap_or_default();
        let hubs: Vec<HubStatus> = boards.iter().map(|it| it.read(|hub, _| hub.status())).collect();
        let hub = hubs.iter().cloned().reduce(HubStatus::plus).unwrap_or_default();
        let machine = self.host.machine();
        let store = self.store_status(machine.owed);
        let troubles = hub.troubles.iter().filter(|trouble| !is_explained(trouble, &machine));
        let mut attention: Vec<Attention> = troubles.map(attention).collect();
        let fullness =
            boards.iter().zip(&hubs).filter_map(|(one, hub)| too_full(one.name(), hub.facts));
        attention.extend(fullness);
        attention.extend(store.reason.as_deref().map(stalled));
        let mut origins: Vec<_> =
            boards.iter().flat_map(|board| origins(board, &machine)).collect();
        origins.iter_mut().for_each(|one| self.add_place(&mut one.origin));
        attention.extend(machine.attention);
        let doors: Vec<_> =
            self.boards.doors().into_iter().map(|door| DoorStatus::of(door, now.wall)).collect();
        attention.extend(doors.iter().filter_map(door_trouble));
        document::StatusDocument {
            schema: "status/1".to_owned(),
            healthy: attention.is_empty(),
            as_of: moment(now.wall),
            server: document::Server { uptime_seconds: now.mono.as_secs_f64(), ..machine.server },
            attention,
            certificates: machine.certificates,
            origins,
            silent: machine.silent,
            refused_logins: machine.refused_logins,
            boards: boards
                .iter()
                .zip(&hubs)
                .map(|(one, hub)| self.board_status(one, hub))
                .collect(),
            doors,
            counters: self.counters(&hub, machine.counters),
            limits: self.limits(&hub, machine.limits),
            store,
        }
    }

    fn board_status(&self, board: &HubShell, hub: &HubStatus) -> BoardStatus {
        let served = self.host.served().into_iter();
        let domains = served.filter(|domain| domain.board == *board.name());
        BoardStatus {
            board: board.name().to_string(),
            domains: domains.map(|domain| domain.name).collect(),
            origins: hub.origins as u64,
            lamps: hub.lamps as u64,
            facts: hub.facts.used as u64,
            tombstones: hub.tombstones.used as u64,
            history: hub.history.used as u64,
            revision: hub.revision,
        }
    }

    fn counters(
        &self,
        hub: &HubStatus,
        of_machine: BTreeMap<String, u64>,
    ) -> BTreeMap<String, u64> {
        let said = &hub.said;
        let held = [
            ("logged_in", hub.connections),
            ("accounts", self.accounts.list().len()),
            ("subscriptions", hub.watches),
            ("origins", hub.origins),
            ("subjects", hub.subjects),
            ("lamps", hub.lamps),
            ("facts", hub.facts.used),
            ("tombstones", hub.tombstones.used),
            ("history", hub.history.used),
        ];
        let happened = [
            ("history_bytes", self.boards.history().report().bytes),
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
        let held = held.map(|(name, count)| (name, count as u64));
        held.chain(happened).chain(of_machine).collect()
    }

    fn limits(&self, hub: &HubStatus, of_machine: BTreeMap<String, u64>) -> BTreeMap<String, u64> {
        let limits = [
            ("facts", hub.facts.limit as u64),
            ("tombstones", hub.tombstones.limit as u64),
            ("history", hub.history.limit as u64),
            ("history_bytes", self.boards.history().report().limit),
        ];
        let limits = limits.into_iter().map(|(name, limit)| (name.to_owned(), limit));
        limits.chain(of_machine).collect()
    }

    fn store_status(&self, owed_elsewhere: usize) -> document::Store {
        let owed: usize = self.boards.all().iter().map(HubShell::owed).sum();
        let waiting = (self.store.waiting() + owed + owed_elsewhere) as u64;
        match &*self.store.health().borrow() {
            Health::Ok => {
                document::Store { state: "ok".to_owned(), waiting, reason: None, since: None }
            }
            Health::Stalled { since, reason } => document::Store {
                state: "stalled".to_owned(),
                waiting,
                reason: Some(reason.clone()),
                since: rfc3339(*since),
            },
        }
    }
}

fn origins(board: &HubShell, machine: &Machine) -> Vec<OriginStatus> {
    let (now, reports) = board.read(|hub, now| (now, hub.origins(now)));
    let Now { wall, .. } = now;
    let document = |report: lampfield_hub::OriginReport| {
        let via = report.newest.and_then(|conn| machine.reported.get(&conn).copied());
        OriginStatus::of(board.name(), report, via, wall)
    };
    reports.into_iter().map(document).collect()
}

/// Whether a trouble is only what comes of another thing that is told: what helps against that helps against it.
fn is_explained(trouble: &Trouble, machine: &Machine) -> bool {
    let Trouble::LongBackoff { account, .. } = trouble else { return false };
    machine.explained.contains(account)
}

/// What is wrong with a door, if anything is: one that has just been started need not be connected yet.
fn door_trouble(door: &DoorStatus) -> Option<Attention> {
    let error = door.error.as_deref()?;
    let DoorStatus { protocol, place, .. } = door;
    let (code, severity, what, remedy) = match door.state.as_str() {
        "failed" => (
            "door-failed",
            Severity::Bad,
            "does not work",
            "correct it in the configuration, then restart",
        ),
        _ => (
            "door-not-connected",
            Severity::Look,
            "is not connected",
            "check what it connects to; it retries automatically",
        ),
    };
    let text = format!("the {protocol} door at {place} {what}: {error}");
    Some(Attention { code: code.to_owned(), severity, text, remedy: remedy.to_owned() })
}

/// A limit was set below what a board holds.
fn too_full(board: &BoardName, facts: Used) -> Option<Attention> {
    let Used { used, limit } = facts;
    (used > limit).then(|| Attention {
        code: "facts-over-limit".to_owned(),
        severity: Severity::Look,
        text: format!(
            "the board {board} holds {}, and its limit is {}: existing facts stay and can change, and new \
             ones are refused until there is room",
            counted(used as u64, "fact"),
            count(limit as u64)
        ),
        remedy: "raise facts in [limits], then: systemctl reload lampfield (or send it SIGHUP); or remove what \
                 is no longer needed: lampfield user remove, lampfield clear"
            .to_owned(),
    })
}

fn stalled(reason: &str) -> Attention {
    Attention {
        code: "store-stalled".to_owned(),
        severity: Severity::Bad,
        text: format!("changes cannot be written to the disk: {reason}; lamps keep working from memory"),
        remedy:
            "free some space or make the data folder writable; the server then writes the waiting changes"
                .to_owned(),
    }
}

fn rfc3339(time: SystemTime) -> Option<String> {
    Timestamp::try_from(time).ok().map(|time| format!("{time:.3}"))
}
