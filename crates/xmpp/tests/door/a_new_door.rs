//! `docs/contributing/a-new-door.md`: its door is built as it stands there, and works beside XMPP on the same board.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::rc::Rc;
use std::time::Duration;

use lampfield_accounts::{AccountSource, BareJid, NewAccount, NewPassword, Role};
use lampfield_board::{BoardName, Protocol};
use lampfield_hub::kit::DoorBoards;

use super::client::Client;
use super::house::{House, PASSWORD, house};
use super::line_door::LineDoor;
use super::program::Program;

/// Logs a program in at the door of this folder.
async fn login(folder: &tempfile::TempDir, name: &str) -> Program {
    Program::login(&socket(folder), &format!("{name}@example.org"), PASSWORD).await
}

fn socket(folder: &tempfile::TempDir) -> PathBuf {
    folder.path().join("lines")
}

async fn open(house: &House) -> (Rc<LineDoor>, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let board = BoardName::parse("example.org").unwrap();
    let (accounts, boards) = (Rc::clone(&house.accounts), DoorBoards::of(&house.boards));
    let door = LineDoor::open(&boards, &board, accounts, &socket(&folder)).await.unwrap();
    (door, folder)
}

/// How many the door says are connected.
fn programs(house: &House) -> usize {
    let doors = house.boards.doors().into_iter();
    let of_lines = doors.filter(|door| door.protocol == Protocol::Script);
    of_lines.map(|door| door.peers).sum()
}

const SUBSCRIBE: &str = "<iq type='set' id='s1' to='pubsub.example.org'>\
    <pubsub xmlns='http://jabber.org/protocol/pubsub'>\
    <subscribe jid='a@example.org' node='device_state'/></pubsub></iq>";

fn publish(state: &str) -> String {
    format!(
        "<iq type='set' id='p1' to='pubsub.example.org'>\
         <pubsub xmlns='http://jabber.org/protocol/pubsub'><publish node='device_state'>\
         <item id='PJSIP/100'><state xmlns='http://asterisk.org' eid='02:00:00:00:00:01' \
         cachable='1'>{state}</state></item></publish></pubsub></iq>"
    )
}

#[test]
fn what_is_said_at_one_door_is_heard_at_the_other() {
    house(async |house| {
        let (_door, folder) = open(&house).await;
        let mut asterisk = Client::login(&house, "a").await;
        asterisk.send(SUBSCRIBE).await;
        asterisk.expect("id='s1'").await;
        let mut program = login(&folder, "b").await;
        program.asks("watch\tdevice", "ok").await;
        program.asks("say\tdevice/PJSIP/200\t\"INUSE\"", "lamp\tdevice/PJSIP/200\t\"INUSE\"").await;
        program.hears("stored\tdevice/PJSIP/200").await;
        asterisk.expect("<item id='PJSIP/200'><state").await;
        asterisk.expect(">INUSE</state>").await;
        asterisk.send(&publish("RINGING")).await;
        program.hears("lamp\tdevice/PJSIP/100\t\"RINGING\"").await;

        // A latecomer is told what stands, and of a goodbye at once.
        let mut late = login(&folder, "c").await;
        late.asks("watch\tdevice", "ok").await;
        let mut lamps = [late.line().await, late.line().await];
        lamps.sort();
        assert_eq!(
            lamps,
            ["lamp\tdevice/PJSIP/100\t\"RINGING\"", "lamp\tdevice/PJSIP/200\t\"INUSE\""]
        );
        program.says("bye").await;
        late.hears("lamp\tdevice/PJSIP/200").await;
        asterisk.expect(">UNKNOWN</state>").await;
    });
}

#[test]
fn what_cannot_be_done_is_answered_and_harms_nobody() {
    house(async |house| {
        let (door, folder) = open(&house).await;
        let mut program = Program::connect(&socket(&folder)).await;
        program.asks("watch\tdevice", "error\tlog in first").await;
        program.says("login\tb@example.org\twrong").await;
        assert!(program.line().await.starts_with("error\t"));
        program.asks(&format!("login\tb@example.org\t{PASSWORD}"), "ok").await;
        for wrong in [
            "say\tdevice/PJSIP/1\tINUSE",
            "say\tdevice/PJSIP/1\t\"DANCING\"",
            "say\tnothing\t\"INUSE\"",
            "watch\tweather",
            "dance",
            "",
        ] {
            program.says(wrong).await;
            assert!(program.line().await.starts_with("error\t"), "{wrong}");
        }
        // A user may say nothing unless granted.
        let mut user = login(&folder, "user").await;
        let refused = "error\tthe account may not publish device/PJSIP/1";
        user.asks("say\tdevice/PJSIP/1\t\"INUSE\"", refused).await;
        let mut endless = Program::connect(&socket(&folder)).await;
        endless.says(&"x".repeat(20_000)).await;
        assert!(endless.line().await.contains("at most"));
        assert_eq!(programs(&house), 2, "as status shows it");
        drop((program, user, endless));
        while programs(&house) > 0 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        drop(door);
    });
}

