//! The desk: who may do what, and what is noted of it.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "the helpers of tests"
)]

#[path = "../../../xmpp/src/services/telephony/profiles/asterisk.rs"]
mod asterisk;
mod doors;
mod every_kind;
mod fixture;
mod giving;
#[path = "../../../xmpp/tests/door/line_door.rs"]
mod line_door;
mod listing;
mod past;
#[path = "../../../xmpp/tests/door/program.rs"]
mod program;
mod sight;

use std::collections::HashMap;

use fixture::{Fixture, Program, said, token};
use lampfield_fabric::StoreLimits;
use lampfield_fabric::testing::TornDisk;
use lampfield_hub::Settings;
use lampfield_operations::failure::Exit;
use lampfield_operations::{Actor, Answer, Arguments, OPERATIONS, Reach, Scope};
use serde_json::json;

#[tokio::test(flavor = "local")]
async fn whoever_lacks_a_scope_is_told_which_and_the_try_is_noted() {
    let fixture = Fixture::new().await;
    for definition in OPERATIONS {
        let others: Vec<_> =
            Scope::ALL.iter().copied().filter(|scope| *scope != definition.scope).collect();
        // Also where the arguments are wrong: who may not do it learns nothing of them.
        let refused = match definition.answer {
            Answer::Document(_) => {
                fixture.desk.run(&token(&others), definition.name, Arguments::new()).await.map(drop)
            }
            Answer::Lines(_) => fixture.desk.watch(&token(&others), Arguments::new()).map(drop),
        };
        let refused = refused.expect_err(definition.name);
        assert_eq!((refused.exit, refused.code.as_str()), (Exit::NotAllowed, "scope-missing"));
        assert!(refused.message.contains(definition.scope.as_str()), "{refused}");
    }
    let told = fixture.told(&Actor::owner()).await;
    let changing = OPERATIONS.iter().rev().filter(|definition| definition.changes());
    let tried = |name: &str| format!("token {name} a.example scope-missing");
    let expected: Vec<_> = changing.map(|definition| tried(definition.name)).collect();
    assert!(expected.len() > 5 && told == expected, "{told:?}");
}

#[tokio::test(flavor = "local")]
async fn somebody_of_one_board_reads_of_nothing_else() {
    let fixture = Fixture::new().await;
    let (owner, wall) = (Actor::owner(), token(Scope::ALL));
    for name in ["x@a.example", "y@b.example"] {
        let with = said(json!({ "name": name, "password": "hunter2" }));
        fixture.desk.run(&owner, "user add", with).await.expect("added");
    }
    fixture.desk.run(&owner, "log set", said(json!({ "levels": "debug" }))).await.expect("set");
    let other = said(json!({ "name": "y@b.example" }));
    let refused = fixture.desk.run(&wall, "user remove", other).await.expect_err("not its board");
    assert_eq!(refused.code, "unknown-domain");
    let of_a = ["token user remove a.example unknown-domain", "owner user add a.example done"];
    assert_eq!(fixture.told(&wall).await, of_a);
    let all = [of_a[0], "owner log set - done", "owner user add b.example done", of_a[1]];
    assert_eq!(fixture.told(&owner).await, all);
    let of_b = said(json!({ "board": "b.example" }));
    let refused = fixture.desk.run(&wall, "audit", of_b).await.expect_err("not its board");
    assert_eq!(refused.code, "other-board");
}

#[tokio::test(flavor = "local")]
async fn a_domain_goes_only_when_it_was_said_what_goes_with_it() {
    let fixture = Fixture::new().await;
    let (owner, desk) = (Actor::owner(), &fixture.desk);
    for name in ["x@b.example", "y@b.example", "z@a.example"] {
        let with = said(json!({ "name": name, "password": "hunter2" }));
        desk.run(&owner, "user add", with).await.expect("added");
    }
    let remove = |name: &str, yes: bool| said(json!({ "name": name, "yes": yes }));
    let of_file = desk.run(&owner, "domain remove", remove("a.example", true)).await;
    let of_file = of_file.expect_err("stands in the file");
    assert_eq!((of_file.exit, of_file.code.as_str()), (Exit::Conflict, "declared-domain"));
    assert!(of_file.to_string().contains("lampfield.toml:7"), "{of_file}");
    let unsaid = desk.run(&owner, "domain remove", remove("b.example", false)).await;
    let unsaid = unsaid.expect_err("not confirmed").to_string();
    for line in ["accounts   2", "connected  2", "facts      0", "nodes      1", "--yes"] {
        assert!(unsaid.contains(line), "{unsaid}");
    }
    assert_eq!(*desk.host.log.borrow(), "");
    let gone = desk.run(&owner, "domain remove", remove("b.example", true)).await.expect("removed");
    assert_eq!((&gone["done"], &gone["gone"]["accounts"]), (&"removed".into(), &2.into()));
    assert_eq!(*desk.host.log.borrow(), "removed b.example");
    let refused = desk.run(&token(Scope::ALL), "domain remove", remove("a.example", true)).await;
    assert_eq!(refused.expect_err("the whole server").code, "whole-server");
}

