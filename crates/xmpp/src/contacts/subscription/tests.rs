//! The tables of RFC 6121 appendix A, copied row by row and compared with the two halves.

use super::Direction::{Inbound, Outbound};
use super::Passage::{Ends, On};
use super::SubscriptionStep::{Subscribe, Subscribed, Unsubscribe, Unsubscribed};
use super::*;

/// The states in the order of the standard's tables: None, None + Pending Out, None + Pending In,
/// None + Pending Out+In, To, To + Pending In, From, From + Pending Out, Both.
const STATES: [(&str, Half, Half); 9] = [
    ("N", Half::No, Half::No),
    ("NO", Half::Asked, Half::No),
    ("NI", Half::No, Half::Asked),
    ("NOI", Half::Asked, Half::Asked),
    ("T", Half::Yes, Half::No),
    ("TI", Half::Yes, Half::Asked),
    ("F", Half::No, Half::Yes),
    ("FO", Half::Asked, Half::Yes),
    ("B", Half::Yes, Half::Yes),
];

/// For each table the new state and the passage, in the order of `STATES`.
type Table = (&'static str, Direction, SubscriptionStep, [(&'static str, Passage); 9]);

#[rustfmt::skip]
const TABLES: [Table; 8] = [
    ("A.2.1", Outbound, Subscribe, [
        ("NO", On), ("NO", On), ("NOI", On), ("NOI", On), ("T", On), ("TI", On),
        ("FO", On), ("FO", On), ("B", On),
    ]),
    ("A.2.2", Outbound, Unsubscribe, [
        ("N", On), ("N", On), ("NI", On), ("NI", On), ("N", On), ("NI", On),
        ("F", On), ("F", On), ("F", On),
    ]),
    ("A.2.3", Outbound, Subscribed, [
        ("N", Ends), ("NO", Ends), ("F", On), ("FO", On), ("T", Ends), ("B", On),
        ("F", Ends), ("FO", Ends), ("B", Ends),
    ]),
    ("A.2.4", Outbound, Unsubscribed, [
        ("N", Ends), ("NO", Ends), ("N", On), ("NO", On), ("T", Ends), ("T", On),
        ("N", On), ("NO", On), ("T", On),
    ]),
    ("A.3.1", Inbound, Subscribe, [
        ("NI", On), ("NOI", On), ("NI", Ends), ("NOI", Ends), ("TI", On), ("TI", Ends),
        ("F", Ends), ("FO", Ends), ("B", Ends),
    ]),
    ("A.3.2", Inbound, Unsubscribe, [
        ("N", Ends), ("NO", Ends), ("N", On), ("NO", On), ("T", Ends), ("T", On),
        ("N", On), ("NO", On), ("T", On),
    ]),
    ("A.3.3", Inbound, Subscribed, [
        ("N", Ends), ("T", On), ("NI", Ends), ("TI", On), ("T", Ends), ("TI", Ends),
        ("F", Ends), ("B", On), ("B", Ends),
    ]),
    ("A.3.4", Inbound, Unsubscribed, [
        ("N", Ends), ("N", On), ("NI", Ends), ("NI", On), ("N", On), ("NI", On),
        ("F", Ends), ("F", On), ("F", On),
    ]),
];

fn name_of(subscription: PresenceSubscription) -> &'static str {
    let found =
        STATES.iter().find(|(_, to, from)| (*to, *from) == (subscription.to, subscription.from));
    found.unwrap().0
}

#[test]
fn every_row_of_the_standards_tables_holds() {
    for (table, direction, step, rows) in TABLES {
        for ((name, to, from), (expected, passage)) in STATES.into_iter().zip(rows) {
            let (next, went) = PresenceSubscription { to, from }.after(direction, step);
            assert_eq!((name_of(next), went), (expected, passage), "{table}, {name}");
        }
    }
}

#[test]
fn only_what_is_granted_is_shown() {
    let shown: Vec<_> = STATES
        .map(|(_, to, from)| PresenceSubscription { to, from }.as_str())
        .into_iter()
        .collect();
    assert_eq!(shown, ["none", "none", "none", "none", "to", "to", "from", "from", "both"]);
}

#[test]
fn steps_are_their_stanza_types() {
    for step in SubscriptionStep::ALL {
        assert_eq!(SubscriptionStep::parse(step.as_str()), Some(step));
    }
    assert_eq!(SubscriptionStep::parse("probe"), None);
}
