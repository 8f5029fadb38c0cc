//! Of which lamps an actor learns: those of its boards that it may hear of, and of no others that they are there.

use std::time::Duration;

use lampfield_accounts::{AccountSource, BareJid, NewAccount, NewPassword, Role};
use lampfield_board::history::Masks;
use lampfield_board::{Pattern, Protocol};
use lampfield_hub::kit::Rights;
use lampfield_hub::{HistorySettings, Settings};
use lampfield_operations::{Actor, Scope};
use serde_json::{Value, json};
use tokio::task::LocalSet;

use crate::fixture::{Fixture, said, token};

fn patterns(texts: &[&str]) -> Vec<Pattern> {
    texts.iter().map(|text| Pattern::parse(text).expect("a pattern")).collect()
}

/// Lamps on both boards, said by the owner.
async fn with_lamps() -> Fixture {
    let fixture = Fixture::new().await;
    fixture.desk.boards.run();
    for (board, name) in [
        ("a.example", "PJSIP/100"),
        ("a.example", "PJSIP/200"),
        ("a.example", "PJSIP/201"),
        ("b.example", "PJSIP/300"),
    ] {
        let with = json!({ "subject": name, "value": "INUSE", "board": board, "keep": true });
        fixture.desk.run(&Actor::owner(), "set", said(with)).await.expect("set");
    }
    fixture
}

/// An account of `a.example` that may hear of numbers with a 1 in front.
async fn reader(fixture: &Fixture) -> Actor {
    let jid = BareJid::parse("wall@a.example").expect("an address");
    let (password, source) = (NewPassword::Given("secret".to_owned()), AccountSource::Cli);
    let hear = patterns(&["PJSIP/1*"]);
    let new = NewAccount { hear, ..NewAccount::usual(jid, password, Role::User, source) };
    let account = fixture.desk.accounts.add(new).await.expect("added");
    fixture.desk.actor(&account, Protocol::Rest).expect("an actor")
}

async fn refused(fixture: &Fixture, actor: &Actor, name: &str, with: Value) -> String {
    fixture.desk.run(actor, name, said(with)).await.expect_err("refused").to_string()
}

#[tokio::test]
async fn whoever_may_hear_of_some_lamps_learns_nothing_of_the_others() {
    LocalSet::new().run_until(some_lamps()).await;
}

async fn some_lamps() {
    let fixture = with_lamps().await;
    let wall = reader(&fixture).await;
    let why = |name: &str| json!({ "subject": name });
    assert!(fixture.desk.run(&wall, "why", said(why("PJSIP/100"))).await.is_ok());
    for (hidden, absent) in [("PJSIP/200", "PJSIP/999"), ("device/PJSIP/200", "device/PJSIP/999")] {
        let hidden_is = refused(&fixture, &wall, "why", why(hidden)).await;
        let absent_is = refused(&fixture, &wall, "why", why(absent)).await;
        assert_eq!(hidden_is.replace(hidden, "X"), absent_is.replace(absent, "X"));
        assert!(hidden_is.contains("unknown-subject"), "{hidden_is}");
    }
    // Not as the nearest name either.
    let near = refused(&fixture, &wall, "why", why("PJSIP/20")).await;
    assert!(!near.contains("PJSIP/200") && !near.contains("PJSIP/201"), "{near}");
    let listed = fixture.desk.run(&wall, "list", said(json!({}))).await.expect("a list");
    let listed_all = fixture.desk.run(&Actor::owner(), "list", said(json!({}))).await;
    let names = |list: &Value| list["lamps"].as_array().map(Vec::len);
    assert_eq!((names(&listed), &listed["more"]), (Some(1), &0.into()));
    assert_eq!(names(&listed_all.expect("a list")), Some(3));
}

#[tokio::test]
async fn a_watch_shows_no_lamp_of_which_the_watcher_may_not_hear() {
    LocalSet::new().run_until(watched()).await;
}

async fn watched() {
    let fixture = with_lamps().await;
    let wall = reader(&fixture).await;
    let mut watching = fixture.desk.watch(&wall, said(json!({}))).expect("a watch");
    for (name, value) in [("PJSIP/200", "RINGING"), ("PJSIP/100", "BUSY"), ("PJSIP/201", "BUSY")] {
        let with = json!({ "subject": name, "value": value, "keep": true });
        fixture.desk.run(&Actor::owner(), "set", said(with)).await.expect("set");
    }
    let line = serde_json::to_value(watching.next().await.expect("a line")).expect("JSON");
    assert_eq!(line["subject"], "device/PJSIP/100", "{line}");
    let more = tokio::time::timeout(Duration::from_millis(50), watching.next()).await;
    assert!(more.is_err(), "{more:?}");
}

