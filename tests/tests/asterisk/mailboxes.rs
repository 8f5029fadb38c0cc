//! Message waiting: both directions, and for PBXs that come later.

use lampfield_tests::scene::{self, pair};
use lampfield_tests::server::Config;

#[tokio::test]
async fn counts_reach_the_other_server_and_the_newest_word_wins() {
    let (_server, a, b) = pair(&Config::plain().servers()).await;
    let (mark_a, mark_b) = (a.ami().mark(), b.ami().mark());
    a.set_mailbox("1000@default", 3, 1).await;
    b.sees_mailbox(mark_b, "1000@default", 3, 1).await;
    // No sum: what came last from anybody is what the mailbox holds.
    b.set_mailbox("1000@default", 1, 4).await;
    a.sees_mailbox(mark_a, "1000@default", 1, 4).await;
}

#[tokio::test]
async fn a_server_that_comes_later_is_told() {
    let (mut server, a, b) = pair(&Config::plain().servers()).await;
    let mark = b.ami().mark();
    a.set_mailbox("1000@default", 2, 0).await;
    b.sees_mailbox(mark, "1000@default", 2, 0).await;
    let mark = a.ami().mark();
    b.set_mailbox("2000@default", 5, 7).await;
    a.sees_mailbox(mark, "2000@default", 5, 7).await;

    let late = scene::asterisk(&mut server, 3).await;
    late.sees_mailbox(0, "1000@default", 2, 0).await;
    late.sees_mailbox(0, "2000@default", 5, 7).await;
    late.sees("MWI:1000@default", "INUSE").await;
}

/// Stock Asterisk does not repeat mailboxes after a reconnect, so they outlive its absence.
#[tokio::test]
async fn counts_outlive_the_server_that_said_them() {
    let (mut server, mut a, b) = pair(&Config::plain().servers().lease("1s", "5s")).await;
    let mark = b.ami().mark();
    a.set_mailbox("1000@default", 4, 2).await;
    a.set_state("Custom:gone", "INUSE").await;
    b.sees_mailbox(mark, "1000@default", 4, 2).await;
    b.sees("Custom:gone", "INUSE").await;
    a.kill();
    b.sees("Custom:gone", "UNKNOWN").await;

    let late = scene::asterisk(&mut server, 3).await;
    late.sees_mailbox(0, "1000@default", 4, 2).await;
}
