//! What comes when: events, results, and the newest item for a new subscriber.

use lampfield_board::Kind;
use lampfield_fabric::{Bucket, Storage};
use lampfield_hub::PeerCache;

use crate::accounts::Role;
use crate::services::stage::{Player, Stage, play};

fn ask(player: &Player, id: &str, inside: &str) {
    let pubsub = format!("<pubsub xmlns='http://jabber.org/protocol/pubsub'>{inside}</pubsub>");
    player.says(&format!("<iq type='set' id='{id}' to='pubsub.example.org'>{pubsub}</iq>"));
}

fn publish(player: &Player, text: &str) {
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
async fn scene() -> (Stage, Player, Player) {
    let stage = Stage::open(&[("carol", Role::User), ("dave", Role::User)]).await;
    let (carol, dave) = (stage.enter("carol", "c").await, stage.enter("dave", "d").await);
    ask(&carol, "c", "<create node='n'/>");
    publish(&carol, "old");
    stage.settle().await;
    (stage, carol, dave)
}

const SUBSCRIBE: &str = "<subscribe node='n' jid='dave@example.org'/>";
const WORDS: [&str; 3] = ["subscribed", ">old<", ">new<"];

#[test]
fn the_newest_item_comes_after_the_subscription() {
    play(async || {
        let (stage, _carol, dave) = scene().await;
        ask(&dave, "s", SUBSCRIBE);
        assert_eq!(order(&dave.hears(), &WORDS), [""; 0], "nothing is stored yet");
        stage.settle().await;
        assert_eq!(order(&dave.hears(), &WORDS), ["subscribed", ">old<"]);
    });
}

#[test]
fn the_newest_item_never_comes_after_a_newer_one() {
    play(async || {
        let (stage, carol, dave) = scene().await;
        ask(&dave, "s", SUBSCRIBE);
        publish(&carol, "new");
        stage.settle().await;
        assert_eq!(order(&dave.hears(), &WORDS), [">new<", "subscribed", ">new<"]);
    });
}

#[test]
fn whoever_has_changed_his_mind_gets_no_item() {
    play(async || {
        let (stage, _carol, dave) = scene().await;
        ask(&dave, "s", SUBSCRIBE);
        ask(&dave, "u", &SUBSCRIBE.replace("subscribe ", "unsubscribe "));
        stage.settle().await;
        assert_eq!(order(&dave.hears(), &WORDS), ["subscribed"]);
    });
}

#[test]
fn a_change_without_room_in_the_store_is_never_acknowledged_and_stored_later() {
    play(async || {
        let (stage, carol, dave) = scene().await;
        let disk = stage.fill();
        for round in 0..3 {
            ask(&dave, "s", SUBSCRIBE);
            let heard = dave.hears();
            assert!(heard.contains("<resource-constraint"), "round {round}: {heard}");
            ask(&carol, "c", "<create node='other'/>");
            let heard = carol.hears();
            assert!(heard.contains("<resource-constraint"), "round {round}: {heard}");
        }
        disk.execute_batch("COMMIT").unwrap();
        while !stage.door.site.ledger.is_empty() {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
        ask(&dave, "s", SUBSCRIBE);
        stage.settle().await;
        assert!(dave.hears().contains("subscribed"));
        let store = stage.door.site.ledger.store();
        let page = store.scan(Bucket::Subscriptions, "", None, 10).await.unwrap();
        assert_eq!(page.rows.len(), 1, "{page:?}");
    });
}

/// A crash came between the end of the account and the end of what was kept for it.
#[test]
fn what_is_left_of_accounts_that_are_gone_is_tidied_away() {
    play(async || {
        let (stage, carol, dave) = scene().await;
        stage.add("ghost", Role::User).await;
        let ghost = stage.enter("ghost", "g").await;
        stage.door.site.accounts.remove(&ghost.session.bare).await.unwrap();
        let hub = stage.door.telephony.hub().clone();
        hub.act(|hub, _| hub.watch(&ghost.session.name, Kind::Mailbox, PeerCache::Survives));
        ask(&ghost, "c", "<create node='haunted'/>");
        ask(&ghost, "s", "<subscribe node='n' jid='ghost@example.org'/>");
        stage.settle().await;
        stage.door.tidy();
        stage.settle().await;
        assert!(hub.read(|hub, _| hub.accounts()).is_empty());
        let left = stage.door.services.accounts(&stage.door.site);
        assert_eq!(left.iter().map(|jid| jid.as_str()).collect::<Vec<_>>(), ["carol@example.org"]);
        drop((carol, dave));
    });
}
