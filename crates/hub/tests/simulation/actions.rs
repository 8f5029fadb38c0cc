//! What may happen in a world; the seed of the world chooses.

use std::{collections::BTreeSet, time::Duration};

use lampfield_board::{AccountName, Cachable, DeviceState, MessageCount, Pattern, Subject};
use lampfield_hub::{Grace, HubLimits, Policies, Policy, Rule, Settings};

use crate::own_names::policies;

use super::{
    asterisk::Asterisk,
    checks,
    random::Random,
    server::{ASTERISK, PERSON, Server},
    world::World,
};

const STEPS: usize = 160;

/// Runs the world of one seed from its beginning to its rest.
pub fn run(seed: u64) {
    let mut world = create(seed);
    for _ in 0..STEPS {
        step(&mut world);
        checks::all(&world);
        if world.random.chance(10) {
            checks::leases(&world);
        }
    }
    rest(&mut world);
}

fn create(seed: u64) -> World {
    let mut random = Random::new(seed);
    let grace = random.between(2, 20) * 1_000;
    let keep = Rule::parse("Keep/*", Policy::Keep).unwrap();
    let settings = Settings {
        grace: Grace::Fixed(Duration::from_millis(grace)),
        policies: Policies::new(vec![keep]).before(policies()),
        limits: HubLimits { watch_missed: random.between(1, 4) as usize, ..HubLimits::default() },
        ..Settings::default()
    };
    let count = random.between(2, 5);
    let shared = random.chance(20);
    let server = |index| {
        // Two PBXs may share one account.
        let account = if shared && index == 1 { 0 } else { index };
        Server::new(account_named(&format!("pbx{account}")), ASTERISK)
    };
    let mut servers: Vec<_> = (0..count).map(server).collect();
    if random.chance(30) {
        servers.push(Server::new(account_named("person"), PERSON));
    }
    let mut world = World::new(random, settings, servers, grace);
    for index in 0..world.servers.len() {
        boot(&mut world, index, None);
    }
    world
}

fn account_named(name: &str) -> AccountName {
    AccountName::parse(&format!("{name}@asterisk.example")).unwrap()
}

fn step(world: &mut World) {
    let index = world.random.below(world.servers.len());
    match world.random.below(100) {
        0..28 => change_device(world, index),
        28..30 => flap(world, index),
        30..34 => change_mailbox(world, index),
        34..36 => say_passing(world, index),
        36..60 => {
            let most = world.random.between(1, 12) as usize;
            world.pump(index, most);
        }
        60..66 => pump_all(world, 40),
        66..76 => {
            let millis = world.random.between(0, 3_000);
            world.pass(millis);
        }
        76..79 => {
            let millis = world.random.between(0, 30_000);
            world.pass(millis);
        }
        79..82 => world.kill(index),
        82..86 => revive(world, index),
        86..89 => world.cut(index),
        89..92 => world.heal(index),
        92..93 => world.servers[index].reading ^= true,
        93..96 => commit_and_confirm(world),
        96 => world.crash_node(),
        97 => say_goodbye(world, index),
        98 if world.random.chance(50) => restrict(world),
        98 => remove(world),
        _ => move_account(world, index),
    }
}

fn change_device(world: &mut World, index: usize) {
    let device = world.random.pick(&world.devices).clone();
    let state = *world.random.pick(&DeviceState::ALL);
    let server = &mut world.servers[index];
    if server.profile == PERSON {
        return;
    }
    if let Some(process) = &mut server.process {
        process.own.insert(device.clone(), state);
    }
    server.say(device, state.into(), Cachable::Yes);
}

/// A mailbox has one owner; what changes while it is away is lost.
fn change_mailbox(world: &mut World, index: usize) {
    if let Some(mailbox) = world.mailboxes.get(index).cloned() {
        let count = MessageCount::new(world.random.below(4) as i32, world.random.below(3) as i32);
        world.servers[index].say(mailbox, count.into(), Cachable::Yes);
    }
}

fn say_passing(world: &mut World, index: usize) {
    let device = Subject::device("Local/7@x").unwrap();
    if world.servers[index].profile == ASTERISK {
        world.servers[index].say(device, DeviceState::InUse.into(), Cachable::No);
    }
}

fn pump_all(world: &mut World, most: usize) {
    for index in 0..world.servers.len() {
        world.pump(index, most);
    }
}

