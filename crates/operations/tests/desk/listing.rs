//! What is listed: which lamps, in which order, and why none; and which lamp somebody means who writes it in short.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use lampfield_accounts::{AccountSource, BareJid, NewAccount, NewPassword, Role};
use lampfield_board::{
    AccountName, Cachable, DeviceState, Identity, Kind, Origin, Protocol, SiteName, Subject,
};
use lampfield_hub::Publication;
use lampfield_operations::failure::Exit;
use lampfield_operations::{Actor, Desk};
use serde_json::{Value, json};

use crate::asterisk::ASTERISK;
use crate::fixture::{Fixture, Program, board, said};

async fn set(desk: &Desk<Program>, actor: &Actor, name: &str, value: &str) {
    let with = json!({ "subject": name, "value": value, "keep": true });
    desk.run(actor, "set", said(with)).await.expect("set");
}

/// An account of a site that may speak about lamps.
async fn at_site(fixture: &Fixture, name: &str, site: &str) -> Actor {
    let jid = BareJid::parse(&format!("{name}@a.example")).expect("an address");
    let (password, source) = (NewPassword::Given("secret".to_owned()), AccountSource::Cli);
    let site = Some(SiteName::parse(site).expect("a site"));
    let new = NewAccount { site, ..NewAccount::usual(jid, password, Role::Admin, source) };
    let account = fixture.desk.accounts.add(new).await.expect("added");
    fixture.desk.actor(&account, Protocol::Rest).expect("an actor")
}

/// Lamps of two sites, and one that was cleared, of which an Asterisk that is away has still to be told.
async fn with_lamps() -> Fixture {
    let fixture = Fixture::new().await;
    let reader = AccountName::parse("pbx-away@a.example").expect("an account");
    let shell = fixture.desk.boards.get(&board("a.example")).expect("a board");
    shell.act(|hub, _| drop(hub.watch(&reader, Kind::Device, ASTERISK)));
    let berlin = at_site(&fixture, "pbx-berlin", "berlin").await;
    let paris = at_site(&fixture, "pbx-paris", "paris").await;
    for (name, value) in
        [("PJSIP/100", "INUSE"), ("PJSIP/101", "NOT_INUSE"), ("Custom:night", "INUSE")]
    {
        set(&fixture.desk, &berlin, name, value).await;
    }
    for (name, value) in [("PJSIP/200", "RINGING"), ("PJSIP/101", "NOT_INUSE")] {
        set(&fixture.desk, &paris, name, value).await;
    }
    set(&fixture.desk, &paris, "PJSIP/109", "BUSY").await;
    fixture.desk.run(&paris, "clear", said(json!({ "subject": "PJSIP/109" }))).await.expect("out");
    fixture
}

async fn list(fixture: &Fixture, with: Value) -> Value {
    fixture.desk.run(&Actor::owner(), "list", said(with)).await.expect("a list")
}

fn names(list: &Value) -> Vec<&str> {
    let lamps = list["lamps"].as_array().expect("lamps");
    lamps.iter().map(|lamp| lamp["subject"].as_str().expect("a name")).collect()
}

#[tokio::test(flavor = "local")]
async fn a_filter_says_which_lamps_are_listed() {
    let fixture = with_lamps().await;
    for (filter, wanted) in [
        (
            "",
            &["device/Custom:night", "device/PJSIP/100", "device/PJSIP/101", "device/PJSIP/200"][..],
        ),
        ("100", &["device/PJSIP/100"]),
        ("101-200", &["device/PJSIP/101", "device/PJSIP/200"]),
        ("state:inuse", &["device/Custom:night", "device/PJSIP/100"]),
        ("site:paris", &["device/PJSIP/101", "device/PJSIP/200"]),
        ("not site:paris", &["device/Custom:night", "device/PJSIP/100"]),
        ("origin:pbx-berlin not state:inuse", &["device/PJSIP/101"]),
        ("is:stale", &[]),
        ("is:flapping", &[]),
        ("for:>1h", &[]),
        ("for:<1h night", &["device/Custom:night"]),
        ("mailbox", &[]),
        ("109", &[]),
    ] {
        let listed = list(&fixture, json!({ "filter": filter })).await;
        assert_eq!(names(&listed), wanted, "{filter}");
        assert_eq!(listed["total"], wanted.len(), "{filter}");
    }
    let wrong = said(json!({ "filter": "is:old" }));
    let refused = fixture.desk.run(&Actor::owner(), "list", wrong).await.expect_err("no mark");
    assert_eq!(refused.code, "wrong-filter");
}

