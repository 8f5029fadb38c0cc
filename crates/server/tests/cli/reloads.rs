//! Every key that is said to be reloadable, changed in a running server: each has a case that sees
//! the effect of the old value, and that of the new one after the reload. Which keys there are is
//! asked of the program.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::client::Client;
use crate::server::{Server, lampfield};

const DOMAIN: &str = "a.example";
const EID: &str = "02:00:00:00:00:01";

/// What each key does at a reload. Whoever adds a reloadable key adds its case.
const CASES: [(&str, fn()); 42] = [
    ("domain.show_caps", show_caps),
    ("domain.certificate", certificate_of_a_domain),
    ("domain.certificate_key", certificate_of_a_domain),
    ("xmpp.certificate", certificate_for_all),
    ("xmpp.certificate_key", certificate_for_all),
    ("domain.account.name", account_name),
    ("domain.account.password", account_password),
    ("domain.account.password_file", account_password_file),
    ("domain.account.role", account_role),
    ("domain.account.allow", account_allow),
    ("domain.account.hear", account_hear),
    ("domain.account.site", account_site),
    ("domain.account.labels", account_labels),
    ("domain.account.legacy_auth", account_legacy_auth),
    ("xmpp.limits.stanza", stanza),
    ("xmpp.limits.unauthenticated_stanza", unauthenticated_stanza),
    ("xmpp.limits.depth", depth),
    ("xmpp.limits.attributes", attributes),
    ("xmpp.limits.login_time", login_time),
    ("xmpp.limits.login_tries", login_tries),
    ("xmpp.limits.connections", connections),
    ("xmpp.limits.unauthenticated_per_address", unauthenticated_per_address),
    ("xmpp.limits.resources", resources),
    ("xmpp.limits.unread_comfortable", unread_comfortable),
    ("xmpp.limits.unread", unread),
    ("xmpp.limits.unread_total", unread_total),
    ("lease.grace", grace),
    ("lease.restart_grace", restart_grace),
    ("policy.name", policy_name),
    ("policy.rule", policy_rule),
    ("policy.withdraw_as", policy_withdraw_as),
    ("limits.facts", || facts("facts")),
    ("limits.facts_per_origin", || facts("facts_per_origin")),
    ("limits.origins_per_connection", origins_per_connection),
    ("limits.tombstones", tombstones),
    ("limits.history", history),
    ("limits.missed", missed),
    ("history.keep", history_keep),
    ("history.size", history_size),
    ("history.read", history_read),
    ("log.level", log_level),
    ("log.level (back)", log_level_back),
];

/// The keys that the reference marks, with their tables.
fn reloadable() -> BTreeSet<String> {
    let page = lampfield(&["check", "--reference"]).out;
    let mut keys = BTreeSet::new();
    for part in page.split("\n## ").skip(1) {
        let title = part.lines().next().unwrap_or_default();
        let table: String = title.chars().filter(|c| !"[]`".contains(*c)).collect();
        for line in part.lines().filter(|line| line.contains("*reload")) {
            let key = line.split("**`").nth(1).and_then(|rest| rest.split('`').next());
            keys.insert(format!("{table}.{}", key.expect("a key")));
        }
    }
    keys
}

#[test]
fn every_key_that_is_said_to_reload_has_a_case() {
    let cases: BTreeSet<String> =
        CASES.iter().map(|(key, _)| key.split(' ').next().unwrap_or_default().to_owned()).collect();
    assert_eq!(reloadable(), cases);
}

/// One test for each quarter of them, so that they run beside each other. `CASE=history` runs only
/// those with this in their name.
fn run(quarter: usize) {
    let only = std::env::var("CASE").unwrap_or_default();
    let cases =
        CASES.iter().enumerate().filter(|(at, (key, _))| at % 4 == quarter && key.contains(&only));
    let failed = cases.filter(|(_, (_, case))| std::panic::catch_unwind(case).is_err());
    let failed: Vec<_> = failed.map(|(_, (key, _))| key).collect();
    assert!(failed.is_empty(), "no effect: {failed:?}");
}

#[test]
fn every_reload_is_seen_first() {
    run(0);
}

#[test]
fn every_reload_is_seen_second() {
    run(1);
}

#[test]
fn every_reload_is_seen_third() {
    run(2);
}

#[test]
fn every_reload_is_seen_fourth() {
    run(3);
}

// --- how the cases are told ---

