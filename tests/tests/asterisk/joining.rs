//! PBXs that come while others run: they learn everything, and nobody reloads anything.

use std::time::Duration;

use lampfield_tests::asterisk::{Asterisk, Setup};
use lampfield_tests::eventually::{SOON, eventually};
use lampfield_tests::scene::{self, connected, pair};
use lampfield_tests::server::{Config, DOMAIN, Server};

#[tokio::test]
async fn a_newcomer_learns_what_each_of_two_servers_says() {
    let (mut server, a, b) = pair(&Config::plain().servers()).await;
    a.set_state("Custom:both", "RINGING").await;
    b.set_state("Custom:both", "ONHOLD").await;
    b.set_state("Custom:second", "BUSY").await;
    a.set_state("Custom:a b&c", "INUSE").await;

    let late = scene::asterisk(&mut server, 3).await;
    late.sees("Custom:both", "RINGINUSE").await;
    late.sees("Custom:second", "BUSY").await;
    // Each PBX's share is known, not only the sum.
    a.set_state("Custom:both", "NOT_INUSE").await;
    late.sees("Custom:both", "ONHOLD").await;
    server.logs("server3 joined: ").await;
    let log = server.log();
    let joined = log.lines().find(|line| line.contains("server3 joined: ")).expect("the line");
    assert!(joined.contains(" facts in, 4 out"), "{joined}");
}

#[tokio::test]
async fn three_servers_without_a_buddy_line_see_each_other() {
    let mut server = Server::start(&Config::plain().servers()).await;
    let mut members = Vec::new();
    for number in 1..=3 {
        members.push(scene::asterisk(&mut server, number).await);
    }
    for (asterisk, own) in members.iter().zip(1..) {
        for other in (1..=3).filter(|other| *other != own) {
            buddy_is_online(asterisk, &format!("server{other}")).await;
        }
    }
}

/// `lampfield invite` while the others run: its output is the whole xmpp.conf.
#[tokio::test]
async fn a_fourth_server_is_invited_while_the_others_run() {
    let (mut server, a, b) = pair(&Config::plain().servers()).await;
    a.set_state("Custom:before", "INUSE").await;
    let conf = invited(&mut server, "pbx-d");
    assert_eq!(conf, invited(&mut server, "pbx-d"), "asked again, the same");

    let d = connected(Setup::new(4, conf)).await;
    d.sees("Custom:before", "INUSE").await;
    d.set_state("Custom:after", "BUSY").await;
    a.sees("Custom:after", "BUSY").await;
    for asterisk in [&a, &b] {
        buddy_is_online(asterisk, "pbx-d").await;
    }
    buddy_is_online(&d, "server1").await;
}

#[tokio::test]
async fn a_server_is_added_by_user_add_while_the_others_run() {
    let (mut server, a, _b) = pair(&Config::plain().servers()).await;
    server.tell(&["user", "add", &format!("pbx-e@{DOMAIN}")], "a password of its own\n");
    let mut conf = scene::xmpp_conf(&mut server, 5);
    conf.user = "pbx-e".to_owned();
    conf.secret = "a password of its own".to_owned();
    let _e = connected(Setup::new(5, conf)).await;
    buddy_is_online(&a, "pbx-e").await;
}

/// The text of an invitation, changed in nothing but where this test's server is reached.
fn invited(server: &mut Server, name: &str) -> String {
    let address = server.address();
    let answer = server.ask_json(&["invite", name]);
    let block = answer["block"].as_str().expect("the block to paste").to_owned();
    let lines = block.lines().map(|line| match line.trim().split_once('=') {
        Some(("serverhost", _)) => format!("serverhost={}", address.ip()),
        Some(("port", _)) => format!("port={}", address.port()),
        Some(("usetls", _)) => "usetls=no".to_owned(),
        _ => line.to_owned(),
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// `xmpp show buddies` lists this account with a resource, without any reload.
async fn buddy_is_online(asterisk: &Asterisk, user: &str) {
    let within = SOON + Duration::from_secs(10);
    eventually(within, || async {
        let shown = asterisk.console("xmpp show buddies");
        let buddy = shown.split("Buddy:").find(|part| part.contains(&format!("{user}@{DOMAIN}")));
        match buddy {
            Some(part) if part.contains("Resource:") && !part.contains("Resource: None") => Ok(()),
            _ => Err(format!("{user} is not online in: {shown}")),
        }
    })
    .await;
}