/// One name may be that of a board and of a domain on another one. Whoever names a domain means that, and whoever names a
/// board means the board of that name first.
#[tokio::test(flavor = "local")]
async fn a_board_that_is_called_like_another_domain_is_not_taken_for_that_of_the_domain() {
    let elsewhere = HashMap::from([("a.example", "b.example"), ("b.example", "x")]);
    let program = Program { elsewhere, ..Program::of(&["a.example", "b.example"]) };
    let fixture = Fixture::of(Settings::default(), program).await;
    let (owner, desk) = (Actor::owner(), &fixture.desk);
    let run = |name: &'static str, with: serde_json::Value| desk.run(&owner, name, said(with));
    for (board, lamps) in [("x", ["PJSIP/1", "PJSIP/2"].as_slice()), ("b.example", &["PJSIP/9"])] {
        for lamp in lamps {
            let set = json!({ "subject": lamp, "value": "INUSE", "keep": true, "board": board });
            assert_eq!(run("set", set).await.expect("set")["board"], board);
        }
    }
    run("user add", json!({ "name": "y@b.example", "password": "hunter2" })).await.expect("added");
    run("user add", json!({ "name": "z@a.example", "password": "hunter2" })).await.expect("added");
    let refused = run("domain remove", json!({ "name": "b.example" })).await;
    let refused = refused.expect_err("not confirmed").to_string();
    assert!(refused.contains("facts      2"), "{refused}");
    run("domain change", json!({ "name": "b.example", "show_caps": true })).await.expect("changed");
    run("user remove", json!({ "name": "y@b.example" })).await.expect("removed");
    run("domain add", json!({ "name": "d.example", "board": "b.example" })).await.expect("added");
    assert_eq!(*desk.host.log.borrow(), "added d.example to b.example");
    let told = fixture.told(&owner).await;
    let expected = [
        "owner domain add b.example done",
        "owner user remove x done",
        "owner domain change x done",
        "owner domain remove x would-remove",
        "owner user add b.example done",
        "owner user add x done",
    ];
    assert_eq!(told[..expected.len()], expected);
}

/// Whoever may touch that board reads who has made it.
#[tokio::test(flavor = "local")]
async fn a_new_domain_is_noted_on_the_board_that_it_gets() {
    let fixture = Fixture::new().await;
    let (owner, desk) = (Actor::owner(), &fixture.desk);
    for (name, board, noted) in [
        ("c.example", None, "c.example"),
        ("D.Example.", None, "d.example"),
        ("e.example", Some("new"), "new"),
        ("f.example", Some("b.example"), "b.example"),
        ("b.example", None, "b.example"),
    ] {
        let with = said(json!({ "name": name, "board": board }));
        desk.run(&owner, "domain add", with).await.expect("added");
        assert_eq!(fixture.told(&owner).await[0], format!("owner domain add {noted} done"));
    }
}

/// Otherwise nobody who may touch one board would ever read of it.
#[tokio::test(flavor = "local")]
async fn every_change_on_a_board_is_noted_with_that_board() {
    let fixture = Fixture::new().await;
    let changing = OPERATIONS.iter().filter(|one| one.changes() && one.reach == Reach::Board);
    for definition in changing {
        let mut with = said(json!({
            "name": "x@b.example", "password": "hunter2", "resource": "x", "board": "b.example",
            "subject": "PJSIP/1", "value": "INUSE",
        }));
        with.retain(|name, _| definition.argument(name).is_some());
        let before = fixture.told(&Actor::owner()).await.len();
        let _done_or_refused = fixture.desk.run(&Actor::owner(), definition.name, with).await;
        let told = fixture.told(&Actor::owner()).await;
        assert_eq!(told.len(), before + 1, "{}", definition.name);
        let noted = format!("owner {} b.example ", definition.name);
        assert!(told[0].starts_with(&noted), "{}: {}", definition.name, told[0]);
    }
}

/// Nobody else knows it, and it works until a restart.
#[tokio::test(flavor = "local")]
async fn a_password_that_the_server_makes_is_shown_also_while_the_disk_is_full() {
    let (disk, folder) = (TornDisk::new(1), tempfile::tempdir().expect("a folder"));
    let store = disk.open(StoreLimits::default()).expect("a store");
    let program = Program::of(&["a.example"]);
    let desk = fixture::desk_on(store, folder.path(), Settings::default(), program).await;
    disk.stall_after(0);
    let owner = Actor::owner();
    let made = desk.run(&owner, "user add", said(json!({ "name": "x" }))).await.expect("made");
    assert!(made["password"].as_str().is_some_and(|password| !password.is_empty()), "{made}");
    let warning = &made["warnings"][0];
    assert_eq!((&warning["code"], &warning["remedy"]), (&json!("not-stored"), &json!("df -h")));
    let given = json!({ "name": "y", "password": "quite-good-1" });
    let refused = desk.run(&owner, "user add", said(given)).await.expect_err("not stored");
    assert!(refused.to_string().contains("try  df -h"), "{refused}");
}