/// Two PBXs declared, one of them with these lines.
fn account(lines: &str) -> String {
    format!(
        "[[domain]]\nname = '{DOMAIN}'\n[[domain.account]]\nname = 'server2'\npassword = 'two'\n\
         [[domain.account]]\nname = 'server1'\n{lines}\n"
    )
}

fn with(lines: &str) -> String {
    account("password = 'one'") + lines
}

fn start(config: &str) -> Server {
    Server::start_with(config, "tls = 'optional'\nclear_text_auth = true\n")
}

fn reload(server: &mut Server, config: &str) {
    server.configure(config);
    server.hang_up();
    server.says("the configuration was read again");
}

fn connect(server: &Server) -> Client {
    Client::connect(server.address(), DOMAIN)
}

fn log_in(server: &Server) -> Client {
    Client::log_in(server.address(), DOMAIN, "server1", "one")
}

fn listener(server: &Server) -> Client {
    let mut client = Client::log_in(server.address(), DOMAIN, "server2", "two");
    client.subscribe("server2", "device_state");
    client
}

/// What must become so. Each look is a command, which takes its time.
fn eventually(what: &str, mut is_so: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < Duration::from_secs(30), "not within 30 s: {what}");
    }
}

fn counter(server: &Server, name: &str) -> u64 {
    server.ask(&["status", "--json"]).json()["counters"][name].as_u64().expect(name)
}

fn lamp(server: &Server, device: &str) -> Value {
    server.ask(&["why", device, "--json"]).json()["aggregate"].clone()
}

fn is_lit(server: &Server, device: &str) -> bool {
    !lamp(server, device).is_null()
}

/// What the next start would warn of is said by the reload already.
#[test]
fn a_reload_warns_as_a_start_does() {
    let mut server = Server::start("");
    let folder = server.data().parent().expect("a folder").to_owned();
    let file = folder.join("lampfield.toml");
    for path in [&folder, &file] {
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).expect("chmod");
    }
    let listen = server.address();
    let text = with(&format!("[xmpp]\nlisten = ['{listen}']\ntls = 'off'\n"));
    fs::write(file, format!("data_dir = 'data'\n{text}")).expect("a file");
    server.hang_up();
    server.says("the configuration was read again");
    for code in ["open-configuration", "no-plain"] {
        assert!(server.has_said(&format!("code=\"{code}\"")), "no {code}: {:#?}", server.stop());
    }
}

// --- certificates ---

fn certificate_of_a_domain() {
    let pair = |pair: &str| with("").replacen("[[domain]]\n", &format!("[[domain]]\n{pair}"), 1);
    another_certificate(|files| (pair(files), ""));
}

fn certificate_for_all() {
    another_certificate(|files| (with(""), files));
}

/// The lines for two pairs, which other servers have made, one after the other.
fn another_certificate(config: impl for<'a> Fn(&'a str) -> (String, &'a str)) {
    let folders = [(); 2].map(|()| tempfile::tempdir().expect("a folder"));
    let pairs = folders.each_ref().map(|folder| {
        Server::bare(folder.path()).stop();
        let file = folder.path().join("tls/localhost");
        format!("certificate = '{0}.pem'\ncertificate_key = '{0}.key'\n", file.display())
    });
    let shown = |server: &Server| {
        server.ask(&["status", "--json"]).json()["certificates"][0]["fingerprint"].clone()
    };
    let (before, xmpp) = config(&pairs[0]);
    let mut server = Server::start_with(&before, xmpp);
    let first = shown(&server);
    let (after, xmpp) = config(&pairs[1]);
    server.configure_with(&after, xmpp);
    server.hang_up();
    server.says("the configuration was read again");
    assert_ne!(shown(&server), first);
}

// --- domains ---

fn show_caps() {
    let shown = |shown: bool| {
        let domain = format!("[[domain]]\nshow_caps = {shown}\n");
        with("").replacen("[[domain]]\n", &domain, 1)
    };
    let mut server = start(&shown(false));
    let (mut one, mut two) = (log_in(&server), listener(&server));
    one.tell("<presence/>");
    let mut hears_caps = || {
        let caps = "<c xmlns='http://jabber.org/protocol/caps' node='n' ver='v'/>";
        two.tell(&format!("<presence to='server1@{DOMAIN}'><status>s</status>{caps}</presence>"));
        one.hear(&["<status>s</status></presence>", "ver='v'/></presence>"]).expect("a presence")
    };
    // It may be heard before the other is there.
    eventually("it is there", || counter(&server, "connections") == 2);
    assert!(!hears_caps().contains("<c "));
    reload(&mut server, &shown(true));
    assert!(hears_caps().contains("<c "));
}

