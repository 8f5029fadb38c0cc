//! What comes when: events, results, and the newest item for a new subscriber.

use lampfield_accounts::Role;
use lampfield_fabric::{Bucket, Storage};

use crate::services::fixture::{Fixture, TestClient, run};

fn ask(player: &TestClient, id: &str, inside: &str) {
    let pubsub = format!("<pubsub xmlns='http://jabber.org/protocol/pubsub'>{inside}</pubsub>");
    player.says(&format!("<iq type='set' id='{id}' to='pubsub.example.org'>{pubsub}</iq>"));
}

fn publish(player: &TestClient, text: &str) {
    let entry = format!("<entry xmlns='urn:e'>{text}</entry>");
    ask(player, "p", &format!("<publish node='n'><item id='1'>{entry}</item></publish>"));
}

/// What matters of a text, in its order.
fn order<'w>(text: &str, words: &[&'w str]) -> Vec<&'w str> {
    let mut found: Vec<_> =
        words.iter().flat_map(|word| text.match_indices(word).map(|(at, _)| (at, *word))).collect();
    found.sort_unstable();
    found.into_iter().map(|(_, word)| word).collect()
}

/// Carol has published on a node of hers; Dave is connected.
async fn scene() -> (Fixture, TestClient, TestClient) {
    let fixture = Fixture::open(&[("carol", Role::User), ("dave", Role::User)]).await;
    let (carol, dave) = (fixture.enter("carol", "c").await, fixture.enter("dave", "d").await);
    ask(&carol, "c", "<create node='n'/>");
    publish(&carol, "old");
    fixture.settle().await;
    (fixture, carol, dave)
}

const SUBSCRIBE: &str = "<subscribe node='n' jid='dave@example.org'/>";
const WORDS: [&str; 3] = ["subscribed", ">old<", ">new<"];

#[test]
fn the_newest_item_comes_after_the_subscription() {
    run(async || {
        let (fixture, _carol, dave) = scene().await;
        ask(&dave, "s", SUBSCRIBE);
        assert_eq!(order(&dave.hears(), &WORDS), [""; 0], "nothing is stored yet");
        fixture.settle().await;
        assert_eq!(order(&dave.hears(), &WORDS), ["subscribed", ">old<"]);
    });
}

#[test]
fn the_newest_item_never_comes_after_a_newer_one() {
    run(async || {
        let (fixture, carol, dave) = scene().await;
        ask(&dave, "s", SUBSCRIBE);
        publish(&carol, "new");
        fixture.settle().await;
        assert_eq!(order(&dave.hears(), &WORDS), [">new<", "subscribed", ">new<"]);
    });
}

#[test]
fn whoever_has_changed_his_mind_gets_no_item() {
    run(async || {
        let (fixture, _carol, dave) = scene().await;
        ask(&dave, "s", SUBSCRIBE);
        ask(&dave, "u", &SUBSCRIBE.replace("subscribe ", "unsubscribe "));
        fixture.settle().await;
        assert_eq!(order(&dave.hears(), &WORDS), ["subscribed"]);
    });
}

#[test]
fn a_change_without_room_in_the_store_is_never_acknowledged_and_stored_later() {
    run(async || {
        let (fixture, carol, dave) = scene().await;
        let disk = fixture.fill();
        for round in 0..3 {
            ask(&dave, "s", SUBSCRIBE);
            let heard = dave.hears();
            assert!(heard.contains("<resource-constraint"), "round {round}: {heard}");
            ask(&carol, "c", "<create node='other'/>");
            let heard = carol.hears();
            assert!(heard.contains("<resource-constraint"), "round {round}: {heard}");
        }
        disk.execute_batch("COMMIT").unwrap();
        while !fixture.door.context.ledger.is_empty() {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
        ask(&dave, "s", SUBSCRIBE);
        fixture.settle().await;
        assert!(dave.hears().contains("subscribed"));
        let store = fixture.door.context.ledger.store();
        let page = store.scan(Bucket::Subscriptions, "", None, 10).await.unwrap();
        assert_eq!(page.rows.len(), 1, "{page:?}");
    });
}

/// A crash came between the end of the account and the end of what was kept for it.
#[test]
fn what_is_left_of_accounts_that_are_gone_is_tidied_away() {
    run(async || {
        let (fixture, carol, dave) = scene().await;
        fixture.add("ghost", Role::Pbx).await;
        let ghost = fixture.enter("ghost", "g").await;
        fixture.door.context.accounts.remove(&ghost.session.bare).await.unwrap();
        let kit = fixture.door.telephony("example.org").unwrap().kit().clone();
        ask(&ghost, "d", "<subscribe node='device_state' jid='ghost@example.org'/>");
        assert_eq!(kit.accounts().len(), 1);
        ask(&ghost, "c", "<create node='haunted'/>");
        ask(&ghost, "s", "<subscribe node='n' jid='ghost@example.org'/>");
        fixture.settle().await;
        fixture.door.tidy();
        fixture.settle().await;
        assert!(kit.accounts().is_empty());
        let left = fixture.door.services.accounts(&fixture.door.context);
        assert_eq!(left.iter().map(|jid| jid.as_str()).collect::<Vec<_>>(), ["carol@example.org"]);
        drop((carol, dave));
    });
}
