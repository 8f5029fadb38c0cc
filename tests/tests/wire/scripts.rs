//! The wire scripts in `tests/wire`, one test each.

use std::path::{Path, PathBuf};

use lampfield_tests::wire_script::play;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("wire")
}

macro_rules! scripts {
    ($($name:ident),* $(,)?) => {
        $(#[tokio::test]
        async fn $name() {
            play(&folder().join(concat!(stringify!($name), ".xmpp"))).await;
        })*

        const NAMES: &[&str] = &[$(stringify!($name)),*];
    };
}

scripts![
    a_new_reader_hears_of_no_old_end,
    a_stream_begins_in_clear_text,
    a_stream_begins_with_tls,
    asterisks_first_words,
    buddies_appear_by_themselves,
    collection_nodes_are_views_of_the_same_board,
    consoles_make_collections_that_are_not_kept,
    each_origin_keeps_its_item,
    errors_asterisk_can_live_with,
    lamps_are_strict_with_ordinary_clients,
    leaves_stay_a_pbxs_own,
    mailboxes,
    nodes_of_ordinary_clients,
    not_cachable_states_pass_by,
    repeats_are_free,
    subscriptions_belong_to_their_stream,
    the_sum_for_ordinary_clients,
    what_a_pbx_is_told_by_others,
    what_the_server_answers,
    who_may_look_at_facts,
];

#[test]
fn no_script_is_left_out() {
    let mut found: Vec<_> = std::fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap().path().file_stem().unwrap().to_string_lossy().into_owned())
        .collect();
    found.sort();
    let mut named = NAMES.to_vec();
    named.sort_unstable();
    assert_eq!(found, named);
}