#[tokio::test]
async fn whoever_has_one_board_does_not_learn_what_is_on_another() {
    LocalSet::new().run_until(one_board()).await;
}

async fn one_board() {
    let fixture = with_lamps().await;
    let wall = token(&[Scope::LampsRead]);
    let elsewhere = json!({ "subject": "PJSIP/300" });
    let told = refused(&fixture, &wall, "why", elsewhere.clone()).await;
    assert!(told.contains("unknown-subject") && !told.contains("b.example"), "{told}");
    let owner = refused(&fixture, &Actor::owner(), "why", elsewhere).await;
    assert!(owner.contains("--board b.example"), "{owner}");
    // Nor whether there is one.
    let with = |board: &str| json!({ "subject": "PJSIP/100", "board": board });
    let there = refused(&fixture, &wall, "why", with("b.example")).await;
    let absent = refused(&fixture, &wall, "why", with("c.example")).await;
    assert_eq!(there.replace("b.example", "X"), absent.replace("c.example", "X"));
    assert!(there.contains("other-board"), "{there}");
}

#[tokio::test]
async fn whoever_may_speak_about_some_lamps_sets_and_clears_no_other() {
    LocalSet::new().run_until(set_and_cleared()).await;
}

async fn set_and_cleared() {
    let fixture = with_lamps().await;
    let some = patterns(&["PJSIP/1*"]);
    let wall = token(Scope::ALL).limited_to(Rights::of(&some, &patterns(&["*"])));
    for (name, with) in [
        ("set", json!({ "subject": "PJSIP/200", "value": "BUSY", "keep": true })),
        ("clear", json!({ "subject": "PJSIP/200", "all": true })),
    ] {
        let told = refused(&fixture, &wall, name, with).await;
        assert!(told.contains("lamp-not-allowed"), "{told}");
    }
    let mine = json!({ "subject": "PJSIP/100", "value": "BUSY", "keep": true });
    fixture.desk.run(&wall, "set", said(mine)).await.expect("its own");
    // Nor does it read of what others did about them, if it may not hear of them.
    let deaf = token(Scope::ALL).limited_to(Rights::of(&some, &some));
    let read = |told: Vec<String>| told.len();
    assert_eq!(read(fixture.told(&wall).await), 6);
    assert_eq!(read(fixture.told(&deaf).await), 2);
}

#[tokio::test]
async fn a_masked_name_stands_in_no_entry_of_the_audit_log() {
    LocalSet::new().run_until(masked()).await;
}

async fn masked() {
    let masks = Masks::new(&patterns(&["PJSIP/1*", "10*@default", "agent/PJSIP/2*", "agent/7*"]));
    let history = HistorySettings { masks, ..HistorySettings::default() };
    let fixture = Fixture::with(Settings { history, ..Settings::default() }).await;
    let owner = Actor::owner();
    let (state, doctor) = (json!("INUSE"), json!({ "show": "dnd", "status": "at the doctor" }));
    let paused = json!({ "logged_in": true, "paused": { "reason": "doctor" } });
    for (name, kind, value, short) in [
        ("PJSIP/100", Value::Null, &state, "PJSIP/100"),
        ("device/PJSIP/100", Value::Null, &state, "100"),
        ("mailbox/1051@default", Value::Null, &json!({ "new": 1, "old": 0 }), "1051"),
        ("PJSIP/250", json!("agent"), &paused, "PJSIP/250"),
        ("PJSIP/150", json!("presence"), &doctor, "150"),
        ("PJSIP/200", Value::Null, &state, "PJSIP/200"),
    ] {
        let with = json!({ "subject": name, "kind": kind, "value": value, "keep": true });
        fixture.desk.run(&owner, "set", said(with)).await.expect("set");
        let with = json!({ "subject": short, "kind": kind });
        fixture.desk.run(&owner, "clear", said(with)).await.expect("cleared");
    }
    for slip in [json!(["agent/701"]), json!(" agent/701"), json!("Agent/701")] {
        let with = json!({ "subject": slip, "value": paused, "keep": true });
        refused(&fixture, &owner, "set", with).await;
    }
    let told = fixture.desk.run(&owner, "audit", said(json!({}))).await.expect("entries");
    let text = told.to_string();
    for hidden in ["100", "1051", "PJSIP/250", "150", "701", "doctor"] {
        assert!(!text.contains(&format!("{hidden}\"")), "{hidden} in {text}");
    }
    for kept in ["device/PJSIP/***", "mailbox/***", "agent/***", "presence/***", "PJSIP/200"] {
        assert!(text.contains(&format!("{kept}\"")), "no {kept} in {text}");
    }
}

