//! What must hold. The board agrees with the ledger at every moment; whoever is connected and has
//! been told everything shows what the board shows.

use std::collections::BTreeMap;

use lampfield_board::{DeviceState, Kind, MessageCount, Value};
use lampfield_fabric::Bucket;
use lampfield_hub::{Hub, Lease, Policies, Policy};

use super::{
    asterisk::{Asterisk, settled},
    ledger::{End, Held, Key, Ledger},
    node::Node,
    world::World,
};

pub fn all(world: &World) {
    let Some(node) = &world.node else { return };
    board(&node.hub, &world.ledger);
    for link in node.links.values().filter(|link| link.settled()) {
        let server = &world.servers[link.server];
        let known = !world.strangers.contains(&link.server);
        let same = server.session.as_ref().is_some_and(|session| session.conn == link.conn);
        if let Some(process) = server.process.as_ref().filter(|_| same && known) {
            peer(world, &node.hub, process);
        }
    }
    let tombstones = node.hub.status().tombstones;
    assert!(tombstones.used <= tombstones.limit, "{tombstones:?}");
}

/// What the board holds is what the rules say.
pub fn board(hub: &Hub, ledger: &Ledger) {
    let rules = ledger.facts.iter().map(|(key, held)| (key.clone(), held.value.clone()));
    assert_eq!(facts(hub), rules.collect(), "the board (left) disagrees with the rules (right)");
}

/// Everybody is back and has confirmed everything.
pub fn at_rest(world: &World) {
    let Some(node) = &world.node else { panic!("Lampfield is not running") };
    assert_eq!(node.hub.status().tombstones.used, 0, "withdrawals are remembered for nobody");
    assert_eq!(world.disk.count(Bucket::Tombstones), 0);
    let stored = world.disk.facts();
    assert_eq!(facts(&node.hub), stored, "the board (left) differs from the store (right)");
    stored_is_whole(world, node);
    let troubles = node.hub.status().troubles;
    assert!(
        troubles
            .iter()
            .all(|trouble| { matches!(trouble, lampfield_hub::Trouble::LongBackoff { .. }) }),
        "{troubles:?}"
    );
    let idle = node
        .hub
        .origins(node.now(world.now))
        .into_iter()
        .filter(|origin| origin.connections + origin.facts + origin.tombstones == 0);
    assert_eq!(idle.count(), 0, "origins of which nothing is left are forgotten");
}

fn facts(hub: &Hub) -> BTreeMap<Key, Value> {
    let all = hub.board().subjects_from(lampfield_board::SubjectId::FIRST);
    let facts = all.flat_map(|subject| subject.facts());
    let live = facts.filter_map(|fact| {
        Some(((fact.subject.clone(), (**fact.origin).clone()), fact.state.live()?.clone()))
    });
    live.collect()
}

/// What a peer has heard adds up to what the board holds of others.
fn peer(world: &World, hub: &Hub, process: &Asterisk) {
    for device in &world.devices {
        let others = || {
            let facts = hub.board().get(device).into_iter().flat_map(|subject| subject.facts());
            facts.filter(|fact| fact.state.is_live() && fact.origin.eid() != process.eid)
        };
        let blurred = others().any(|fact| world.ledger.is_ambiguous(device, fact.origin.eid()));
        let orphaned =
            world.orphans.iter().any(|(of, eid)| of == device && process.knows(device, *eid));
        if blurred || orphaned {
            continue;
        }
        let states = others().filter_map(|fact| fact.state.live()?.get().copied());
        let board = settled(DeviceState::aggregate(states));
        assert_eq!(process.shows(device), board, "{device} on {} (board: right)", process.eid);
    }
    for mailbox in &world.mailboxes {
        let own = hub.board().get(mailbox).into_iter().flat_map(|subject| subject.facts());
        let owned = own.map(|fact| fact.origin.eid()).any(|eid| eid == process.eid);
        let orphaned = world.orphans.iter().any(|(of, _)| of == mailbox);
        if !owned && !orphaned {
            let board = hub.board().aggregate(mailbox);
            let board = board.and_then(|value| value.get::<MessageCount>().copied());
            assert_eq!(process.mailbox(mailbox), board, "{mailbox} on {}", process.eid);
        }
    }
}

/// `why` says of each fact what the ledger says.
pub fn leases(world: &World) {
    let Some(node) = &world.node else { return };
    leases_of(node, &world.ledger, &world.settings.policies, world.now);
}

/// The same of one hub.
pub fn leases_of(node: &Node, ledger: &Ledger, policies: &Policies, now: u64) {
    for ((subject, origin), held) in &ledger.facts {
        let why = node.hub.why(subject, node.now(now)).unwrap();
        let place = why.why.facts.iter().position(|said| *said.origin == *origin).unwrap();
        let kept = policies.of(subject) == Policy::Keep;
        let (lease, expected) = (why.leases[place], expected(held, now, kept));
        assert_eq!(left(lease), expected, "{subject} {origin}: {lease:?}");
    }
}

fn expected(held: &Held, now: u64, kept: bool) -> Option<u64> {
    held.end.filter(|_| !kept).map(|end: End| end.at() - now)
}

fn left(lease: Lease) -> Option<u64> {
    match lease {
        Lease::Gone { left }
        | Lease::Returning { left }
        | Lease::TakenOver { left }
        | Lease::RestartGrace { left } => Some(u64::try_from(left.as_millis()).unwrap()),
        Lease::Live | Lease::KeptByPolicy | Lease::ByHand => None,
        Lease::Unavailable { .. } => panic!("{lease:?} of a fact that is said"),
        Lease::Away | Lease::Ending | Lease::Withdrawn { .. } => panic!("{lease:?} of a live fact"),
    }
}

/// A second Lampfield on the same store would know the same.
fn stored_is_whole(world: &World, running: &Node) {
    let mut disk = world.disk.clone();
    let again = Node::start(world.settings.clone(), &mut disk, world.now);
    // An origin that speaks but holds nothing has a row, which a start drops.
    let repairs = disk.waiting_in(|bucket| bucket != Bucket::Origins);
    assert_eq!(repairs, 0, "a clean store needs no repair");
    for kind in Kind::ALL {
        assert_eq!(running.hub.board().digest(kind), again.hub.board().digest(kind));
    }
    assert!(again.hub.revision() <= running.hub.revision());
}
