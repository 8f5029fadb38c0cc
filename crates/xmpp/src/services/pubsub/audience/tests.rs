//! Who hears of a node while streams and subscriptions come and go.

use std::rc::Rc;

use lampfield_accounts::Role;
use lampfield_xmpp_stream::Jid;

use super::super::codec::Broadcast;
use super::super::engine::NodeName;
use super::{Audiences, MOST};
use crate::router::Router;
use crate::services::fixture::{Fixture, TestClient, run};

const SERVICE: &str = "pubsub.example.org";

fn ask(player: &TestClient, inside: &str) {
    let pubsub = format!("<pubsub xmlns='http://jabber.org/protocol/pubsub'>{inside}</pubsub>");
    player.says(&format!("<iq type='set' id='i' to='{SERVICE}'>{pubsub}</iq>"));
}

/// Publishes this item, and tells who of the listeners hears of it.
async fn hearers(
    fixture: &Fixture,
    carol: &TestClient,
    item: &str,
    listeners: &[&TestClient],
) -> Vec<bool> {
    ask(carol, &format!("<publish node='n'><item id='{item}'><x xmlns='urn:x'/></item></publish>"));
    fixture.settle().await;
    let told = format!("<items node='n'><item id='{item}'><x xmlns='urn:x'/></item></items>");
    listeners.iter().map(|listener| listener.hears().contains(&told)).collect()
}

#[test]
fn an_address_stands_for_the_streams_that_are_there_now() {
    run(async || {
        let fixture = Fixture::open(&[("carol", Role::User), ("dave", Role::User)]).await;
        let carol = fixture.enter("carol", "c").await;
        let (desk, phone) =
            (fixture.enter("dave", "desk").await, fixture.enter("dave", "phone").await);
        ask(&carol, "<create node='n'/>");
        let mut numbers = (0..).map(|number: u32| number.to_string());
        let mut who_hears = async |listeners: &[&TestClient]| {
            let item = numbers.next().unwrap();
            hearers(&fixture, &carol, &item, listeners).await
        };
        assert_eq!(who_hears(&[&desk, &phone]).await, [false, false], "nobody has subscribed");
        ask(&desk, "<subscribe node='n' jid='dave@example.org'/>");
        assert_eq!(who_hears(&[&desk, &phone]).await, [true, true], "none says it is available");
        phone.says("<presence/>");
        assert_eq!(who_hears(&[&desk, &phone]).await, [false, true], "only one is available");
        phone.says("<presence type='unavailable'/>");
        assert_eq!(who_hears(&[&desk, &phone]).await, [true, true]);
        desk.is_gone();
        let again = fixture.enter("dave", "desk").await;
        assert_eq!(who_hears(&[&again, &phone]).await, [true, true], "a new stream is found");
        ask(&phone, "<unsubscribe node='n' jid='dave@example.org'/>");
        ask(&phone, "<subscribe node='n' jid='dave@example.org/phone'/>");
        assert_eq!(who_hears(&[&again, &phone]).await, [false, true], "one resource");
    });
}

#[test]
fn what_is_kept_is_bounded() {
    let router = Router::default();
    let mut audiences = Audiences::default();
    let to: Rc<[Jid]> =
        (0..10_000).map(|number| Jid::parse(&format!("u{number}@example.org")).unwrap()).collect();
    for number in 0..50 {
        let node = NodeName::parse(&format!("n{number}")).unwrap();
        let broadcast =
            Broadcast { node, from: SERVICE.into(), to: Rc::clone(&to), tail: Vec::new() };
        audiences.tell(&router, &broadcast);
        audiences.tell(&router, &broadcast);
        let kept = audiences.of_nodes.values().map(super::Audience::size).sum::<usize>();
        assert_eq!(audiences.size, kept);
        assert!(kept <= MOST, "{kept}");
        assert!(audiences.of_nodes.contains_key(&broadcast.node));
    }
}
