//! What every bus must do, run against each of them.

use std::time::Duration;

use lampfield_fabric::{BusError, Delivery, Message, Messaging, Subscription, Topic};
use tokio::time::timeout;

/// Far longer than any delivery takes.
const SOON: Duration = Duration::from_secs(10);

fn topic(text: &str) -> Topic {
    Topic::parse(text).unwrap()
}

fn message(on: &str, payload: impl Into<Vec<u8>>) -> Message {
    Message { topic: topic(on), payload: payload.into().into(), reply_to: None }
}

async fn next(subscription: &mut Subscription) -> Delivery {
    timeout(SOON, subscription.next()).await.expect("a delivery").expect("the bus is there")
}

pub async fn a_subscriber_gets_what_is_published_after_it_came(bus: impl Messaging) {
    bus.publish(message("lamps.100", "before")).unwrap();
    let mut first = bus.subscribe(topic("lamps.100")).await.unwrap();
    let mut second = bus.subscribe(topic("lamps.100")).await.unwrap();
    for payload in ["one", "two", "three"] {
        bus.publish(message("lamps.100", payload)).unwrap();
    }
    for payload in ["one", "two", "three"] {
        let expected = Delivery::Message(message("lamps.100", payload));
        assert_eq!(next(&mut first).await, expected);
        assert_eq!(next(&mut second).await, expected);
    }
}

pub async fn topics_are_exact(bus: impl Messaging) {
    let mut wanted = bus.subscribe(topic("a.b")).await.unwrap();
    for other in ["a", "a.b.c", "a.bb", "A.b"] {
        bus.publish(message(other, "other")).unwrap();
    }
    bus.publish(message("a.b", "mine")).unwrap();
    assert_eq!(next(&mut wanted).await, Delivery::Message(message("a.b", "mine")));
    for bad in ["", ".", "a.", ".a", "a..b", "a b", "a.*", "a.>", "ä"] {
        assert!(matches!(Topic::parse(bad), Err(BusError::BadTopic { .. })), "{bad:?}");
    }
    assert!(Topic::parse(&"a".repeat(256)).is_err());
}

pub async fn a_slow_subscriber_is_told_that_it_missed_something(bus: impl Messaging) {
    let mut slow = bus.subscribe(topic("flood")).await.unwrap();
    let count: u32 = 200_000;
    for number in 0..count {
        bus.publish(message("flood", number.to_string())).unwrap();
    }
    let mut seen = Vec::new();
    while let Delivery::Message(message) = next(&mut slow).await {
        seen.push(message.payload);
    }
    assert!(seen.len() < count as usize, "the queue is bounded");
    let expected = (0..seen.len()).map(|number| number.to_string());
    assert!(seen.iter().map(|payload| String::from_utf8_lossy(payload)).eq(expected), "no hole");

    bus.publish(message("flood", "after")).unwrap();
    assert_eq!(next(&mut slow).await, Delivery::Message(message("flood", "after")));
}

pub async fn a_request_collects_every_reply_until_its_deadline(bus: impl Messaging) {
    for name in ["one", "two"] {
        let mut questions = bus.subscribe(topic("question")).await.unwrap();
        let bus = bus.clone();
        tokio::spawn(async move {
            let Delivery::Message(question) = next(&mut questions).await else { return };
            let topic = question.reply_to.expect("a request says where to answer");
            for part in 0..2 {
                let payload = format!("{name} {part}").into();
                bus.publish(Message { topic: topic.clone(), payload, reply_to: None }).unwrap();
            }
        });
    }
    let wait = Duration::from_millis(500);
    let mut replies = bus.request(topic("question"), "who?".into(), wait).await.unwrap();
    let mut seen = Vec::new();
    while let Some(Delivery::Message(reply)) = replies.next().await {
        seen.push(String::from_utf8(reply.payload.to_vec()).unwrap());
    }
    seen.sort();
    assert_eq!(seen, ["one 0", "one 1", "two 0", "two 1"]);
}

pub async fn requests_hear_their_own_replies_only(bus: impl Messaging) {
    let mut questions = bus.subscribe(topic("question")).await.unwrap();
    let wait = Duration::from_millis(300);
    let mut first = bus.request(topic("question"), "one".into(), wait).await.unwrap();
    let mut second = bus.request(topic("question"), "two".into(), wait).await.unwrap();
    for _ in 0..2 {
        let Delivery::Message(question) = next(&mut questions).await else { panic!("missed") };
        let topic = question.reply_to.expect("a request says where to answer");
        bus.publish(Message { topic, payload: question.payload, reply_to: None }).unwrap();
    }
    for (replies, expected) in [(&mut first, "one"), (&mut second, "two")] {
        let Some(Delivery::Message(reply)) = replies.next().await else { panic!("no reply") };
        assert_eq!(reply.payload, expected);
        assert_eq!(replies.next().await, None);
    }
}

pub async fn a_request_that_nobody_answers_ends_at_its_deadline(bus: impl Messaging) {
    let wait = Duration::from_millis(50);
    let mut replies = bus.request(topic("nobody"), "who?".into(), wait).await.unwrap();
    assert_eq!(timeout(SOON, replies.next()).await.expect("the deadline holds"), None);
    assert_eq!(replies.next().await, None, "and stays over");
}

pub async fn too_long_a_message_is_refused<B: Messaging>(bus: B) {
    let long = message("long", vec![0; B::MAX_PAYLOAD + 1]);
    assert!(matches!(bus.publish(long), Err(BusError::TooLong { .. })));
    bus.publish(message("long", vec![0; B::MAX_PAYLOAD])).unwrap();
}

pub async fn this_node_is_a_member(bus: impl Messaging) {
    assert!(bus.nodes().borrow().contains(&bus.node()));
}