#[tokio::test]
async fn whoever_hears_of_some_lamps_reads_of_no_other_by_a_short_name() {
    LocalSet::new().run_until(short_names()).await;
}

async fn short_names() {
    let fixture = with_lamps().await;
    let clear = async |short: &str| {
        let with = said(json!({ "subject": short }));
        fixture.desk.run(&Actor::owner(), "clear", with).await.is_ok()
    };
    assert!(clear("200").await && !clear("200").await && !clear("2001").await);
    let none = patterns(&["nothing"]);
    let wall = |hear: &str| token(Scope::ALL).limited_to(Rights::of(&none, &patterns(&[hear])));
    assert_eq!(fixture.told(&wall("20*")).await.len(), 0);
    assert_eq!(fixture.told(&wall("PJSIP/200")).await.len(), 2, "set and cleared");
}

/// As a door does it: what runs for an account has the account's rights.
#[tokio::test]
async fn a_watch_ends_where_the_rights_of_its_account_do() {
    LocalSet::new().run_until(changed_rights()).await;
}

async fn changed_rights() {
    let fixture = with_lamps().await;
    let (owner, wall) = (Actor::owner(), reader(&fixture).await);
    let mut watching = fixture.desk.watch(&wall, said(json!({}))).expect("a watch");
    let set = async |name: &str| {
        let with = json!({ "subject": name, "value": "BUSY", "keep": true });
        fixture.desk.run(&owner, "set", said(with)).await.expect("set");
    };
    let other = json!({ "name": "wall@a.example", "hear": ["PJSIP/2*"] });
    fixture.desk.run(&owner, "user change", said(other)).await.expect("changed");
    set("PJSIP/100").await;
    set("PJSIP/200").await;
    let line = serde_json::to_value(watching.next().await.expect("a line")).expect("JSON");
    assert_eq!(line["subject"], "device/PJSIP/200", "what it may hear now, and nothing else");
    set("PJSIP/201").await;
    let name = json!({ "name": "wall@a.example" });
    fixture.desk.run(&owner, "user remove", said(name)).await.expect("removed");
    let over = watching.next().await.expect_err("nobody is there to hear");
    assert_eq!(over.code, "not-allowed");
}

/// What an actor had at its login may be old when it begins a watch.
#[tokio::test]
async fn a_watch_begins_with_the_rights_that_its_account_has_then() {
    LocalSet::new().run_until(old_actor()).await;
}

async fn old_actor() {
    let fixture = with_lamps().await;
    let (owner, wall) = (Actor::owner(), reader(&fixture).await);
    let other = json!({ "name": "wall@a.example", "hear": ["PJSIP/2*"] });
    fixture.desk.run(&owner, "user change", said(other)).await.expect("changed");
    let mut watching = fixture.desk.watch(&wall, said(json!({}))).expect("a watch");
    for name in ["PJSIP/100", "PJSIP/200"] {
        let with = json!({ "subject": name, "value": "BUSY", "keep": true });
        fixture.desk.run(&owner, "set", said(with)).await.expect("set");
    }
    let line = serde_json::to_value(watching.next().await.expect("a line")).expect("JSON");
    assert_eq!(line["subject"], "device/PJSIP/200");
    let name = json!({ "name": "wall@a.example" });
    fixture.desk.run(&owner, "user remove", said(name)).await.expect("removed");
    let mut watching = fixture.desk.watch(&wall, said(json!({}))).expect("a watch");
    assert_eq!(watching.next().await.expect_err("it is gone").code, "not-allowed");
}

#[tokio::test]
async fn only_an_admin_of_the_first_domain_may_touch_all_boards() {
    LocalSet::new().run_until(boards_of_accounts()).await;
}

async fn boards_of_accounts() {
    let fixture = Fixture::new().await;
    for (name, role, own) in [
        ("boss@a.example", Role::Admin, None),
        ("boss@b.example", Role::Admin, Some("b.example")),
        ("pbx@a.example", Role::Pbx, Some("a.example")),
        ("user@b.example", Role::User, Some("b.example")),
    ] {
        let jid = BareJid::parse(name).expect("an address");
        let (password, source) = (NewPassword::Given("secret".to_owned()), AccountSource::Cli);
        let new = NewAccount::usual(jid, password, role, source);
        let account = fixture.desk.accounts.add(new).await.expect("added");
        let actor = fixture.desk.actor(&account, Protocol::Rest).expect("an actor");
        assert_eq!(actor.board().map(ToString::to_string).as_deref(), own, "{name}");
    }
}
