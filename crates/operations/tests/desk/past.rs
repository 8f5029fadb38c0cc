//! `history` and `why --at` over a restart, on a real store: what they tell stays the same, and who may not read it is told
//! what is missing.

use std::path::Path;
use std::time::{Duration, Instant};

use lampfield_accounts::{AccountSource, BareJid, LegacyAuth, NewAccount, NewPassword, Role};
use lampfield_board::history::Masks;
use lampfield_board::{
    AccountName, BoardName, Cachable, DeviceState, Eid, Labels, Pattern, Protocol, Subject,
    WallTime,
};
use lampfield_fabric::Storage;
use lampfield_hub::{ConnId, HistorySettings, HubLimits, HubShell, Profile, Publication, Settings};
use lampfield_operations::document::history::HistoryDocument;
use lampfield_operations::document::why::{Explained, WhyDocument};
use lampfield_operations::failure::Exit;
use lampfield_operations::operation::{History, Why};
use lampfield_operations::{Actor, Desk, HistoryReaders};
use proptest::prelude::RngExt;
use proptest::test_runner::{RngAlgorithm, TestRng};
use tokio::task::LocalSet;

use crate::fixture::{self, Program};

use DeviceState::{InUse, NotInUse, Ringing};

const DOMAIN: &str = "a.example";
const SOON: Duration = Duration::from_secs(60);

fn board() -> BoardName {
    fixture::board(DOMAIN)
}

fn settings(mask: &[&str]) -> Settings {
    let patterns: Vec<_> = mask.iter().map(|text| Pattern::parse(text).expect("one")).collect();
    let history = HistorySettings { masks: Masks::new(&patterns), ..HistorySettings::default() };
    Settings { history, ..Settings::default() }
}

async fn start(folder: &Path, settings: Settings, readers: HistoryReaders) -> Desk<Program> {
    let desk = fixture::desk(folder, settings, Program { readers, ..Program::of(&[DOMAIN]) }).await;
    desk.boards.run();
    desk
}

async fn stop(desk: Desk<Program>) {
    desk.boards.history().close().await;
    desk.store.close(SOON).await.expect("closed");
}

fn hub(desk: &Desk<Program>) -> HubShell {
    desk.boards.get(&board()).expect("the board")
}

/// Two PBXs, by their numbers.
fn arrive(desk: &Desk<Program>) {
    for number in [1, 2] {
        let account = AccountName::parse(&format!("pbx-{number}@{DOMAIN}")).expect("a name");
        hub(desk).act(|hub, now| hub.arrive(ConnId(number), &account, Profile::PROGRAM, now));
    }
}

fn say(desk: &Desk<Program>, number: u8, name: &str, state: DeviceState) {
    let said = Publication {
        identity: Eid::new([2, 0, 0, 0, 0, number]).into(),
        subject: Subject::device(name).expect("a name"),
        value: state.into(),
        cachable: Cachable::Yes,
        is_again: false,
        protocol: Protocol::Xmpp,
    };
    hub(desk).publish(ConnId(number.into()), said).expect("said");
}

async fn history(desk: &Desk<Program>, name: &str, limit: usize) -> HistoryDocument {
    let asked = History { subject: name.to_owned(), kind: None, since: None, limit, board: None };
    desk.act(&Actor::owner(), asked).await.expect("a history")
}

fn why(name: &str, at: WallTime) -> Why {
    Why { subject: name.to_owned(), kind: None, at: Some(at), board: None }
}

fn one(explained: Explained) -> WhyDocument {
    match explained {
        Explained::One(why) => *why,
        Explained::Many(lamps) => panic!("{lamps:?}"),
    }
}

async fn explained(desk: &Desk<Program>, name: &str, at: WallTime) -> WhyDocument {
    one(desk.act(&Actor::owner(), why(name, at)).await.expect("an explanation"))
}

/// Later than all that was said, earlier than all that will be.
async fn moment(desk: &Desk<Program>) -> WallTime {
    tokio::time::sleep(Duration::from_millis(3)).await;
    let now = hub(desk).now().wall;
    tokio::time::sleep(Duration::from_millis(3)).await;
    now
}

#[tokio::test]
async fn the_same_is_told_after_a_restart_whether_memory_or_the_store_has_it() {
    LocalSet::new().run_until(told_after_a_restart()).await;
}

