//! What steps and edits leave behind in a roster.

use super::*;

fn jid(name: &str) -> BareJid {
    BareJid::parse(&format!("{name}@example.org")).unwrap()
}

fn entry(name: &str) -> RosterEntry {
    RosterEntry { name: Some(name.into()), groups: vec!["friends".into()] }
}

#[test]
fn asking_makes_an_entry_that_clients_see() {
    let mut roster = Roster::default();
    let stepped =
        roster.step(&jid("bob"), Direction::Outbound, SubscriptionStep::Subscribe, None).unwrap();
    assert_eq!(stepped, Stepped { passage: Passage::On, change: ContactChange::Shown });
    assert_eq!(roster.get(&jid("bob")).unwrap().entry, Some(RosterEntry::default()));
    let again =
        roster.step(&jid("bob"), Direction::Outbound, SubscriptionStep::Subscribe, None).unwrap();
    assert_eq!(again, Stepped { passage: Passage::On, change: ContactChange::Nothing });
}

#[test]
fn a_request_is_kept_out_of_sight_until_it_is_answered() {
    let mut roster = Roster::default();
    let words = words("<status>it is me</status>");
    let asked = roster
        .step(&jid("eve"), Direction::Inbound, SubscriptionStep::Subscribe, Some(&words))
        .unwrap();
    assert_eq!(asked, Stepped { passage: Passage::On, change: ContactChange::Hidden });
    assert_eq!(roster.get(&jid("eve")).unwrap().request.as_ref(), Some(&words));
    assert_eq!(roster.get(&jid("eve")).unwrap().entry, None);

    let granted =
        roster.step(&jid("eve"), Direction::Outbound, SubscriptionStep::Subscribed, None).unwrap();
    assert_eq!(granted.change, ContactChange::Shown);
    let contact = roster.get(&jid("eve")).unwrap();
    assert_eq!((contact.subscription.as_str(), &contact.request), ("from", &None));
    assert!(contact.entry.is_some());
}

#[test]
fn a_refused_request_leaves_nothing() {
    let mut roster = Roster::default();
    roster.step(&jid("eve"), Direction::Inbound, SubscriptionStep::Subscribe, None).unwrap();
    let refused = roster
        .step(&jid("eve"), Direction::Outbound, SubscriptionStep::Unsubscribed, None)
        .unwrap();
    assert_eq!(refused, Stepped { passage: Passage::On, change: ContactChange::Hidden });
    assert!(roster.is_empty());
}

#[test]
fn steps_with_strangers_that_mean_nothing_leave_nothing() {
    let mut roster = Roster::default();
    for step in [
        SubscriptionStep::Subscribed,
        SubscriptionStep::Unsubscribe,
        SubscriptionStep::Unsubscribed,
    ] {
        for direction in [Direction::Inbound, Direction::Outbound] {
            let stepped = roster.step(&jid("eve"), direction, step, None).unwrap();
            assert_eq!(stepped.change, ContactChange::Nothing, "{direction:?} {step:?}");
            assert!(roster.is_empty(), "{direction:?} {step:?}");
        }
    }
}

#[test]
fn an_admitted_watcher_is_not_in_the_list() {
    let mut roster = Roster::default();
    assert_eq!(roster.admit(&jid("admin")), Ok(ContactChange::Hidden));
    let contact = roster.get(&jid("admin")).unwrap();
    assert_eq!((contact.subscription.from, &contact.entry), (Half::Yes, &None));
    roster.step(&jid("admin"), Direction::Inbound, SubscriptionStep::Unsubscribe, None).unwrap();
    assert!(roster.is_empty());
}

#[test]
fn setting_renames_and_keeps_the_subscription() {
    let mut roster = Roster::default();
    roster.step(&jid("bob"), Direction::Outbound, SubscriptionStep::Subscribe, None).unwrap();
    roster.set(&jid("bob"), entry("Bob")).unwrap();
    assert_eq!(roster.get(&jid("bob")).unwrap().entry, Some(entry("Bob")));
    assert_eq!(roster.subscription(&jid("bob")).to, Half::Asked);
    assert!(roster.remove(&jid("bob")));
    assert!(!roster.remove(&jid("bob")));
}

#[test]
fn a_full_roster_takes_changes_but_no_newcomers() {
    let mut roster: Roster =
        (0..MOST_CONTACTS).map(|n| (jid(&format!("u{n}")), listed())).collect();
    assert_eq!(roster.set(&jid("new"), entry("New")), Err(RosterFull::Contacts(MOST_CONTACTS)));
    assert_eq!(roster.set(&jid("u1"), entry("Old")), Ok(()));
    let asked = roster.step(&jid("new"), Direction::Inbound, SubscriptionStep::Subscribe, None);
    assert_eq!(asked, Err(RosterFull::Contacts(MOST_CONTACTS)));
}

#[test]
fn strangers_and_text_have_limits_of_their_own() {
    let mut roster = Roster::default();
    for n in 0..MOST_STRANGERS {
        let stranger = jid(&format!("s{n}"));
        roster.step(&stranger, Direction::Inbound, SubscriptionStep::Subscribe, None).unwrap();
    }
    let one_more = roster.step(&jid("eve"), Direction::Inbound, SubscriptionStep::Subscribe, None);
    assert_eq!(one_more, Err(RosterFull::Strangers(MOST_STRANGERS)));
    assert_eq!(roster.set(&jid("bob"), entry("Bob")), Ok(()));
    let long = RosterEntry { name: Some("x".repeat(MOST_BYTES).into()), groups: vec![] };
    assert_eq!(roster.set(&jid("long"), long), Err(RosterFull::Bytes(MOST_BYTES)));
    assert_eq!(roster.get(&jid("long")), None);
}

#[test]
fn the_content_of_a_long_request_is_left_out() {
    let mut roster = Roster::default();
    let long = words(&"x".repeat(MOST_REQUEST_BYTES));
    roster.step(&jid("eve"), Direction::Inbound, SubscriptionStep::Subscribe, Some(&long)).unwrap();
    let contact = roster.get(&jid("eve")).unwrap();
    assert_eq!((contact.subscription.from, &contact.request), (Half::Asked, &None));
}

#[test]
fn a_request_survives_the_store_and_so_does_one_of_an_older_version() {
    let mut contact: Contact =
        serde_json::from_str(r#"{"to":"no","from":"asked","request":"<status/>"}"#).unwrap();
    let mut kept = Words { payload: "<status/>".into(), ..Words::default() };
    assert_eq!(contact.request.as_ref(), Some(&kept));
    kept.id = Some("1".into());
    kept.lang = Some("de".into());
    contact.request = Some(kept);
    let text = serde_json::to_string(&contact).unwrap();
    assert_eq!(serde_json::from_str::<Contact>(&text).unwrap(), contact);
}

#[test]
fn a_contact_survives_the_store() {
    let contact = Contact {
        subscription: PresenceSubscription { to: Half::Asked, from: Half::Yes },
        entry: Some(entry("Bob")),
        request: None,
    };
    let text = serde_json::to_string(&contact).unwrap();
    assert_eq!(text, r#"{"to":"asked","from":"yes","entry":{"name":"Bob","groups":["friends"]}}"#);
    assert_eq!(serde_json::from_str::<Contact>(&text).unwrap(), contact);
}

fn words(payload: &str) -> Words {
    Words { id: Some("1".into()), payload: payload.into(), ..Words::default() }
}

fn listed() -> Contact {
    Contact { entry: Some(RosterEntry::default()), ..Contact::default() }
}