/// The accounts of all domains are in one book, and the right password of one is no right to the board of another.
#[test]
fn an_account_of_another_board_is_not_let_in() {
    house(async |house| {
        let (_door, folder) = open(&house).await;
        let jid = BareJid::parse("pbx@other.example").unwrap();
        let password = NewPassword::Given(PASSWORD.to_owned());
        let new = NewAccount::usual(jid, password, Role::Pbx, AccountSource::Cli);
        house.accounts.add(new).await.unwrap();
        let mut stranger = Program::connect(&socket(&folder)).await;
        let refused = "error\tpbx@other.example is not at the board example.org";
        stranger.asks(&format!("login\tpbx@other.example\t{PASSWORD}"), refused).await;
        stranger.asks("watch\tdevice", "error\tlog in first").await;
        assert_eq!(programs(&house), 0);
    });
}

#[test]
fn a_program_goes_with_its_account() {
    house(async |house| {
        let (_door, folder) = open(&house).await;
        let mut other = login(&folder, "a").await;
        other.asks("watch\tdevice", "ok").await;
        let mut program = login(&folder, "b").await;
        program.asks("say\tdevice/PJSIP/1\t\"INUSE\"", "stored\tdevice/PJSIP/1").await;
        other.hears("lamp\tdevice/PJSIP/1\t\"INUSE\"").await;
        let jid = BareJid::parse("b@example.org").unwrap();
        house.accounts.remove(&jid).await.unwrap();
        other.hears("lamp\tdevice/PJSIP/1").await;
        assert_eq!(program.line().await, "", "the connection has ended");
    });
}

/// One program asks for all the time and reads nothing: the others go on, and it is told the newest in the end.
#[test]
fn a_program_that_does_not_read_slows_nobody() {
    house(async |house| {
        let (_door, folder) = open(&house).await;
        let mut idle = login(&folder, "b").await;
        idle.asks("watch\tdevice", "ok").await;
        let mut busy = login(&folder, "c").await;
        for round in 0..40 {
            for number in 0..500 {
                let state = if round % 2 == 0 { "INUSE" } else { "RINGING" };
                busy.says(&format!("say\tdevice/PJSIP/{number}\t\"{state}\"")).await;
            }
            for _ in 0..500 {
                assert!(busy.line().await.starts_with("stored\t"));
            }
        }
        let mut newest = BTreeMap::new();
        while newest.len() < 500 || newest.values().any(|state| state != "\"RINGING\"") {
            let line = idle.line().await;
            let mut fields = line.split('\t').skip(1).map(str::to_owned);
            newest.insert(fields.next().unwrap(), fields.next().unwrap());
        }
    });
}

/// The page holds the door word for word.
#[test]
fn the_page_has_the_door_that_was_tried() {
    let page = include_str!("../../../../docs/contributing/a-new-door.md");
    let door = include_str!("line_door.rs");
    assert!(door.lines().count() < 300);
    assert!(page.contains(door), "put crates/xmpp/tests/door/line_door.rs into the page");
}

/// A stranger who makes the crate by the page has all that its code needs, and no more.
#[test]
fn the_page_names_the_crates_that_its_code_needs() {
    let page = include_str!("../../../../docs/contributing/a-new-door.md");
    let (_, manifest) = page.split_once("\n[dependencies]\n").unwrap();
    let (named, _) = manifest.split_once("```").unwrap();
    let named: Vec<_> =
        named.lines().filter_map(|line| line.strip_suffix(".workspace = true")).collect();
    let code = include_str!("line_door.rs");
    let needs = |name: &str| {
        let path = format!("{}::", name.replace('-', "_"));
        let is_in_word = |before: char| before.is_alphanumeric() || before == '_' || before == ':';
        code.match_indices(&path).any(|(at, _)| !code[..at].ends_with(is_in_word))
    };
    let all = include_str!("../../../../Cargo.toml");
    let (_, all) = all.split_once("[workspace.dependencies]").unwrap();
    let all = all
        .lines()
        .take_while(|line| !line.starts_with('['))
        .filter_map(|line| line.split_once(" = "));
    let mut needed: Vec<_> = all.map(|(name, _)| name).filter(|name| needs(name)).collect();
    needed.sort_unstable();
    assert_eq!(named, needed);
}
