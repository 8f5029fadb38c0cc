//! The harness itself: Asterisk without any server.

use lampfield_tests::asterisk::{Asterisk, Release, Setup};

#[tokio::test]
async fn both_releases_start_answer_and_stop() {
    for (release, version) in [(Release::V22, "Asterisk 22."), (Release::V16, "Asterisk 16.")] {
        let setup =
            Setup::new(1, "[general]\ndebug=no\n").release(release).hint("1234", "Custom:lamp");
        let mut asterisk = Asterisk::start(setup).await;
        assert!(asterisk.console("core show version").starts_with(version));
        let mark = asterisk.ami().mark();
        asterisk.set_state("Custom:lamp", "RINGING").await;
        asterisk.sees("Custom:lamp", "RINGING").await;
        asterisk.hint_shows("1234", "Ringing").await;
        asterisk.set_mailbox("1000@default", 3, 1).await;
        asterisk.sees_mailbox(mark, "1000@default", 3, 1).await;
        assert_eq!(asterisk.states().await["Custom:lamp"], "RINGING");
        asterisk.kill();
        asterisk.forget();
        asterisk.run().await;
        asterisk.sees("Custom:lamp", "UNKNOWN").await;
        asterisk.stop().await;
    }
}