// --- accounts ---

fn can_log_in(server: &Server, name: &str, password: &str) -> bool {
    connect(server).authenticate(name, password)
}

fn account_name() {
    let mut server = start(&with(""));
    assert!(!can_log_in(&server, "server3", "three"));
    let more = "[[domain.account]]\nname = 'server3'\npassword = 'three'\n";
    reload(&mut server, &with(more));
    assert!(can_log_in(&server, "server3", "three"));
}

fn account_password() {
    let mut server = start(&account("password = 'one'"));
    assert!(can_log_in(&server, "server1", "one"));
    reload(&mut server, &account("password = 'other'"));
    assert!(!can_log_in(&server, "server1", "one"));
    assert!(can_log_in(&server, "server1", "other"));
}

fn account_password_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = |name: &str| {
        let path = folder.path().join(name);
        fs::write(&path, name).expect("a file");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("chmod");
        account(&format!("password_file = '{}'", path.display()))
    };
    let mut server = start(&file("first"));
    assert!(can_log_in(&server, "server1", "first"));
    reload(&mut server, &file("second"));
    assert!(can_log_in(&server, "server1", "second"));
}

fn account_role() {
    let mut server = start(&with(""));
    let mut client = log_in(&server);
    assert!(client.try_publish_device(EID, "PJSIP/1", "INUSE"));
    reload(&mut server, &with("role = 'user'"));
    assert!(!client.try_publish_device(EID, "PJSIP/2", "INUSE"));
}

fn account_allow() {
    let mut server = start(&with("allow = ['PJSIP/1']"));
    let mut client = log_in(&server);
    client.publish_device(EID, "PJSIP/2", "INUSE");
    assert!(!is_lit(&server, "PJSIP/2"));
    reload(&mut server, &with("allow = ['PJSIP/2']"));
    client.publish_device(EID, "PJSIP/2", "INUSE");
    assert!(is_lit(&server, "PJSIP/2"));
}

/// What the list of accounts says of `server1` under this name.
fn listed(server: &Server, name: &str) -> Value {
    let users = server.ask(&["user", "list", "--json"]).json();
    let users = users["users"].as_array().cloned().unwrap_or_default();
    let is_it = |user: &&Value| user["jid"] == format!("server1@{DOMAIN}");
    users.iter().find(is_it).expect("the account")[name].clone()
}

/// The account has this line after the reload, and another before it.
fn account_line(name: &str, before: &str, after: &str, expected: [Value; 2]) {
    let mut server = start(&with(before));
    assert_eq!(listed(&server, name), expected[0]);
    reload(&mut server, &with(after));
    assert_eq!(listed(&server, name), expected[1]);
}

fn account_hear() {
    account_line("hear", "", "hear = ['Custom:*']", [json!(["*"]), json!(["Custom:*"])]);
}

fn account_site() {
    account_line("site", "", "site = 'berlin'", [Value::Null, json!("berlin")]);
}

fn account_labels() {
    account_line("labels", "labels = ['a']", "labels = ['b']", [json!(["a"]), json!(["b"])]);
}

fn account_legacy_auth() {
    let mut server = start(&with(""));
    assert!(!connect(&server).authenticate_by_digest("server1", "one"));
    reload(&mut server, &with("legacy_auth = true"));
    assert!(connect(&server).authenticate_by_digest("server1", "one"));
}

// --- limits of connections ---

fn limit(key: &str, value: &str) -> String {
    with(&format!("[xmpp.limits]\n{key} = {value}\n"))
}

fn message(payload: &str) -> String {
    format!("<message to='nobody@{DOMAIN}'>{payload}</message>")
}

/// Says something and then asks: whether it was answered.
fn survives(client: &mut Client, said: &str) -> bool {
    client.tell(said);
    client.iq("after", "<session xmlns='urn:ietf:params:xml:ns:xmpp-session'/>")
}

/// A stanza that is within the old limit and beyond the new one.
fn stanza_limit(key: &str, new: &str, said: &str) {
    let mut server = start(&with(""));
    let mut before = log_in(&server);
    assert!(survives(&mut before, said), "{key}");
    reload(&mut server, &limit(key, new));
    assert!(survives(&mut before, said), "{key}: a connection that was there keeps its limits");
    assert!(!survives(&mut log_in(&server), said), "{key}");
}

