//! Ten thousand retained states: how soon an Asterisk that joins shows them all, and how soon a raw
//! client has them.

use std::time::{Duration, Instant};

use lampfield_tests::asterisk::{Asterisk, Setup};
use lampfield_tests::eventually::eventually;
use lampfield_tests::scene::xmpp_conf;
use lampfield_tests::scripted_pbx::ScriptedPbx;
use lampfield_tests::server::{Config, Server};

use crate::report::Report;

pub const STATES: u16 = 10_000;
const MAILBOXES: usize = 100;

pub async fn measure(report: &mut Report) {
    let mut server = Server::start(&Config::plain().servers()).await;
    let mut pbx = ScriptedPbx::login(server.address(), "server1", 1).await;
    pbx.publish_many(STATES, "INUSE").await;
    for mailbox in 0..MAILBOXES {
        pbx.publish_mailbox(&format!("{mailbox}@default"), 1, 2).await;
    }
    let conf = xmpp_conf(&mut server, 2);
    let asterisk = Asterisk::start(Setup::new(2, conf)).await;
    let shown = eventually(Duration::from_secs(60), || async {
        let theirs = |event: &lampfield_tests::ami::Message| {
            let device = event.get("Device").is_some_and(|device| device.starts_with("PJSIP/"));
            device || event.is_event("MessageWaiting")
        };
        let events = asterisk.ami().events_since(0, theirs);
        let all = events.len() == usize::from(STATES) + MAILBOXES;
        all.then_some(events).ok_or("not everything yet".to_owned())
    })
    .await;
    let last = shown.iter().map(lampfield_tests::ami::Message::time).max().expect("events");
    let took = (last - asterisk.joined()) as f64 / 1e6;
    report.add("newcomer: Asterisk shows 10,000 states and MWI", took, "s", "at most 3");
    raw_client(&server, report).await;
}

async fn raw_client(server: &Server, report: &mut Report) {
    let mut times = Vec::new();
    for number in 3..=9 {
        let user = format!("server{number}");
        let mut client = ScriptedPbx::login(server.address(), &user, number).await;
        let start = Instant::now();
        client.announce(0, "").await;
        let all = usize::from(STATES) + MAILBOXES;
        client.hear(all, Duration::from_secs(60)).await.expect("the whole snapshot");
        times.push(start.elapsed());
    }
    times.sort();
    let median = times[times.len() / 2].as_secs_f64() * 1e3;
    report.add("newcomer: raw client has 10,000 states", median, "ms", "at most 100");
}
