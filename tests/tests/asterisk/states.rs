//! Device states: both directions, every pair of states, hints, and states that nobody keeps.

use lampfield_tests::asterisk::Setup;
use lampfield_tests::eventually::{SOON, eventually};
use lampfield_tests::member::{Kind, PASSING};
use lampfield_tests::scene::{self, connected, xmpp_conf};
use lampfield_tests::server::{Config, Server};
use lampfield_tests::states::{KNOWN, hint_word, together};

lampfield_tests::of_every_kind!(
    a_state_set_on_one_reads_the_same_on_the_other,
    all_pairs_of_states_add_up_the_same_on_both,
    names_with_unusual_characters,
    the_states_of_a_passing_channel_are_announced_and_not_kept,
    buddies_as_devices_stay_at_home,
);

async fn a_state_set_on_one_reads_the_same_on_the_other(kind: Kind) {
    let (_server, a, b) = kind.pair(&Config::plain().servers()).await;
    a.set_state("Custom:mystate", "INUSE").await;
    b.sees("Custom:mystate", "INUSE").await;
    b.set_state("Custom:other", "ONHOLD").await;
    a.sees("Custom:other", "ONHOLD").await;
    a.set_state("Custom:mystate", "NOT_INUSE").await;
    b.sees("Custom:mystate", "NOT_INUSE").await;
}

async fn all_pairs_of_states_add_up_the_same_on_both(kind: Kind) {
    let (server, a, b) = kind.pair(&Config::plain().servers()).await;
    let pairs = || KNOWN.iter().flat_map(|one| KNOWN.iter().map(move |other| (*one, *other)));
    let device = |one, other| format!("Custom:{one}-{other}");
    for (one, other) in pairs() {
        a.set_state(&device(one, other), one).await;
        b.set_state(&device(one, other), other).await;
    }
    for (one, other) in pairs() {
        let sum = together(one, other);
        a.sees(&device(one, other), sum).await;
        b.sees(&device(one, other), sum).await;
    }
    for (one, other) in [("RINGING", "INUSE"), ("INVALID", "UNAVAILABLE"), ("ONHOLD", "BUSY")] {
        assert_eq!(server.why(&device(one, other)).value(), together(one, other));
    }
}

/// Asterisk escapes what it writes into attributes, but does not decode what it reads there: what
/// XML allows must come raw. Only `&` and `<` cannot.
async fn names_with_unusual_characters(kind: Kind) {
    let (_server, a, b) = kind.pair(&Config::plain().servers()).await;
    for name in ["a b", "o'brien", "say \"hi\"", "a>b", "ünïcödé", "50%", "x/y:z@w;v", "[1]{2}|3"]
    {
        let device = format!("Custom:{name}");
        a.set_state(&device, "INUSE").await;
        b.sees(&device, "INUSE").await;
    }
}

#[tokio::test]
async fn hints_follow_the_other_server() {
    let mut server = Server::start(&Config::plain().servers()).await;
    let a = scene::asterisk(&mut server, 1).await;
    let conf = xmpp_conf(&mut server, 2);
    let setup =
        Setup::new(2, conf).hint("1234", "Custom:lamp").hint("1235", "Custom:lamp&Custom:b");
    let b = connected(setup).await;
    b.set_state("Custom:b", "INUSE").await;
    for state in KNOWN {
        a.set_state("Custom:lamp", state).await;
        b.hint_shows("1234", hint_word(state)).await;
        b.hint_shows("1235", hint_word(together(state, "INUSE"))).await;
    }
}

/// What `why` says of two PBXs is what the hint of a real one shows, for every pair of states.
#[tokio::test]
async fn why_agrees_with_the_hint_for_all_pairs_of_states() {
    let mut server = Server::start(&Config::plain().servers()).await;
    let a = scene::asterisk(&mut server, 1).await;
    let conf = xmpp_conf(&mut server, 2);
    let pairs: Vec<_> = KNOWN.iter().flat_map(|one| KNOWN.map(|other| (*one, other))).collect();
    let lamps = (1_200..)
        .zip(&pairs)
        .map(|(number, (one, other))| (number.to_string(), format!("Custom:{one}-{other}")));
    let lamps: Vec<_> = lamps.collect();
    let setup = lamps
        .iter()
        .fold(Setup::new(2, conf), |setup, (extension, lamp)| setup.hint(extension, lamp));
    let b = connected(setup).await;
    for ((one, other), (_, lamp)) in pairs.iter().zip(&lamps) {
        a.set_state(lamp, one).await;
        b.set_state(lamp, other).await;
    }
    for ((one, other), (extension, lamp)) in pairs.iter().zip(&lamps) {
        let sum = together(one, other);
        // The hint first, which waits until everything is there.
        b.hint_shows(extension, hint_word(sum)).await;
        assert_eq!(server.why(lamp).value(), sum, "{lamp}");
    }
}

/// A Local channel makes states with `cachable='0'`: announced once, kept by nobody.
async fn the_states_of_a_passing_channel_are_announced_and_not_kept(kind: Kind) {
    let (mut server, a, b) = kind.pair(&Config::plain().servers()).await;
    let mark = b.mark();
    a.pass().await;
    eventually(SOON, || async {
        if b.passed(mark) > 0 { Ok(()) } else { Err("it was not announced".to_owned()) }
    })
    .await;
    assert!(!b.states().await.contains_key(PASSING));

    let late = kind.member(&mut server, 3).await;
    a.set_state("Custom:last", "INUSE").await;
    late.sees("Custom:last", "INUSE").await;
    assert!(!late.states().await.contains_key(PASSING));
    assert_eq!(late.passed(0), 0);
}

/// Every Asterisk makes a device `XMPP/...` for each buddy; nobody else needs those.
async fn buddies_as_devices_stay_at_home(kind: Kind) {
    let (server, a, b) = kind.pair(&Config::plain().servers()).await;
    // Both see their buddy, so both have told the server about such a device.
    for asterisk in [&a, &b] {
        eventually(SOON, || async {
            let states = asterisk.states().await;
            let buddies = states.keys().filter(|device| device.starts_with("XMPP/")).count();
            if buddies > 0 { Ok(()) } else { Err(format!("no buddy in {states:?}")) }
        })
        .await;
    }
    let raw = &mut scene::client(&server, "server3").await;
    let bare = raw.bare().to_owned();
    raw.send(&lampfield_tests::stanzas::subscribe("s", &bare, "device_state")).await;
    let told = raw.all_until_now().await;
    assert!(told.iter().all(|stanza| !stanza.raw.contains("XMPP/")), "{told:?}");
}