fn stanza() {
    stanza_limit("stanza", "'10KiB'", &message(&"x".repeat(12 << 10)));
}

fn depth() {
    let deep = |levels: usize| "<a>".repeat(levels) + &"</a>".repeat(levels);
    stanza_limit("depth", "8", &message(&deep(12)));
}

fn attributes() {
    let many: String = (0..20).map(|number| format!(" a{number}='x'")).collect();
    stanza_limit("attributes", "16", &message(&format!("<a{many}/>")));
}

fn unauthenticated_stanza() {
    let mut server = start(&with(""));
    let auth = |server: &Server| {
        let mut client = connect(server);
        let long = "A".repeat(6 << 10);
        let sasl = "urn:ietf:params:xml:ns:xmpp-sasl";
        client.tell(&format!("<auth xmlns='{sasl}' mechanism='PLAIN'>{long}</auth>"));
        client.hear(&["</failure>", "</stream:error>"]).expect("an answer")
    };
    assert!(!auth(&server).contains("policy-violation"));
    reload(&mut server, &limit("unauthenticated_stanza", "'4KiB'"));
    assert!(auth(&server).contains("policy-violation"));
}

fn login_time() {
    let mut server = start(&limit("login_time", "'1h'"));
    let mut patient = connect(&server);
    reload(&mut server, &limit("login_time", "'1s'"));
    assert!(connect(&server).hear_the_end().contains("no login within 1 s"));
    assert!(patient.authenticate("server1", "one"), "a connection that was there keeps its limits");
}

fn login_tries() {
    let mut server = start(&with(""));
    let try_twice = |server: &Server| {
        let mut client = connect(server);
        assert!(!client.authenticate("server1", "wrong"));
        client.authenticate("server1", "one")
    };
    assert!(try_twice(&server));
    reload(&mut server, &limit("login_tries", "1"));
    assert!(!try_twice(&server));
}

fn connections() {
    let mut server = start(&with(""));
    let _first = log_in(&server);
    let _second = listener(&server);
    reload(&mut server, &limit("connections", "2"));
    assert_eq!(connect(&server).hear_the_end(), "");
    reload(&mut server, &limit("connections", "8"));
    assert!(can_log_in(&server, "server1", "one"));
}

fn unauthenticated_per_address() {
    let mut server = start(&with(""));
    let mut stranger = connect(&server);
    reload(&mut server, &limit("unauthenticated_per_address", "1"));
    assert_eq!(connect(&server).hear_the_end(), "");
    assert!(stranger.authenticate("server1", "one") && stranger.bind("x"));
    assert!(can_log_in(&server, "server1", "one"));
}

fn resources() {
    let mut server = start(&with(""));
    let enter = |server: &Server, resource: &str| {
        let mut client = connect(server);
        assert!(client.authenticate("server1", "one"));
        let bound = client.bind(resource);
        (client, bound)
    };
    let first = enter(&server, "first");
    assert!(first.1 && enter(&server, "second").1);
    reload(&mut server, &limit("resources", "1"));
    eventually("one resource is left", || counter(&server, "connections") == 1);
    assert!(!enter(&server, "third").1);
}

/// Changes that `listener` hears of when it begins to read after all of them.
const CHANGES: usize = 20_000;

/// Says so many changes of a few devices while a listener does not read, and gives all that it hears
/// when it reads again.
fn flood(server: &Server, publisher: &mut Client, listener: &mut Client) -> String {
    let last = say_much(server, publisher);
    listener.hear(&[&last]).expect("it is still connected")
}

/// Says so many changes of a few devices; gives the name of the one that was changed last.
fn say_much(server: &Server, publisher: &mut Client) -> String {
    for round in 0..CHANGES / 150 {
        let state = if round % 2 == 0 { "INUSE" } else { "RINGING" };
        let device = |device: usize| format!("PJSIP/{device}");
        let asked = (0..150).map(|number| publisher.send_device(EID, &device(number), state));
        let asked = asked.collect();
        publisher.answers(asked);
    }
    let last = format!("PJSIP/last-{}", counter(server, "revision"));
    publisher.publish_device(EID, &last, "INUSE");
    last
}

fn events(heard: &str) -> usize {
    heard.matches("<item id=").count()
}

