//! What every store and every bus must do, run on each implementation. A new implementation adds
//! one module here that opens it, and nothing else.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::string_slice,
    reason = "a test fails by panicking"
)]

mod bus;
mod store;

/// Runs the contract on a store: a place for it, and how to open it there.
macro_rules! store_contract {
    ($place:expr, $open:expr) => {
        $crate::store_contract! { @tests $place, $open;
            a_read_sees_every_earlier_write
            tickets_rise_and_are_committed_in_order
            the_newest_value_of_a_key_wins
            what_is_committed_is_there_after_a_restart
            close_stores_what_waits_and_ends_every_clone
            a_scan_walks_a_prefix_in_the_order_of_bytes
            a_scan_survives_changes_between_its_pages
            compare_and_set_takes_turns
            compare_and_set_sees_writes_that_wait
            only_one_of_many_compare_and_sets_wins
            revisions_rise_with_every_change_of_a_key
            keys_and_values_are_kept_as_they_are
            bad_keys_and_values_are_refused
            buckets_are_separate
            a_watch_shows_what_is_there_then_each_change
            a_watch_sees_its_own_prefix_only
            a_watch_that_falls_behind_is_told_and_starts_again
            a_watch_can_be_interrupted_without_loss
            watches_end_with_the_store
        }
    };
    (@tests $place:expr, $open:expr; $($name:ident)*) => { $(
        #[tokio::test]
        async fn $name() {
            let place = $place;
            crate::store::$name(|| $open(&place)).await;
        }
    )* };
}
pub(crate) use store_contract;

mod embedded {
    use lampfield_fabric::{Embedded, Store, StoreLimits};

    /// Opens a store in a folder of its own, with a watch queue short enough to overflow.
    fn open(folder: &tempfile::TempDir) -> Store {
        let limits =
            StoreLimits { watch_queue: crate::store::WATCH_QUEUE, ..StoreLimits::default() };
        Embedded::open(folder.path(), limits).unwrap().0
    }

    crate::store_contract! { tempfile::tempdir().unwrap(), open }
}

/// The least that a store may do.
mod torn {
    use lampfield_fabric::{Store, StoreLimits, testing::TornDisk};

    fn open(disk: &TornDisk) -> Store {
        let limits =
            StoreLimits { watch_queue: crate::store::WATCH_QUEUE, ..StoreLimits::default() };
        disk.open(limits).unwrap()
    }

    crate::store_contract! { TornDisk::new(7), open }
}

mod local {
    use lampfield_fabric::{Bus, LocalBus, NodeId};

    macro_rules! bus_contract {
        ($($name:ident)*) => { $(
            #[tokio::test]
            async fn $name() {
                let node = NodeId::parse("node-a").unwrap();
                crate::bus::$name(Bus::Local(LocalBus::new(node))).await;
            }
        )* };
    }

    bus_contract! {
        a_subscriber_gets_what_is_published_after_it_came
        topics_are_exact
        a_slow_subscriber_is_told_that_it_missed_something
        a_request_collects_every_reply_until_its_deadline
        requests_hear_their_own_replies_only
        a_request_that_nobody_answers_ends_at_its_deadline
        too_long_a_message_is_refused
        this_node_is_a_member
    }
}
