//! `list`, and what else finds lamps: text and document alike, what is said of nothing, and that no table wraps.

use serde_json::Value;

use crate::client::Client;
use crate::server::Server;
use crate::terminal::Terminal;

const CONFIG: &str = "[[domain]]\nname = 'a.example'\n\
    [[domain.account]]\nname = 'pbx-1'\npassword = 'one'\nsite = 'berlin'\n\
    [lease]\ngrace = '60s'\n";
const CLEAR: &str = "tls = 'off'\nclear_text_auth = true\n";
const ONE: &str = "02:00:00:00:00:01";

/// A server with a PBX in Berlin and something that was said by hand.
fn with_lamps() -> (Server, Client) {
    let server = Server::start_with(CONFIG, CLEAR);
    let mut pbx = Client::log_in(server.address(), "a.example", "pbx-1", "one");
    for (name, state) in [("PJSIP/100", "INUSE"), ("PJSIP/101", "NOT_INUSE"), ("PJSIP/102", "BUSY")]
    {
        pbx.publish_device(ONE, name, state);
    }
    server.ask(&["set", "mailbox/1000@default", r#"{"new":3,"old":1}"#, "--keep"]);
    (server, pbx)
}

/// The first column of a table without its head and what stands below it.
fn first_column(text: &str) -> Vec<String> {
    let lines: Vec<_> = text.lines().collect();
    let rows = lines.iter().skip(1).take(lines.len().saturating_sub(2));
    rows.filter_map(|line| line.split("  ").next()).map(str::to_owned).collect()
}

#[test]
fn a_list_is_the_same_as_text_and_as_a_document() {
    let (server, _pbx) = with_lamps();
    for arguments in [
        &["list"][..],
        &["list", "device"],
        &["list", "100-101", "not", "state:busy"],
        &["list", "site:berlin", "--sort", "-name", "--limit", "2"],
        &["why", "PJSIP/*"],
    ] {
        let (text, document) =
            (server.ask(arguments).out, server.ask(&[arguments, &["--json"]].concat()).json());
        let text = text.split("next:").next().unwrap_or_default();
        let lamps = document["lamps"].as_array().expect("lamps").iter();
        let lamps: Vec<_> = lamps.map(|lamp| lamp["subject"].as_str().expect("a name")).collect();
        assert_eq!(first_column(text), lamps, "{arguments:?} {text}");
    }
    let text =
        server.ask(&["list", "device", "--ascii", "--columns", "subject,lamp,by,facts,site"]);
    assert_eq!(
        text.out,
        "SUBJECT           LAMP         SAID BY          FACTS  SITE\n\
         device/PJSIP/100  U INUSE      pbx-1@a.example      1  berlin\n\
         device/PJSIP/101  . NOT_INUSE  pbx-1@a.example      1  berlin\n\
         device/PJSIP/102  B BUSY       pbx-1@a.example      1  berlin\n\
         3 lamps of the board a.example: 1 BUSY, 1 INUSE, 1 NOT_INUSE\n"
    );
    let cut = server.ask(&["list", "--limit", "1"]).out;
    assert!(
        cut.contains("\n4 lamps of") && cut.contains("; 1 shown, --all for the rest\n"),
        "{cut}"
    );
    assert!(!server.ask(&["list", "--all"]).out.contains("shown"));
}

#[test]
fn what_matches_nothing_says_why_and_what_would() {
    let (server, _pbx) = with_lamps();
    let ran = server.ask(&["list", "site:berln"]);
    assert_eq!(ran.code, Some(5));
    assert_eq!(
        ran.out,
        "No lamp on the board a.example matches site:berln\n\
         TERM        ALONE IT MATCHES\n\
         site:berln  nothing; there is site:berlin (3 lamps)\n"
    );
    let ran = server.ask(&["list", "109"]);
    assert!(ran.code == Some(5) && ran.out.contains("there is device/PJSIP/100"), "{}", ran.out);
    // No lamp is stale: that is as it should be.
    let ran = server.ask(&["list", "device", "is:stale"]);
    assert_eq!(ran.code, Some(0));
    assert!(ran.out.contains("device    3 lamps\nis:stale  nothing\n"), "{}", ran.out);
    let ran = server.ask(&["why", "SIP/9*"]);
    assert!(ran.code == Some(5) && ran.out.contains("matches SIP/9*"), "{}", ran.out);
    let ran = server.ask(&["list", "state:inuse", "sate:busy"]);
    assert_eq!(ran.code, Some(2));
    let marked =
        "  filter  state:inuse sate:busy\n  here                ^^^^ did you mean \"state:\"?";
    assert!(ran.err.contains(marked), "{}", ran.err);
    let empty = Server::start("").ask(&["list"]);
    assert!(empty.code == Some(0) && empty.out.contains("No lamp shows anything"), "{}", empty.out);
}

#[test]
fn lamps_rest_on_a_pbx_until_it_is_gone() {
    let (server, pbx) = with_lamps();
    let stale = || server.ask(&["list", "is:stale", "--json"]).json()["total"].as_u64();
    assert_eq!(stale(), Some(0));
    drop(pbx);
    assert!((0..1_000).any(|_| stale() == Some(3)), "{:?}", stale());
    let by_hand = server.ask(&["list", "not", "is:stale", "--json"]).json();
    assert_eq!(by_hand["lamps"][0]["subject"], "mailbox/1000@default");
}

#[test]
fn several_lamps_of_a_short_name_are_told() {
    let (server, mut pbx) = with_lamps();
    assert!(server.ask(&["why", "100"]).out.contains("device/PJSIP/100"));
    pbx.publish_device(ONE, "SIP/100", "INUSE");
    let ran = server.ask(&["why", "100"]);
    assert_eq!(ran.code, Some(6));
    assert!(ran.err.contains("device/PJSIP/100  device/SIP/100"), "{}", ran.err);
    assert_eq!(server.ask(&["list", "100", "--json"]).json()["total"], 2);
}

/// Without the codes of colours.
fn plain(text: &str) -> String {
    let mut parts = text.split('\x1b');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| text + part.split_once('m').map_or("", |(_, rest)| rest))
}

#[test]
fn no_table_wraps_on_a_terminal_and_none_is_cut_elsewhere() {
    let (server, mut pbx) = with_lamps();
    let long = format!("PJSIP/{}", "long-name-".repeat(12));
    pbx.publish_device(ONE, &long, "RINGING");
    for arguments in [
        &["list"][..],
        &["why", &long],
        &["history", &long],
        &["status"],
        &["user", "list"],
        &["domain", "list"],
        &["audit"],
    ] {
        let shown = plain(&Terminal::start(server.command(arguments)).end().1);
        let is_head = |line: &&str| line.contains("  ") && !line.contains(char::is_lowercase);
        let table = shown.lines().skip_while(|line| !is_head(line));
        // Below it stands a sentence, or nothing.
        let rows: Vec<_> = table.take_while(|line| line.contains("  ")).collect();
        let wide = rows.iter().filter(|line| line.trim_end().chars().count() > 80);
        assert!(rows.len() > 1 && wide.count() == 0, "{arguments:?}: {rows:#?}");
    }
    assert!(Terminal::start(server.command(&["list"])).end().1.contains('…'));
    assert!(server.ask(&["list"]).out.contains(&long));
    let json: Value = server.ask(&["list", "--json"]).json();
    assert!(json.to_string().contains(&long));
}