fn unread_comfortable() {
    let limits = |comfortable: &str| {
        let least = format!("unread_comfortable = '{comfortable}'\nunread = '1GiB'\n");
        with(&format!("[xmpp.limits]\n{least}"))
    };
    let mut server = start(&limits("64MiB"));
    let mut publisher = log_in(&server);
    let mut slow = listener(&server);
    let all = events(&flood(&server, &mut publisher, &mut slow));
    assert!(all > CHANGES / 2, "all is kept for it: {all}");
    reload(&mut server, &limits("16KiB"));
    let mut slow = listener(&server);
    let newest = events(&flood(&server, &mut publisher, &mut slow));
    assert!(newest < all - 1_000, "only the newest of each: {newest} of {all}");
}

fn unread() {
    let limits = |most: &str| limit("unread_comfortable = '16KiB'\nunread", &format!("'{most}'"));
    let mut server = start(&limits("1GiB"));
    // A PBX's presence goes to all of its resources, whether or not they read.
    let flood = |server: &Server| {
        let mut deaf = log_in(server);
        deaf.tell("<presence/>");
        let mut loud = connect(server);
        assert!(loud.authenticate("server1", "one") && loud.bind("loud"));
        loud.tell("<presence/>");
        let status = "x".repeat(500);
        for _ in 0..20_000 {
            loud.tell(&format!("<presence><status>{status}</status></presence>"));
        }
        assert!(survives(&mut loud, ""));
        deaf
    };
    assert!(survives(&mut flood(&server), ""));
    reload(&mut server, &limits("64KiB"));
    let _deaf = flood(&server);
    server.says("connection given up: the peer does not read");
}

fn unread_total() {
    let limits = |total: &str| {
        let least = "unread_comfortable = '64MiB'\nunread = '1GiB'\n";
        with(&format!("[xmpp.limits]\n{least}unread_total = '{total}'\n"))
    };
    let mut server = start(&limits("1GiB"));
    let mut publisher = log_in(&server);
    let mut slow = listener(&server);
    flood(&server, &mut publisher, &mut slow);
    reload(&mut server, &limits("4MiB"));
    // How much the kernel takes for one that does not read is the kernel's own affair.
    let given_up = "connection given up: all clients together";
    for _ in 0..6 {
        say_much(&server, &mut publisher);
        if server.has_said(given_up) {
            return;
        }
    }
    server.says(given_up);
}

// --- leases and policies ---

fn lease(grace: &str, restart_grace: &str) -> String {
    with(&format!("[lease]\ngrace = '{grace}'\nrestart_grace = '{restart_grace}'\n"))
}

fn grace() {
    let mut server = start(&lease("1h", "75s"));
    let mut client = log_in(&server);
    client.publish_device(EID, "PJSIP/1", "INUSE");
    reload(&mut server, &lease("1s", "75s"));
    drop(client);
    eventually("the lamp goes out", || !is_lit(&server, "PJSIP/1"));
}

fn restart_grace() {
    let mut server = start(&lease("1s", "1h"));
    log_in(&server).publish_device(EID, "PJSIP/1", "INUSE");
    server.stop();
    server.restart();
    let lease_of = |server: &Server| {
        let why = server.ask(&["why", "PJSIP/1", "--json"]).json();
        why["facts"][0]["lease"]["seconds_left"].as_f64()
    };
    assert!(lease_of(&server).is_some_and(|left| left > 3_000.0));
    reload(&mut server, &lease("1s", "2h"));
    assert!(lease_of(&server).is_some_and(|left| left > 6_000.0));
    reload(&mut server, &lease("1s", "1s"));
    eventually("the lamp goes out", || !is_lit(&server, "PJSIP/1"));
}

fn policy(name: &str, rule: &str) -> String {
    with(&format!("[[policy]]\nname = '{name}'\nrule = '{rule}'\n"))
}

fn policy_name() {
    let mut server = start(&policy("PJSIP/1", "ignore"));
    let mut client = log_in(&server);
    client.publish_device(EID, "PJSIP/1", "INUSE");
    assert!(!is_lit(&server, "PJSIP/1"));
    reload(&mut server, &policy("PJSIP/2", "ignore"));
    for device in ["PJSIP/1", "PJSIP/2"] {
        client.publish_device(EID, device, "INUSE");
    }
    assert!(is_lit(&server, "PJSIP/1") && !is_lit(&server, "PJSIP/2"));
}

