//! What every lamp must show: each PBX's own states, from its own database, added up as Asterisk adds
//! them; and each mailbox's count as it was set last.

use std::collections::BTreeMap;

use lampfield_tests::asterisk::Asterisk;
use lampfield_tests::server::Server;
use lampfield_tests::states::{KNOWN, State, together};

use crate::pbx::Pbx;

/// Everything that is not as it must be, one line each.
pub async fn differences(server: &Server, pbxs: &[Pbx]) -> Vec<String> {
    let mut wrong = Vec::new();
    let lamps = lamps(pbxs);
    for pbx in pbxs {
        let eid = pbx.asterisk.eid();
        let shown = pbx.asterisk.states().await;
        for (device, state) in &lamps {
            let shown = shown.get(device).map_or("UNKNOWN", String::as_str);
            if shown != *state {
                let why = server.why(device);
                wrong.push(format!("{eid} shows {shown} for {device}, not {state}; {why:?}"));
            }
        }
        for other in pbxs {
            if std::ptr::eq(other, pbx) {
                continue;
            }
            for (mailbox, count) in other.mailboxes() {
                let shown = count_shown(&pbx.asterisk, &mailbox);
                if shown.as_deref() != Some(&*count.to_string()) {
                    let why = server.why(&mailbox);
                    wrong
                        .push(format!("{eid} shows {shown:?} for {mailbox}, not {count}; {why:?}"));
                }
            }
        }
    }
    wrong
}

fn lamps(pbxs: &[Pbx]) -> BTreeMap<String, State> {
    let mut lamps = BTreeMap::<String, State>::new();
    for pbx in pbxs {
        for (device, state) in own_states(&pbx.asterisk) {
            let entry = lamps.entry(device).or_insert(state);
            *entry = together(entry, state);
        }
    }
    lamps
}

/// `/CustomDevstate/name : STATE`, one a line.
fn own_states(asterisk: &Asterisk) -> Vec<(String, State)> {
    let printed = asterisk.console("database show CustomDevstate");
    let line = |line: &str| {
        let (name, state) = line.strip_prefix("/CustomDevstate/")?.split_once(':')?;
        let state = KNOWN.into_iter().find(|known| *known == state.trim())?;
        Some((format!("Custom:{}", name.trim()), state))
    };
    printed.lines().filter_map(line).collect()
}

/// What its phones were told last.
fn count_shown(asterisk: &Asterisk, mailbox: &str) -> Option<String> {
    let told = asterisk.ami().events_since(0, |event| {
        event.is_event("MessageWaiting") && event.get("Mailbox") == Some(mailbox)
    });
    told.last()?.get("New").map(str::to_owned)
}
