//! What `status` warns of for a door that does not work, until it does.

use lampfield_board::Protocol;
use lampfield_hub::DoorState;
use lampfield_hub::kit::{DoorBoards, DoorKit};
use lampfield_operations::Actor;

use crate::fixture::{Fixture, board, said};

#[tokio::test(flavor = "local")]
async fn a_door_that_does_not_work_is_told_until_it_does() {
    let fixture = Fixture::new().await;
    let boards = DoorBoards::of(&fixture.desk.boards);
    let kit = DoorKit::open(&boards, &board("a.example"), Protocol::Script).await.expect("a kit");
    let door = kit.health("192.0.2.1:8021");
    let warned = async || {
        let status = fixture.desk.run(&Actor::owner(), "status", said(serde_json::json!({}))).await;
        let status = status.expect("a status");
        let attention = status["attention"].as_array().expect("a list").iter();
        attention.map(|one| one["code"].as_str().expect("a code").to_owned()).collect::<Vec<_>>()
    };
    let error = || "wrong password".to_owned();
    let next = tokio::time::Instant::now();
    for (state, code) in [
        (DoorState::Failed { error: error() }, "door-failed"),
        (DoorState::Connecting { error: Some(error()), next }, "door-not-connected"),
    ] {
        door.set(state);
        assert_eq!(warned().await, [code]);
        door.set(DoorState::Serving);
        assert_eq!(warned().await, [""; 0]);
    }
}
