//! What makes a kind one of this program: a door publishes it, all who watch hear of it, it survives a restart, and it can
//! be asked about. The door is the worked one of `docs/contributing/a-new-door.md`, the kinds are those of the list.

use std::path::Path;
use std::rc::Rc;
use std::time::Duration;

use lampfield_accounts::{AccountChanges, AccountSource, BareJid, NewAccount, NewPassword, Role};
use lampfield_board::{Kind, Pattern};
use lampfield_fabric::Storage;
use lampfield_hub::Settings;
use lampfield_hub::kit::DoorBoards;
use lampfield_operations::{Actor, Arguments, Desk};
use serde_json::{Value as Json, json};
use tokio::task::LocalSet;

use crate::fixture::{self, said};
use crate::line_door::LineDoor;
use crate::program::Program;

const ACCOUNT: &str = "server1@a.example";
const PASSWORD: &str = "secret";

/// A desk on the store of a folder, and the line door on the same board.
async fn open(folder: &Path) -> (Desk<fixture::Program>, Rc<LineDoor>, Program) {
    let desk = open_desk(folder).await;
    let (door, program) = open_door(&desk, folder).await;
    (desk, door, program)
}

async fn open_desk(folder: &Path) -> Desk<fixture::Program> {
    let host = fixture::Program::of(&["a.example"]);
    let desk = fixture::desk(folder, Settings::default(), host).await;
    desk.boards.run();
    desk
}

async fn open_door(desk: &Desk<fixture::Program>, folder: &Path) -> (Rc<LineDoor>, Program) {
    let (jid, given) = (BareJid::parse(ACCOUNT).unwrap(), NewPassword::Given(PASSWORD.to_owned()));
    if desk.accounts.get(&jid).is_none() {
        let new = NewAccount::usual(jid, given, Role::Pbx, AccountSource::Cli);
        desk.accounts.add(new).await.unwrap();
    }
    let (board, socket) = (fixture::board("a.example"), folder.join("lines"));
    let _of_the_last_run = std::fs::remove_file(&socket);
    let (accounts, boards) = (Rc::clone(&desk.accounts), DoorBoards::of(&desk.boards));
    let door = LineDoor::open(&boards, &board, accounts, &socket).await.unwrap();
    let program = Program::login(&socket, ACCOUNT, PASSWORD).await;
    (door, program)
}

async fn ask(desk: &Desk<fixture::Program>, what: &str, with: Json) -> Json {
    desk.run(&Actor::owner(), what, said(with)).await.expect(what)
}

fn subject(kind: Kind) -> String {
    format!("{kind}/x-1")
}

/// How the door tells of a lamp: what it shows, as JSON.
fn told(line: &str, kind: Kind) -> Json {
    let rest = line.strip_prefix(&format!("lamp\t{}\t", subject(kind)));
    serde_json::from_str(rest.unwrap_or_else(|| panic!("{line}"))).unwrap()
}

/// A program says something of a kind; whoever watches hears it at once.
async fn publish(desk: &Desk<fixture::Program>, program: &mut Program, kind: Kind) {
    let subject = subject(kind);
    let example = &kind.examples()[0];
    let mut watching = desk.watch(&Actor::owner(), said(json!({ "filter": subject }))).unwrap();
    program.asks(&format!("watch\t{kind}"), "ok").await;
    program.says(&format!("say\t{subject}\t{}", serde_json::to_string(example).unwrap())).await;
    let lamp = told(&program.line().await, kind);
    let shown = kind.from_json(lamp.clone()).unwrap();
    assert!(example.repeats(&shown) || kind == Kind::Conference, "{kind} shows {shown}");
    program.hears(&format!("stored\t{subject}")).await;
    let line = serde_json::to_value(watching.next().await.unwrap()).unwrap();
    assert_eq!((&line["subject"], &line["aggregate"]), (&json!(subject), &lamp), "{line}");
}

