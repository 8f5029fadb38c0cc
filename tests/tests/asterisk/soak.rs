//! A thousand changes on three Asterisk while they, their links and Lampfield itself fail at
//! random. At the end every settled PBX must show what `why` explains.

use std::time::Duration;

use lampfield_tests::asterisk::{Asterisk, Setup};
use lampfield_tests::chance::Chance;
use lampfield_tests::cut::Cut;
use lampfield_tests::eventually::eventually;
use lampfield_tests::scene::{connected, xmpp_conf};
use lampfield_tests::server::{Config, Server};
use std::net::SocketAddrV4;

const CHANGES: usize = 1_000;
/// Something fails or is mended about every so many changes.
const CHANGES_PER_FAULT: usize = 30;
/// Between two changes: so that some cuts and absences last until they are noticed, and some do not.
const PAUSE: Duration = Duration::from_millis(50);
const DEVICES: usize = 30;

/// Without INVALID: beside a remembered withdrawal Asterisk shows UNKNOWN for it, by its own table.
const STATES: [&str; 7] =
    ["NOT_INUSE", "INUSE", "BUSY", "UNAVAILABLE", "RINGING", "RINGINUSE", "ONHOLD"];

/// One Asterisk, its link and what is wrong with it.
struct Member {
    asterisk: Asterisk,
    link: SocketAddrV4,
    cut: Option<Cut>,
    down: bool,
}

#[tokio::test]
async fn a_thousand_changes_with_kills_and_cuts() {
    let mut chance = Chance::from_environment();
    let mut server = Server::start(&Config::plain().servers().lease("2s", "6s")).await;
    let mut members = Vec::new();
    for number in 1..=3 {
        let conf = xmpp_conf(&mut server, number);
        let link = conf.server;
        let asterisk = connected(Setup::new(number, conf)).await;
        members.push(Member { asterisk, link, cut: None, down: false });
    }
    for change in 1..=CHANGES {
        let member = &members[chance.below(3)];
        if !member.down {
            let device = device(chance.below(DEVICES));
            member.asterisk.set_state(&device, chance.one_of::<&str>(&STATES)).await;
        }
        tokio::time::sleep(PAUSE).await;
        if change % CHANGES_PER_FAULT == 0 {
            let which = chance.below(3);
            fail_or_mend(&mut chance, &mut server, &mut members[which]).await;
        }
    }
    for member in &mut members {
        member.mend().await;
    }
    settle(&members).await;
    all_agree(&server, &members).await;
}

async fn fail_or_mend(chance: &mut Chance, server: &mut Server, member: &mut Member) {
    if member.down || member.cut.is_some() {
        // What has failed stays so for a while.
        if chance.below(3) == 0 {
            member.mend().await;
        }
        return;
    }
    match chance.below(6) {
        0 | 1 => {
            member.asterisk.kill();
            member.down = true;
        }
        2 | 3 => member.cut = Some(Cut::of(member.link)),
        4 => {
            member.asterisk.kill();
            member.asterisk.forget();
            member.asterisk.run().await;
        }
        _ => {
            // Delivery comes first: a word that nobody repeats may be lost with the process.
            server.settled().await;
            server.kill();
            server.run().await;
        }
    }
}

impl Member {
    async fn mend(&mut self) {
        self.cut = None;
        if std::mem::take(&mut self.down) {
            self.asterisk.run().await;
        }
    }
}

/// Every PBX is connected again and has heard the others since.
async fn settle(members: &[Member]) {
    for (number, member) in members.iter().enumerate() {
        let asterisk = &member.asterisk;
        // Something to say, so that it notices a connection that only it still believes in.
        for state in ["INUSE", "NOT_INUSE", "INUSE"] {
            asterisk.set_state(&format!("Custom:settled-{number}"), state).await;
        }
    }
    for (number, _) in members.iter().enumerate() {
        for member in members {
            let device = format!("Custom:settled-{number}");
            let patience = Duration::from_secs(90);
            member.asterisk.sees_within(patience, &device, "INUSE").await;
        }
    }
}

/// `DeviceStateList` of each PBX is what `why` says, where no fact counts as UNKNOWN.
async fn all_agree(server: &Server, members: &[Member]) {
    eventually(Duration::from_secs(60), || async {
        for member in members {
            let states = member.asterisk.states().await;
            for device in (0..DEVICES).map(device) {
                let shown = states.get(&device).map_or("UNKNOWN", String::as_str);
                let why = server.why(&device);
                if shown != why.value() {
                    let eid = member.asterisk.eid();
                    return Err(format!("{eid} shows {shown} for {device}, but {why:?}"));
                }
            }
        }
        Ok(())
    })
    .await;
}

fn device(number: usize) -> String {
    format!("Custom:d{number}")
}