fn policy_rule() {
    let mut server = start(&(policy("PJSIP/1", "withdraw") + "[lease]\ngrace = '1s'\n"));
    let mut client = log_in(&server);
    client.publish_device(EID, "PJSIP/1", "INUSE");
    client.publish_device(EID, "PJSIP/2", "INUSE");
    reload(&mut server, &(policy("PJSIP/1", "keep") + "[lease]\ngrace = '1s'\n"));
    drop(client);
    eventually("the other lamp goes out", || !is_lit(&server, "PJSIP/2"));
    assert!(is_lit(&server, "PJSIP/1"));
}

fn policy_withdraw_as() {
    let lease = "[lease]\ngrace = '1s'\n";
    let mut server = start(&(policy("PJSIP/1", "withdraw") + lease));
    let mut client = log_in(&server);
    client.publish_device(EID, "PJSIP/1", "INUSE");
    client.publish_device(EID, "PJSIP/2", "INUSE");
    let unavailable =
        "[[policy]]\nname = 'PJSIP/1'\nrule = 'withdraw'\nwithdraw_as = 'unavailable'\n";
    reload(&mut server, &with(&(unavailable.to_owned() + lease)));
    drop(client);
    eventually("the other lamp goes out", || !is_lit(&server, "PJSIP/2"));
    let why = server.ask(&["why", "PJSIP/1", "--json"]).json();
    assert_eq!(
        (&why["aggregate"], &why["facts"][0]["lease"]["state"]),
        (&"UNAVAILABLE".into(), &"unavailable".into())
    );
    assert_eq!(why["facts"][0]["lease"]["reason"], "link lost, grace over");
    let text = server.ask(&["why", "PJSIP/1"]).out;
    assert!(text.contains("gone, shown as unavailable (link lost, grace over)"), "{text}");
}

// --- limits of the board ---

fn board(key: &str, value: usize) -> String {
    with(&format!("[limits]\n{key} = {value}\n"))
}

fn publish(client: &mut Client, devices: std::ops::Range<usize>) {
    for device in devices {
        client.publish_device(EID, &format!("PJSIP/{device}"), "INUSE");
    }
}

fn facts(key: &str) {
    let mut server = start(&board(key, 120));
    let mut client = log_in(&server);
    publish(&mut client, 0..121);
    assert_eq!(counter(&server, "facts"), 120, "the last was refused");
    let attention = |server: &Server, code: &str| {
        let attention = server.ask(&["status", "--json"]).json()["attention"].clone();
        let attention = attention.as_array().cloned().unwrap_or_default();
        attention.into_iter().find(|one| one["code"] == code)
    };
    let refused = attention(&server, "facts-refused").expect("a line in status");
    let text = refused["text"].as_str().expect("a text");
    let parts = [&format!("limits.{key}"), "server1@a.example", EID, "1 "];
    assert!(parts.iter().all(|part| text.contains(*part)), "{text}");
    reload(&mut server, &board(key, 130));
    assert_eq!(attention(&server, "facts-refused"), None, "there may be room now");
    publish(&mut client, 120..121);
    assert_eq!(counter(&server, "facts"), 121);
    assert_eq!(attention(&server, "facts-over-limit"), None);

    // Fewer than are held: all stay and can change, no new one is taken.
    reload(&mut server, &board(key, 100));
    if key == "facts" {
        let over = attention(&server, "facts-over-limit").expect("a line in status");
        let text = "the board a.example holds 121 facts, and its limit is 100: ";
        assert!(over["text"].as_str().is_some_and(|it| it.starts_with(text)), "{over}");
    }
    client.publish_device(EID, "PJSIP/0", "RINGING");
    client.publish_device(EID, "PJSIP/new", "RINGING");
    assert_eq!(counter(&server, "facts"), 121);
    assert_eq!(lamp(&server, "PJSIP/0"), "RINGING");
    // Not even a start drops any.
    server.stop();
    server.restart();
    assert_eq!(counter(&server, "facts"), 121);
}

fn origins_per_connection() {
    let mut server = start(&board("origins_per_connection", 1));
    let mut client = log_in(&server);
    let mut speak_as_another = |server: &Server| {
        client.publish_device(EID, "PJSIP/1", "INUSE");
        client.publish_device("02:00:00:00:00:02", "PJSIP/2", "INUSE");
        is_lit(server, "PJSIP/2")
    };
    assert!(!speak_as_another(&server));
    reload(&mut server, &board("origins_per_connection", 2));
    assert!(speak_as_another(&server));
}