async fn told_after_a_restart() {
    let folder = tempfile::tempdir().expect("a folder");
    let short = || {
        let limits = HubLimits { history: 5, ..HubLimits::default() };
        Settings { limits, ..settings(&[]) }
    };
    for settings in [settings(&[]), short()] {
        let desk = start(folder.path(), settings, HistoryReaders::default()).await;
        arrive(&desk);
        let mut moments = vec![moment(&desk).await];
        for (number, state) in [(1, InUse), (2, Ringing), (1, NotInUse), (2, NotInUse), (1, InUse)]
        {
            say(&desk, number, "PJSIP/100", state);
            say(&desk, number, "PJSIP/101", state);
            moments.push(moment(&desk).await);
        }
        hub(&desk).act(|hub, now| hub.lost(ConnId(2), now));
        moments.push(moment(&desk).await);
        let told = history(&desk, "PJSIP/100", 50).await;
        let mut reasons = Vec::new();
        for at in &moments {
            reasons.push(explained(&desk, "PJSIP/100", *at).await);
        }
        let shown: Vec<_> = reasons
            .iter()
            .rev()
            .take(7)
            .map(|why| why.aggregate.as_ref().map(ToString::to_string))
            .collect();
        let expected = ["INUSE", "INUSE", "NOT_INUSE", "RINGING", "RINGINUSE", "INUSE"]
            .map(|word| Some(format!("\"{word}\"")));
        assert_eq!(shown[..6], expected);
        assert_eq!(told.links[0].state, "lost");
        stop(desk).await;

        let desk = start(folder.path(), short(), HistoryReaders::default()).await;
        let again = history(&desk, "PJSIP/100", 50).await;
        assert_eq!(again.events, told.events);
        assert_eq!(again.links, told.links);
        assert_eq!(again.complete_since, told.complete_since);
        for (at, before) in moments.iter().zip(&reasons) {
            assert_eq!(explained(&desk, "PJSIP/100", *at).await, *before);
        }
        let few = history(&desk, "PJSIP/100", 2).await;
        assert_eq!((few.events.as_slice(), few.more), (&told.events[..2], true));
        assert!(!again.more);
        let begin = WallTime::from_millis(1_000);
        let refused = desk.act(&Actor::owner(), why("PJSIP/100", begin)).await;
        assert_eq!(refused.expect_err("long ago").code, "not-remembered");
        // The lamp is gone, what was said of it is not.
        hub(&desk).act(|hub, now| {
            let account = |number| AccountName::parse(&format!("pbx-{number}@{DOMAIN}"));
            [1, 2]
                .map(account)
                .into_iter()
                .flatten()
                .for_each(|name| hub.remove_account(&name, now));
        });
        let lamp = Subject::device("PJSIP/100").expect("a name");
        while hub(&desk).read(|hub, _| hub.board().aggregate(&lamp).is_some()) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        stop(desk).await;
        let desk = start(folder.path(), short(), HistoryReaders::default()).await;
        let gone = history(&desk, "PJSIP/100", 50).await;
        assert!(gone.events.len() > told.events.len() && gone.events[0].value.is_none());
        assert_eq!(explained(&desk, "PJSIP/100", moments[3]).await.facts, reasons[3].facts);
        stop(desk).await;
    }
}

/// What a lamp showed from one moment to another, as it was seen at the time.
struct Seen {
    name: &'static str,
    from: WallTime,
    until: WallTime,
    lamp: Option<String>,
}

#[tokio::test]
async fn at_any_moment_why_tells_what_was_shown_then() {
    LocalSet::new().run_until(random_moments()).await;
}

