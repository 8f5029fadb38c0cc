//! Random PBXs, networks and crashes around one hub, on a virtual clock: thousands of worlds, each
//! told by its seed. `SEED=123 cargo test -p lampfield-hub --test simulation` runs that one alone,
//! `WORLDS=50000` more of them.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "clippy's own exception for tests does not reach helper functions"
)]

#[path = "../../xmpp/src/services/telephony/profiles/asterisk.rs"]
mod declared;

#[path = "../../xmpp/src/services/telephony/profiles/own_names.rs"]
mod own_names;

mod simulation {
    pub mod actions;
    mod asterisk;
    mod checks;
    pub mod connections;
    mod disk;
    mod ledger;
    mod link;
    mod node;
    mod random;
    mod server;
    mod world;
}

use std::panic::catch_unwind;

use simulation::{actions, connections};

const WORLDS: u64 = 2_000;

#[test]
fn every_world_keeps_the_promises() {
    each_seed(actions::run);
}

#[test]
fn an_origin_is_lost_with_its_last_connection_in_whatever_order_they_come_and_go() {
    each_seed(connections::run);
}

fn each_seed(run: fn(u64)) {
    if let Some(seed) = number("SEED") {
        return run(seed);
    }
    for seed in 0..number("WORLDS").unwrap_or(WORLDS) {
        if catch_unwind(|| run(seed)).is_err() {
            panic!("world {seed} broke a promise: SEED={seed} runs it alone");
        }
    }
}

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok()?.parse().ok()
}