#[tokio::test(flavor = "local")]
async fn totals_are_over_all_and_the_cut_comes_after_the_order() {
    let fixture = with_lamps().await;
    let first = list(&fixture, json!({ "limit": 1 })).await;
    assert_eq!(names(&first), ["device/Custom:night"]);
    assert_eq!((&first["total"], &first["more"]), (&4.into(), &3.into()));
    assert_eq!(first["states"], json!({ "INUSE": 2, "NOT_INUSE": 1, "RINGING": 1 }));
    let none = list(&fixture, json!({ "limit": 0 })).await;
    assert_eq!((names(&none).len(), &none["more"]), (0, &4.into()));
    for (sort, limit, wanted) in [
        ("-name", 2, &["device/PJSIP/200", "device/PJSIP/101"][..]),
        ("-facts", 1, &["device/PJSIP/101"]),
        ("value", 2, &["device/Custom:night", "device/PJSIP/100"]),
        ("-value", 1, &["device/PJSIP/200"]),
    ] {
        let listed = list(&fixture, json!({ "sort": sort, "limit": limit })).await;
        assert_eq!(names(&listed), wanted, "{sort}");
    }
    // The clock has milliseconds.
    tokio::time::sleep(Duration::from_millis(5)).await;
    set(&fixture.desk, &Actor::owner(), "Custom:night", "RINGING").await;
    let newest = list(&fixture, json!({ "sort": "-since", "limit": 1 })).await;
    assert_eq!(names(&newest), ["device/Custom:night"]);
    let oldest = list(&fixture, json!({ "sort": "since" })).await;
    assert_eq!(names(&oldest).last(), Some(&"device/Custom:night"));
}

#[tokio::test(flavor = "local")]
async fn a_row_tells_who_says_something_and_where() {
    let fixture = with_lamps().await;
    let listed = list(&fixture, json!({ "filter": "101" })).await;
    let lamp = &listed["lamps"][0];
    assert_eq!((&lamp["facts"], &lamp["aggregate"]), (&2.into(), &"NOT_INUSE".into()));
    let sites = lamp["origins"].as_array().expect("origins").iter().map(|one| &one["site"]);
    assert_eq!(sites.collect::<Vec<_>>(), ["berlin", "paris"]);
}

#[tokio::test(flavor = "local")]
async fn where_nothing_matches_each_term_says_what_it_matches() {
    let fixture = with_lamps().await;
    let term = |list: &Value, at: usize| list["terms"][at].clone();
    let listed = list(&fixture, json!({ "filter": "site:berln" })).await;
    let near = json!([{ "term": "site:berlin", "lamps": 3 }]);
    assert_eq!((&term(&listed, 0)["nearest"], &term(&listed, 0)["is_name"]), (&near, &true.into()));
    let listed = list(&fixture, json!({ "filter": "site:paris state:inuse" })).await;
    let lamps = |at| term(&listed, at)["lamps"].as_u64();
    assert_eq!((lamps(0), lamps(1)), (Some(2), Some(2)));
    for (filter, wanted) in [
        ("site:tokyo", "site:berlin"),
        ("origin:pbx-berln", "origin:pbx-berlin"),
        ("102", "device/PJSIP/100"),
        ("PJSIP/10l", "device/PJSIP/100"),
        ("nigth", "device/Custom:night"),
        ("custom", "device/Custom:night"),
    ] {
        let listed = list(&fixture, json!({ "filter": filter })).await;
        assert_eq!(term(&listed, 0)["nearest"][0]["term"], wanted, "{filter}");
    }
    // That no lamp is in some state is no mistake.
    let listed = list(&fixture, json!({ "filter": "is:stale" })).await;
    assert_eq!(term(&listed, 0)["is_name"], false);
    assert!(list(&fixture, json!({ "filter": "100" })).await["terms"].is_null());
}