async fn random_moments() {
    let folder = tempfile::tempdir().expect("a folder");
    // Memory has a part of it only; the rest comes from the store.
    let limits = HubLimits { history: 100, ..HubLimits::default() };
    let settings = Settings { limits, ..settings(&[]) };
    let desk = start(folder.path(), settings, HistoryReaders::default()).await;
    arrive(&desk);
    let mut random = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let mut seen = Vec::new();
    for _ in 0..150 {
        happens(&desk, &mut random);
        let from = moment(&desk).await;
        let shown = LAMPS.map(|name| (name, shown(&desk, name)));
        let until = moment(&desk).await;
        seen.extend(shown.map(|(name, lamp)| Seen { name, from, until, lamp }));
    }
    let mut dark = 0;
    for _ in 0..1_000 {
        let Seen { name, from, until, lamp } = &seen[random.random_range(0..seen.len())];
        let millis = random.random_range(from.millis()..until.millis());
        let then = explained_if_lit(&desk, name, WallTime::from_millis(millis)).await;
        assert_eq!(then, *lamp, "{name} at {millis}");
        dark += usize::from(lamp.is_none());
    }
    assert!((10..900).contains(&dark), "{dark} of them without a fact: the test is too weak");
    stop(desk).await;
}

const LAMPS: [&str; 3] = ["PJSIP/100", "PJSIP/101", "Custom:night"];

/// A PBX says something of a lamp, or goes and comes again, which ends all that it has said.
fn happens(desk: &Desk<Program>, random: &mut TestRng) {
    let number = random.random_range(1..=2);
    if random.random_ratio(1, 4) {
        let account = AccountName::parse(&format!("pbx-{number}@{DOMAIN}")).expect("a name");
        let conn = ConnId(number.into());
        hub(desk).act(|hub, now| hub.goodbye(conn, now));
        hub(desk).act(|hub, now| hub.arrive(conn, &account, Profile::PROGRAM, now));
        return;
    }
    let states = DeviceState::ALL;
    let state = states[random.random_range(0..states.len())];
    say(desk, number, LAMPS[random.random_range(0..LAMPS.len())], state);
}

fn shown(desk: &Desk<Program>, name: &str) -> Option<String> {
    let lamp = Subject::device(name).expect("a name");
    hub(desk).read(|hub, _| hub.board().aggregate(&lamp).map(|value| value.to_string()))
}

/// The value that `why --at` gives; none where there was nothing to explain.
async fn explained_if_lit(desk: &Desk<Program>, name: &str, at: WallTime) -> Option<String> {
    match desk.act(&Actor::owner(), why(name, at)).await {
        Ok(explained) => one(explained).aggregate.map(|shown| shown.to_string().replace('"', "")),
        Err(refused) => {
            assert_eq!(refused.code, "unknown-subject", "{refused}");
            None
        }
    }
}

async fn account(desk: &Desk<Program>, name: &str, role: Role) -> Actor {
    let jid = BareJid::parse(&format!("{name}@{DOMAIN}")).expect("an address");
    let new = NewAccount {
        jid,
        password: NewPassword::Given("secret".to_owned()),
        role,
        allow: role.usual_allow(),
        hear: vec![Pattern::everything()],
        site: None,
        labels: Labels::default(),
        legacy: LegacyAuth::Refused,
        source: AccountSource::Cli,
    };
    let account = desk.accounts.add(new).await.expect("added");
    desk.actor(&account, Protocol::Rest).expect("an actor")
}

#[tokio::test]
async fn whoever_may_not_read_the_past_is_told_what_is_missing() {
    LocalSet::new().run_until(refused_readers()).await;
}

async fn refused_readers() {
    let folder = tempfile::tempdir().expect("a folder");
    let council = HistoryReaders {
        roles: Vec::new(),
        accounts: vec![AccountName::parse("council@a.example").expect("a name")],
    };
    let desk = start(folder.path(), settings(&[]), council).await;
    arrive(&desk);
    say(&desk, 1, "PJSIP/100", InUse);
    let now = moment(&desk).await;
    let admin = account(&desk, "boss", Role::Admin).await;
    let user = account(&desk, "anna", Role::User).await;
    let council = account(&desk, "council", Role::User).await;
    for (actor, may) in [(&admin, false), (&user, false), (&council, true), (&Actor::owner(), true)]
    {
        let asked = History {
            subject: "PJSIP/100".to_owned(),
            kind: None,
            since: None,
            limit: 5,
            board: None,
        };
        let past = desk.act(actor, asked).await.map(drop);
        let then = desk.act(actor, why("PJSIP/100", now)).await.map(drop);
        for answer in [past, then] {
            assert_eq!(answer.is_ok(), may, "{actor}: {answer:?}");
            let Err(refused) = answer else { continue };
            assert_eq!((refused.exit, refused.code.as_str()), (Exit::NotAllowed, "scope-missing"));
            let text = refused.to_string();
            assert!(text.contains("history:read") && text.contains("read in [history]"), "{text}");
        }
        let present = Why { at: None, ..why("PJSIP/100", now) };
        assert!(desk.act(actor, present).await.is_ok(), "the present is not the past");
    }
    stop(desk).await;
}