/// Every way to ask about a lamp tells of one of this kind. Gives what it shows.
async fn asked(desk: &Desk<fixture::Program>, kind: Kind) -> Json {
    let subject = subject(kind);
    let why = ask(desk, "why", json!({ "subject": subject })).await;
    let lamp = why["aggregate"].clone();
    let fact = &why["facts"][0];
    assert_eq!((&why["kind"], &fact["protocol"]), (&json!(kind.as_str()), &json!("script")));
    assert_eq!((&fact["value"], &fact["decides"]), (&lamp, &json!(true)), "{why}");
    let history = ask(desk, "history", json!({ "subject": subject })).await;
    let event = &history["events"][0];
    assert_eq!((&event["value"], &event["aggregate"]), (&lamp, &lamp), "{history}");
    for asked in [json!({ "filter": "*/x-1" }), json!({ "kind": kind.as_str() })] {
        let list = ask(desk, "list", asked).await;
        let lamps = list["lamps"].as_array().expect("a list");
        let listed = lamps.iter().find(|one| one["subject"] == subject.as_str());
        assert_eq!(listed.map(|one| &one["aggregate"]), Some(&lamp), "{list}");
    }
    lamp
}

async fn published(folder: &Path) -> Vec<Json> {
    let (desk, _door, mut program) = open(folder).await;
    let mut lamps = Vec::new();
    for kind in Kind::ALL {
        publish(&desk, &mut program, kind).await;
        lamps.push(asked(&desk, kind).await);
    }
    desk.boards.history().close().await;
    desk.store.close(Duration::from_secs(60)).await.expect("closed");
    lamps
}

async fn after_a_restart(folder: &Path, lamps: Vec<Json>) {
    let (desk, _door, mut program) = open(folder).await;
    for (kind, lamp) in Kind::ALL.into_iter().zip(lamps) {
        assert_eq!(asked(&desk, kind).await, lamp, "{kind}");
        program.asks(&format!("watch\t{kind}"), "ok").await;
        assert_eq!(told(&program.line().await, kind), lamp, "{kind}");
    }
    let list = desk.run(&Actor::owner(), "list", Arguments::new()).await.unwrap();
    assert_eq!(list["lamps"].as_array().map(Vec::len), Some(Kind::ALL.len()), "{list}");
}

#[tokio::test]
async fn a_door_publishes_every_kind_which_survives_a_restart_and_can_be_asked_about() {
    let folder = tempfile::tempdir().unwrap();
    let lamps = LocalSet::new().run_until(published(folder.path())).await;
    LocalSet::new().run_until(after_a_restart(folder.path(), lamps)).await;
}

/// An account may say of these only, by the account book.
async fn allow(desk: &Desk<fixture::Program>, pattern: &str) {
    let allow = Some(vec![Pattern::parse(pattern).unwrap()]);
    let changes = AccountChanges { allow, ..AccountChanges::default() };
    desk.accounts.change(&BareJid::parse(ACCOUNT).unwrap(), changes).await.unwrap();
}

/// How many lamps there are.
async fn lamps(desk: &Desk<fixture::Program>) -> usize {
    let list = ask(desk, "list", json!({})).await;
    list["lamps"].as_array().expect("a list").len()
}

/// Only this door is open, so nobody else sees to it: while it is open, and for what has changed before.
async fn restricted(folder: &Path) {
    let (desk, _door, mut program) = open(folder).await;
    for name in ["PJSIP/1", "PJSIP/2", "SIP/1"] {
        let subject = format!("device/{name}");
        program.asks(&format!("say\t{subject}\t\"BUSY\""), &format!("stored\t{subject}")).await;
    }
    allow(&desk, "PJSIP/*").await;
    assert_eq!(lamps(&desk).await, 2);
    desk.store.close(Duration::from_secs(60)).await.expect("closed");
}

async fn restricted_while_the_door_was_shut(folder: &Path) {
    let desk = open_desk(folder).await;
    allow(&desk, "PJSIP/1").await;
    assert_eq!(lamps(&desk).await, 2);
    let _door = open_door(&desk, folder).await;
    assert_eq!(lamps(&desk).await, 1);
    desk.store.close(Duration::from_secs(60)).await.expect("closed");
}

#[tokio::test]
async fn what_an_account_may_not_say_any_longer_ends_at_the_worked_door_too() {
    let folder = tempfile::tempdir().unwrap();
    LocalSet::new().run_until(restricted(folder.path())).await;
    LocalSet::new().run_until(restricted_while_the_door_was_shut(folder.path())).await;
}