/// A dead process starts again: as itself with fewer devices, or under a new EID.
fn revive(world: &mut World, index: usize) {
    if world.servers[index].process.is_none() {
        let last = world.random.chance(60).then_some(world.servers[index].last_eid);
        boot(world, index, last);
    }
}

fn boot(world: &mut World, index: usize, eid: Option<lampfield_board::Eid>) {
    let eid = eid.unwrap_or_else(|| world.new_eid());
    world.servers[index].last_eid = eid;
    let mut process = Asterisk::new(eid);
    for device in world.devices.clone() {
        if world.servers[index].profile == ASTERISK && world.random.chance(40) {
            process.own.insert(device, *world.random.pick(&DeviceState::ALL));
        }
    }
    let now = world.now;
    world.servers[index].boot(process, now);
}

fn commit_and_confirm(world: &mut World) {
    let writes = world.random.below(world.disk.waiting() + 1);
    world.disk.commit(writes);
    let Some(node) = &mut world.node else { return };
    for link in node.links.values() {
        if world.random.chance(50) {
            link.confirm(&mut node.hub);
        }
    }
    node.carry_out(&mut world.disk);
}

fn say_goodbye(world: &mut World, index: usize) {
    let session = world.servers[index].session.as_ref();
    if let Some(conn) = session.filter(|_| world.servers[index].path_up).map(|s| s.conn) {
        world.goodbye(conn);
    }
}

/// COMPAT(asterisk<=22): a TLS session breaks now and then by itself. It is back in a second or
/// two, and may break again before everything was repeated.
fn flap(world: &mut World, index: usize) {
    for _ in 0..world.random.between(1, 4) {
        if let Some(session) = &world.servers[index].session {
            let conn = session.conn;
            world.lose(conn);
        }
        let millis = world.random.between(1_000, 2_500);
        world.pass(millis);
        let most = world.random.between(0, 6) as usize;
        world.pump(index, most);
        checks::all(world);
    }
}

/// The operator removes an account, and adds it again.
fn remove(world: &mut World) {
    let accounts = world.node.iter().flat_map(|node| node.hub.accounts());
    let accounts: Vec<_> = accounts.collect();
    if !accounts.is_empty() {
        let account = world.random.pick(&accounts).clone();
        world.remove(&account);
    }
}

/// The operator takes rights from an account, and gives them back.
fn restrict(world: &mut World) {
    let accounts: Vec<_> = world.node.iter().flat_map(|node| node.hub.accounts()).collect();
    if !accounts.is_empty() {
        let account = world.random.pick(&accounts).clone();
        let left = *world.random.pick(&["PJSIP/*", "*/1", "?@d", "nothing"]);
        world.restrict(&account, &Pattern::parse(left).unwrap());
    }
}

/// The same process logs in with another account from now on: for a while, two speak as one EID.
fn move_account(world: &mut World, index: usize) {
    let server = &mut world.servers[index];
    if server.profile == PERSON || server.session.is_none() || !server.path_up {
        return;
    }
    let conn = server.session.as_ref().map(|session| session.conn);
    let name = server.account.to_string();
    let user = name.split('@').next().unwrap();
    let moved = user.strip_suffix("-b").map_or_else(|| format!("{user}-b"), str::to_owned);
    let left = std::mem::replace(&mut server.account, account_named(&moved));
    server.left.insert(left);
    if let Some(conn) = conn {
        world.lose(conn);
    }
}

/// Everything works again, and everybody comes back.
fn rest(world: &mut World) {
    for index in 0..world.servers.len() {
        world.heal(index);
        world.servers[index].reading = true;
        revive(world, index);
    }
    for _ in 0..30 {
        world.pass(20_000);
        pump_all(world, 200);
        commit_and_confirm(world);
        checks::all(world);
    }
    remove_left_accounts(world);
    for _ in 0..8 {
        world.pass(20_000);
        pump_all(world, 200);
        confirm_all(world);
    }
    world.disk.commit(world.disk.waiting());
    checks::all(world);
    checks::at_rest(world);
}

fn confirm_all(world: &mut World) {
    let Some(node) = &mut world.node else { return };
    for link in node.links.values() {
        link.confirm(&mut node.hub);
    }
    node.carry_out(&mut world.disk);
}

/// The operator removes the accounts that a PBX has left for another. Who uses one of them
/// still comes back.
fn remove_left_accounts(world: &mut World) {
    let left: BTreeSet<_> = world.servers.iter().flat_map(|server| server.left.clone()).collect();
    left.iter().for_each(|account| world.remove(account));
}