#[tokio::test]
async fn the_past_of_a_masked_lamp_is_found_under_its_mask_only() {
    LocalSet::new().run_until(masked()).await;
}

async fn masked() {
    let folder = tempfile::tempdir().expect("a folder");
    for _ in 0..2 {
        let masked = settings(&["PJSIP/1*"]);
        let desk = start(folder.path(), masked, HistoryReaders::default()).await;
        arrive(&desk);
        say(&desk, 1, "PJSIP/100", InUse);
        let now = moment(&desk).await;
        for name in ["PJSIP/100", "PJSIP/199"] {
            let asked = History {
                subject: name.to_owned(),
                kind: None,
                since: None,
                limit: 5,
                board: None,
            };
            let refused = desk.act(&Actor::owner(), asked).await.expect_err("masked");
            assert_eq!(refused.code, "masked", "{refused}");
            assert!(refused.to_string().contains("'device/PJSIP/***'"), "{refused}");
        }
        let refused = desk.act(&Actor::owner(), why("PJSIP/100", now)).await.expect_err("masked");
        assert_eq!(refused.code, "masked");
        let refused = desk.act(&Actor::owner(), why("PJSIP/***", now)).await.expect_err("many");
        assert_eq!(refused.code, "masked");
        assert!(!history(&desk, "PJSIP/***", 50).await.events.is_empty());
        let present = Why { at: None, ..why("PJSIP/100", now) };
        let lamp = one(desk.act(&Actor::owner(), present).await.expect("the lamp"));
        assert_eq!(lamp.aggregate.map(|shown| shown.to_string()).as_deref(), Some("\"INUSE\""));
        stop(desk).await;
    }
}

/// How long it takes to go through a long past. `LAMPFIELD_CHANGES=1000000` in a release build shows it for a full store.
#[tokio::test]
async fn a_long_past_is_told_soon() {
    LocalSet::new().run_until(long_past()).await;
}

async fn long_past() {
    let folder = tempfile::tempdir().expect("a folder");
    let changes = std::env::var("LAMPFIELD_CHANGES").ok().and_then(|count| count.parse().ok());
    let changes: u32 = changes.unwrap_or(20_000);
    let desk = start(folder.path(), settings(&[]), HistoryReaders::default()).await;
    arrive(&desk);
    say(&desk, 1, "PJSIP/rare", InUse);
    let first = moment(&desk).await;
    say(&desk, 1, "PJSIP/rare", NotInUse);
    for number in 0..changes {
        let state = if number / 1_000 % 2 == 0 { InUse } else { NotInUse };
        say(&desk, 1, &format!("PJSIP/{}", number % 1_000), state);
        if number % 1_000 == 0 {
            tokio::task::yield_now().await;
        }
        if number % 4_000 == 0 {
            // As fast as the disk takes it.
            desk.boards.history().close().await;
        }
    }
    stop(desk).await;
    let begun = Instant::now();
    let desk = start(folder.path(), settings(&[]), HistoryReaders::default()).await;
    let opened = begun.elapsed();
    // The first question waits until all pages are known.
    history(&desk, "PJSIP/rare", 1).await;
    let known = begun.elapsed();
    let mut took = Vec::new();
    for name in ["PJSIP/7", "PJSIP/rare"] {
        let begun = Instant::now();
        let then = explained(&desk, name, first).await;
        took.push(begun.elapsed());
        assert_eq!(then.facts.len(), usize::from(name == "PJSIP/rare"));
        let begun = Instant::now();
        assert!(!history(&desk, name, 10_000).await.events.is_empty());
        took.push(begun.elapsed());
    }
    let stored = desk.boards.history().report();
    println!("{changes} changes, {stored:?}: open {opened:?}, known {known:?}, answers {took:?}");
    let most = Duration::from_secs(20);
    assert!(took.iter().all(|time| *time < most), "{took:?}");
    stop(desk).await;
}
