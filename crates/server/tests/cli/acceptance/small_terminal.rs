//! Check 10: on a terminal of 80 by 24 in the `C` locale `status` and `why` have nothing but ASCII in them, and no line of
//! theirs wraps. `top` has tests of its own.

use crate::client::Client;
use crate::server::Server;
use crate::terminal::Terminal;

const CONFIG: &str = "[lease]\ngrace = '1s'\n[[domain]]\nname = 'a.example'\n\
    [[domain.account]]\nname = 'pbx-1'\npassword = 'one'\n\
    [[domain.account]]\nname = 'pbx-with-quite-a-long-name-in-a-far-away-place'\npassword = 'two'\n";
const CLEAR: &str = "tls = 'off'\nclear_text_auth = true\n";

#[test]
fn status_and_why_are_ascii_and_do_not_wrap() {
    let server = Server::start_with(CONFIG, CLEAR);
    let mut pbx = Client::log_in(server.address(), "a.example", "pbx-1", "one");
    let far = "pbx-with-quite-a-long-name-in-a-far-away-place";
    let mut far = Client::log_in(server.address(), "a.example", far, "two");
    let long = format!("PJSIP/office-{}", "long-name-".repeat(12));
    // Both names are of the same PBX, so something needs attention as well.
    for pbx in [&mut pbx, &mut far] {
        pbx.publish_device("02:00:00:00:00:01", "PJSIP/100", "RINGING");
        pbx.publish_device("02:00:00:00:00:01", &long, "INUSE");
    }
    for words in [
        &["status"][..],
        &["why", "PJSIP/100"],
        &["why", &long],
        &["why", "PJSIP/*"],
        &["why", "PJSIP/100", "--at", "-0s"],
        &["history", "PJSIP/100"],
    ] {
        let mut command = server.command(words);
        command.env("LC_ALL", "C").env("TERM", "xterm").env("NO_COLOR", "1");
        let shown = Terminal::start(command).end().1;
        assert!(shown.is_ascii(), "{words:?}: {shown}");
        let is_head = |line: &&str| line.contains("  ") && !line.contains(char::is_lowercase);
        // Below each table stands a sentence, or nothing.
        let tables: Vec<Vec<_>> = shown
            .split("\r\n\r\n")
            .map(|part| {
                let table = part.lines().skip_while(|line| !is_head(line));
                table.take_while(|line| line.contains("  ")).collect()
            })
            .collect();
        let rows: Vec<_> = tables.concat();
        assert!(rows.len() > 1 && rows.iter().all(|row| row.len() <= 80), "{words:?}: {rows:#?}");
    }
}