#[tokio::test(flavor = "local")]
async fn part_of_a_name_is_enough_where_one_lamp_has_it() {
    let fixture = with_lamps().await;
    let owner = Actor::owner();
    let why = |subject: &'static str| {
        fixture.desk.run(&owner, "why", said(json!({ "subject": subject })))
    };
    assert_eq!(why("100").await.expect("one")["subject"], "device/PJSIP/100");
    assert_eq!(why("night").await.expect("one")["subject"], "device/Custom:night");
    assert_eq!(why("device/100").await.expect("one")["subject"], "device/PJSIP/100");
    assert_eq!(why("10").await.expect_err("none").exit, Exit::NoSuchThing);
    assert_eq!(why("mailbox/100").await.expect_err("none").exit, Exit::NoSuchThing);
    // What has ended is meant only where nothing else is.
    let ended = why("109").await.expect("its end");
    assert_eq!(
        (&ended["subject"], &ended["aggregate"]),
        (&"device/PJSIP/109".into(), &Value::Null)
    );
    set(&fixture.desk, &owner, "SIP/109", "BUSY").await;
    assert_eq!(why("109").await.expect("one")["subject"], "device/SIP/109");

    set(&fixture.desk, &owner, "SIP/100", "BUSY").await;
    let several = why("100").await.expect_err("two");
    assert_eq!((several.exit, several.code.as_str()), (Exit::Conflict, "ambiguous-subject"));
    assert!(several.to_string().contains("device/PJSIP/100  device/SIP/100"), "{several}");
    // A whole name goes before a part of one.
    let whole = json!({ "subject": "custom/100", "value": { "data": 1 }, "keep": true });
    fixture.desk.run(&owner, "set", said(whole)).await.expect("set");
    assert_eq!(why("100").await.expect("one")["subject"], "custom/100");
    for number in 0..20 {
        set(&fixture.desk, &owner, &format!("T{number:02}/7"), "BUSY").await;
    }
    let many = why("7").await.expect_err("many").to_string();
    assert!(many.contains("device/T09/7  and 10 more"), "{many}");
    for verb in ["clear", "history"] {
        let meant = fixture.desk.run(&owner, verb, said(json!({ "subject": "7" }))).await;
        assert_eq!(meant.expect_err("many").code, "ambiguous-subject", "{verb}");
    }
    let history = fixture.desk.run(&owner, "history", said(json!({ "subject": "night" }))).await;
    assert_eq!(history.expect("one")["subject"], "device/Custom:night");
}

#[tokio::test(flavor = "local")]
async fn what_has_ended_is_not_offered_before_what_shows_something() {
    let fixture = with_lamps().await;
    let why = json!({ "subject": "PJSIP/10" });
    let unknown = fixture.desk.run(&Actor::owner(), "why", said(why)).await.expect_err("none");
    assert!(unknown.to_string().contains("PJSIP/100  PJSIP/101  PJSIP/200"), "{unknown}");
    let why = json!({ "subject": "PJSIP/108" });
    let unknown = fixture.desk.run(&Actor::owner(), "why", said(why)).await.expect_err("none");
    assert!(unknown.to_string().contains("try      lampfield why PJSIP/100"), "{unknown}");
}

#[tokio::test(flavor = "local")]
async fn a_pattern_lists_what_it_stands_for() {
    let fixture = with_lamps().await;
    let owner = Actor::owner();
    let why = |with: Value| fixture.desk.run(&owner, "why", said(with));
    let many = why(json!({ "subject": "PJSIP/1*" })).await.expect("a list");
    assert_eq!(many["schema"], "lamps/1");
    assert_eq!(names(&many), ["device/PJSIP/100", "device/PJSIP/101"]);
    let of_kind = why(json!({ "subject": "*1*", "kind": "mailbox" })).await.expect("a list");
    assert_eq!(names(&of_kind), [""; 0]);
    let then = why(json!({ "subject": "PJSIP/1*", "at": "-1s" })).await.expect_err("one only");
    assert_eq!((then.exit, then.code.as_str()), (Exit::Usage, "one-at-a-time"));
    set(&fixture.desk, &owner, "Local/*97@x", "INUSE").await;
    let one = why(json!({ "subject": "Local/*97@x" })).await.expect("one");
    assert_eq!(one["subject"], "device/Local/*97@x", "as it is called");
}