fn tombstones() {
    let mut server = start(&board("tombstones", 1_000));
    drop(listener(&server));
    let mut client = log_in(&server);
    publish(&mut client, 0..150);
    client.tell("</stream:stream>");
    client.hear_the_end();
    eventually("all is withdrawn", || counter(&server, "tombstones") == 150);
    reload(&mut server, &board("tombstones", 120));
    eventually("the oldest are forgotten", || counter(&server, "tombstones") == 120);
}

fn history() {
    // What memory has, and nothing else.
    let board = |name, value| board(name, value) + "[history]\nkeep = '0s'\n";
    let mut server = start(&board("history", 100));
    let mut client = log_in(&server);
    publish(&mut client, 0..150);
    assert_eq!(counter(&server, "history"), 100);
    reload(&mut server, &board("history", 110));
    publish(&mut client, 150..200);
    assert_eq!(counter(&server, "history"), 110);
    reload(&mut server, &board("history", 10));
    eventually("the oldest are forgotten", || counter(&server, "history") == 10);
    let events = |device: &str| {
        let history = server.ask(&["history", device, "--json"]).json();
        history["events"].as_array().map_or(0, Vec::len)
    };
    assert_eq!((events("PJSIP/199"), events("PJSIP/150")), (1, 0));
}

fn past(line: &str) -> String {
    with(&format!("[history]\n{line}\n"))
}

fn history_keep() {
    let mut server = start(&past("keep = '1h'"));
    let mut client = log_in(&server);
    publish(&mut client, 0..10);
    eventually("a page is stored", || counter(&server, "history_bytes") > 500);
    reload(&mut server, &past("keep = '0s'"));
    eventually("it is removed", || counter(&server, "history_bytes") == 0);
}

fn history_size() {
    let limit = |server: &Server| {
        server.ask(&["status", "--json"]).json()["limits"]["history_bytes"].as_u64()
    };
    let mut server = start(&past("size = '2MiB'"));
    assert_eq!(limit(&server), Some(2 << 20));
    reload(&mut server, &past("size = '1MiB'"));
    assert_eq!(limit(&server), Some(1 << 20));
}

fn history_read() {
    let may = |server: &Server| {
        let users = server.ask(&["user", "list", "--json"]).json();
        let users = users["users"].as_array().cloned().unwrap_or_default();
        let may = users.iter().filter(|user| user["reads_history"] == true);
        may.map(|user| user["jid"].as_str().unwrap_or_default().to_owned()).collect::<Vec<_>>()
    };
    let mut server = start(&past(""));
    assert_eq!(may(&server), [""; 0]);
    reload(&mut server, &past(&format!("read = ['server2@{DOMAIN}']")));
    assert_eq!(may(&server), [format!("server2@{DOMAIN}")]);
    reload(&mut server, &past("read = ['pbx']"));
    assert_eq!(may(&server).len(), 2);
}

fn missed() {
    let limits = |missed: usize| {
        let board = board("missed", missed);
        board + "[xmpp.limits]\nunread_comfortable = '16KiB'\n"
    };
    let mut server = start(&limits(10_000));
    let mut publisher = log_in(&server);
    for device in 0..300 {
        publisher.publish_device(EID, &format!("PJSIP/still-{device}"), "INUSE");
    }
    let mut again = |server: &Server| {
        let mut slow = listener(server);
        // All that stands, before it stops reading.
        slow.hear(&["PJSIP/still-299"]).expect("what stands");
        flood(server, &mut publisher, &mut slow).matches("PJSIP/still-").count()
    };
    assert_eq!(again(&server), 0, "only what it missed");
    reload(&mut server, &limits(100));
    assert!(again(&server) >= 300, "everything anew");
}

// --- the log ---

fn log_level() {
    let mut server = start(&with(""));
    server.ask(&["status"]);
    reload(&mut server, &with("[log]\nlevel = 'debug'\n"));
    server.ask(&["status"]);
    server.says("asked code=\"command\"");
}

fn log_level_back() {
    let mut server = start(&with("[log]\nlevel = 'debug'\n"));
    server.ask(&["status"]);
    server.says("asked code=\"command\"");
    reload(&mut server, &with("[log]\nlevel = 'info'\n"));
    server.ask(&["status"]);
    let log = server.stop().join("\n");
    let after = log.split("was read again").nth(1).expect("a reload");
    assert!(!after.contains("code=\"command\""), "{after}");
}