#[tokio::test(flavor = "local")]
async fn nothing_stays_by_accident() {
    let fixture = Fixture::new().await;
    let set = async |value: Value, with: Value| {
        let mut all = said(json!({ "subject": "custom/door", "value": { "data": 1 } }));
        all.extend(said(json!({ "value": value })));
        all.extend(said(with));
        fixture.desk.run(&Actor::owner(), "set", all).await
    };
    let code = |done: Result<Value, _>| {
        done.map_or_else(
            |refused: lampfield_operations::failure::Failure| refused.code,
            |_| "done".to_owned(),
        )
    };
    let (data, until) =
        (json!({ "data": 1 }), json!({ "data": 1, "until": "2999-01-01T00:00:00Z" }));
    assert_eq!(code(set(data.clone(), json!({})).await), "no-end-named");
    assert_eq!(code(set(data.clone(), json!({ "keep": true })).await), "done");
    assert_eq!(code(set(data.clone(), json!({ "for": "10m" })).await), "done");
    assert_eq!(code(set(data, json!({ "for": "10m", "keep": true })).await), "kept-and-ending");
    assert_eq!(code(set(until.clone(), json!({})).await), "done");
    assert_eq!(code(set(until, json!({ "keep": true })).await), "kept-and-ending");
    let device = json!({ "subject": "PJSIP/1", "value": "INUSE" });
    let refused = fixture.desk.run(&Actor::owner(), "set", said(device)).await.expect_err("stays");
    assert!(
        refused.to_string().contains("--keep") && !refused.to_string().contains("--for"),
        "{refused}"
    );
}

#[tokio::test(flavor = "local")]
async fn a_watch_takes_the_same_filter() {
    let fixture = with_lamps().await;
    let paris = at_site(&fixture, "pbx-2", "paris").await;
    let owner = Actor::owner();
    let told = async |filter: &str| {
        let mut watching =
            fixture.desk.watch(&owner, said(json!({ "filter": filter }))).expect("a watch");
        for value in ["BUSY", "INUSE"] {
            set(&fixture.desk, &paris, "PJSIP/300", value).await;
            set(&fixture.desk, &owner, "PJSIP/400", value).await;
        }
        let mut told = Vec::new();
        while let Ok(line) = tokio::time::timeout(Duration::from_millis(20), watching.next()).await
        {
            let line = serde_json::to_value(line.expect("a line")).expect("JSON");
            let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
            told.push(format!("{} {}", text(&line["subject"]), text(&line["value"])));
        }
        told
    };
    assert_eq!(told("").await.len(), 4);
    assert_eq!(told("300").await, ["device/PJSIP/300 BUSY", "device/PJSIP/300 INUSE"]);
    assert_eq!(told("state:busy").await, ["device/PJSIP/300 BUSY", "device/PJSIP/400 BUSY"]);
    assert_eq!(told("site:paris state:inuse").await, ["device/PJSIP/300 INUSE"]);
    assert_eq!(told("not site:paris origin:lampfield*").await.len(), 2);
    assert_eq!(told("is:stale").await, [""; 0]);
    let wrong = fixture.desk.watch(&owner, said(json!({ "filter": "for:" })));
    assert_eq!(wrong.map(drop).expect_err("no time").code, "wrong-filter");
}

/// So many lamps, said by hand.
fn with_many_lamps(fixture: &Fixture, lamps: usize) {
    let shell = fixture.desk.boards.get(&board("a.example")).expect("a board");
    let account = AccountName::parse("pbx-a@a.example").expect("an account");
    let origin = Origin::new(account, Identity::parse("x").expect("an identity"));
    for number in 0..lamps {
        let said = Publication {
            identity: origin.identity.clone(),
            subject: Subject::device(&format!("PJSIP/{number}")).expect("a device"),
            value: DeviceState::InUse.into(),
            cachable: Cachable::Yes,
            protocol: Protocol::Cli,
            is_again: false,
        };
        shell.act(|hub, now| hub.set(&origin, said, now)).expect("set");
    }
}

/// Lamps go on changing while somebody lists a hundred thousand of them.
#[tokio::test(flavor = "local")]
async fn a_list_of_many_lamps_lets_others_have_their_turn() {
    let fixture = Fixture::new().await;
    with_many_lamps(&fixture, 5_000);
    let turns = Rc::new(Cell::new(0));
    let counted = Rc::clone(&turns);
    let others = tokio::task::spawn_local(async move {
        loop {
            counted.set(counted.get() + 1);
            tokio::task::yield_now().await;
        }
    });
    let listed = list(&fixture, json!({ "filter": "not is:flapping" })).await;
    others.abort();
    assert_eq!((&listed["total"], names(&listed).len()), (&5_000.into(), 100));
    assert!(turns.get() >= 5_000 / 500, "only {} turns", turns.get());
}
