//! A queue on one PBX whose members are phones of another one, which dies: what the queue, the
//! hints and the desk phones make of UNKNOWN, and of UNAVAILABLE (`withdraw_as`). On 16 as on 22.

use std::collections::BTreeMap;

use lampfield_tests::asterisk::{Asterisk, Release, Setup};
use lampfield_tests::desk_phone::{DeskPhone, Package};
use lampfield_tests::eventually::{SOON, eventually};
use lampfield_tests::pjsip::{PJSIP, SIP_PORT, endpoint, transport};
use lampfield_tests::scene::{connected, xmpp_conf};
use lampfield_tests::server::{Config, Server};

#[tokio::test]
async fn on_asterisk_22() {
    on(Release::V22).await;
}

#[tokio::test]
async fn on_asterisk_16() {
    on(Release::V16).await;
}

/// `away` in the name: withdrawn as UNAVAILABLE. All of them are the dying PBX's; `shared` is an
/// endpoint of the other PBX as well, with no phone there, as where all have one database.
const MEMBERS: [(&str, &str); 5] = [
    ("101", "Custom:plain"),
    ("102", "Custom:away"),
    ("103", "PJSIP/plain"),
    ("104", "PJSIP/away"),
    ("105", "PJSIP/shared"),
];

/// What becomes of a caller in each of these queues of one member.
const QUEUES: [(&str, &str); 4] = [
    // ringinuse=yes is what app_queue has by itself.
    ("usual", ""),
    ("careful", "ringinuse=no\n"),
    ("strict", "ringinuse=no\njoinempty=strict\nleavewhenempty=strict\n"),
    // As `usual`, with a second member, who is free.
    ("team", "member => Local/colleague@default/n,0,colleague,Custom:colleague\n"),
];

/// The queues that callers wait in when the PBX dies: as `strict`, and apart from it, because an
/// app_queue whose caller hung up at that moment may take the member for still being called.
const WAITED_IN: (&str, &str) = ("waited", QUEUES[2].1);

/// What became of a caller.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Fate {
    /// The member was called.
    Rings,
    /// It was not, and the caller waited until the time was over.
    Waits,
    /// The queue did not let the caller in.
    TurnedAway,
}

use Fate::{Rings, TurnedAway, Waits};

/// One row for each of [`MEMBERS`], one column for each of [`QUEUES`].
const ALL_RING: [[Fate; 4]; 5] = [[Rings; 4]; 5];
const WITH_A_DEAD_SERVER: [[Fate; 4]; 5] = [
    // UNKNOWN: nobody else knows a Custom: device.
    [Rings, Rings, Rings, Rings],
    // UNAVAILABLE. Beside a colleague who is free, ringinuse=yes looks at no state at all.
    [Waits, Waits, TurnedAway, Rings],
    // UNKNOWN: with ringinuse=no the queue asks its own chan_pjsip once more, which says INVALID.
    // `strict` goes by what it was told, and lets callers in for nobody.
    [Rings, Waits, Waits, Rings],
    [Waits, Waits, TurnedAway, Rings],
    // UNKNOWN, and the PBX's own word for its endpoint without a phone is UNAVAILABLE.
    [Waits, Waits, TurnedAway, Rings],
];

async fn on(release: Release) {
    let policy = "[[policy]]\nname = '*away'\nrule = 'withdraw'\nwithdraw_as = 'unavailable'\n";
    let mut server = Server::start(&Config::plain().servers().more(policy)).await;
    let setup = Setup::new(1, xmpp_conf(&mut server, 1)).release(release).modules(PJSIP);
    let mut a = connected(setup.file("pjsip.conf", phones_of_a())).await;
    let setup = Setup::new(2, xmpp_conf(&mut server, 2)).release(release);
    let b = connected(with_queues(setup)).await;
    b.set_state("Custom:colleague", "NOT_INUSE").await;
    for device in ["Custom:plain", "Custom:away"] {
        a.set_state(device, "NOT_INUSE").await;
    }
    for (_, device) in MEMBERS {
        b.sees(device, "NOT_INUSE").await;
    }
    assert_eq!(fates(&b).await, ALL_RING);

    let desk = DeskPhone::of("desk", b.address(SIP_PORT)).await;
    for (extension, _) in MEMBERS {
        desk.subscribe(extension, Package::Dialog).await;
        desk.subscribe(extension, Package::Presence).await;
    }
    dies_while_somebody_waits(&mut a, &b, &desk).await;
    assert_eq!(fates(&b).await, WITH_A_DEAD_SERVER);
    shown(&b, &desk).await;

    let setup = Setup::new(3, xmpp_conf(&mut server, 3)).release(release);
    let c = connected(setup).await;
    c.sees("PJSIP/away", "UNAVAILABLE").await;
    c.sees("Custom:away", "UNAVAILABLE").await;
    let states = c.states().await;
    let told = states.get("PJSIP/plain").map(String::as_str);
    assert!(matches!(told, None | Some("UNKNOWN")), "{told:?}");
    // The phone has moved to the newcomer.
    c.set_state("Custom:away", "NOT_INUSE").await;
    b.sees("Custom:away", "NOT_INUSE").await;
    assert_eq!(fates(&b).await[1], [Rings; 4]);
    comes_back(&mut a, &b, &server).await;
}

/// Its two agents are in a call, and callers wait for them, when A is killed.
async fn dies_while_somebody_waits(a: &mut Asterisk, b: &Asterisk, desk: &DeskPhone) {
    for (extension, device) in &MEMBERS[..2] {
        a.set_state(device, "INUSE").await;
        b.sees(device, "INUSE").await;
        desk.is_told(extension, Package::Dialog, "<state>confirmed</state>").await;
    }
    let mark = b.ami().mark();
    for queue in ["101-waited", "102-waited"] {
        b.ami().originate(&format!("Local/stay-{queue}@default/n"), "Wait", "60").await;
        eventually(SOON, || async {
            let shown = b.console(&format!("queue show {queue}"));
            if shown.contains(" has 1 calls") { Ok(()) } else { Err(shown) }
        })
        .await;
    }
    a.kill();
    // The one is called, although the phone is dead; the other is sent on.
    let called = [("UserEvent", "Called"), ("Queue", "101-waited")];
    b.ami().event(mark, |event| called.iter().all(|(k, v)| event.get(k) == Some(v))).await;
    let left = b.ami().event(mark, |event| event.get("UserEvent") == Some("Left")).await;
    let left = ["Queue", "Status"].map(|key| left.get(key));
    assert_eq!(left, [Some("102-waited"), Some("LEAVEEMPTY")]);
    b.console("channel request hangup all");
    eventually(SOON, || async {
        let shown = b.console("core show channels count");
        if shown.contains("0 active channels") { Ok(()) } else { Err(shown) }
    })
    .await;
    for (index, state) in
        ["UNKNOWN", "UNAVAILABLE", "INVALID", "UNAVAILABLE", "UNAVAILABLE"].into_iter().enumerate()
    {
        b.sees(MEMBERS[index].1, state).await;
    }
}

/// What people see of the dead PBX's phones.
async fn shown(b: &Asterisk, desk: &DeskPhone) {
    let states = ["Unknown", "Unavailable", "Unknown", "Unavailable", "Unavailable"];
    for ((extension, _), state) in MEMBERS.into_iter().zip(states) {
        let queue = b.console(&format!("queue show {extension}-usual"));
        assert!(queue.contains(&format!("({state})")), "want {state} in {queue}");
        // Only of a Custom: device is UNKNOWN the end: for the others each PBX's own driver has a word.
        let idle = extension == "101";
        b.hint_shows(extension, if idle { "Idle" } else { "Unavailable" }).await;
        // The lamp of a key is dark in both cases; only the picture of a contact differs.
        desk.is_told(extension, Package::Dialog, "<state>terminated</state>").await;
        let basic = if idle { "<basic>open</basic>" } else { "<basic>closed</basic>" };
        desk.is_told(extension, Package::Presence, basic).await;
    }
}

async fn comes_back(a: &mut Asterisk, b: &Asterisk, server: &Server) {
    a.run().await;
    a.connected().await;
    for device in ["Custom:plain", "Custom:away"] {
        a.set_state(device, "NOT_INUSE").await;
    }
    for (_, device) in MEMBERS {
        b.sees(device, "NOT_INUSE").await;
    }
    assert_eq!(fates(b).await, ALL_RING);
    let facts = server.why("PJSIP/away").facts();
    let facts: Vec<_> = facts.iter().map(|fact| (fact.eid.as_str(), fact.value.as_str())).collect();
    assert_eq!(facts, [(a.eid(), "NOT_INUSE")]);
}

/// Lets one caller into each queue, all at the same time.
async fn fates(b: &Asterisk) -> [[Fate; 4]; 5] {
    let mark = b.ami().mark();
    let queues =
        MEMBERS.map(|(extension, _)| QUEUES.map(|(name, _)| format!("{extension}-{name}")));
    for queue in queues.iter().flatten() {
        b.ami().originate(&format!("Local/call-{queue}@default/n"), "Wait", "30").await;
    }
    let mut fates = BTreeMap::new();
    for queue in queues.iter().flatten() {
        let of_it = |word: &str, event: &lampfield_tests::ami::Message| {
            event.get("UserEvent") == Some(word) && event.get("Queue") == Some(queue.as_str())
        };
        let left = b.ami().event(mark, |event| of_it("Left", event)).await;
        let called = !b.ami().events_since(mark, |event| of_it("Called", event)).is_empty();
        let fate = match (called, left.get("Status")) {
            (true, Some("TIMEOUT")) => Rings,
            (false, Some("TIMEOUT")) => Waits,
            (false, Some("JOINEMPTY")) => TurnedAway,
            other => panic!("{queue}: {other:?}"),
        };
        fates.insert(queue, fate);
    }
    queues.each_ref().map(|row| row.each_ref().map(|queue| fates[queue]))
}

/// The queues, the dialplan that tells of what they do, the hints, and a desk phone's endpoint.
fn with_queues(mut setup: Setup) -> Setup {
    let mut queues = String::new();
    for (extension, device) in MEMBERS {
        setup = setup.hint(extension, device);
        for (name, lines) in QUEUES.into_iter().chain([WAITED_IN]) {
            let member = format!("Local/agent-{extension}-{name}@default/n,0,agent,{device}");
            let usual = "strategy=ringall\ntimeout=2\nretry=1\n";
            queues += &format!("[{extension}-{name}]\n{usual}{lines}member => {member}\n");
        }
    }
    // `.` matches all, but the letters N, X and Z before it would match digits only.
    let dialplan = "exten => _call-.,1,Answer()\n same => n,Queue(${EXTEN:5},,,,6)\n \
                    same => n,UserEvent(Left,Queue: ${EXTEN:5},Status: ${QUEUESTATUS})\n\
                    exten => _stay-.,1,Answer()\n same => n,Queue(${EXTEN:5},,,,60)\n \
                    same => n,UserEvent(Left,Queue: ${EXTEN:5},Status: ${QUEUESTATUS})\n\
                    exten => _age[n]t-.,1,UserEvent(Called,Queue: ${EXTEN:6})\n same => n,Wait(1)\n\
                    exten => colleague,1,Wait(1)\n";
    let modules = [PJSIP, &["app_queue", "app_userevent"]].concat();
    let setup = setup.modules(&modules).dialplan(dialplan).file("queues.conf", queues);
    setup.file("pjsip.conf", transport() + &endpoint("desk", "") + &endpoint("shared", ""))
}

/// Phones that are there, as far as their PBX can tell: nobody asks them.
fn phones_of_a() -> String {
    let phone = |name| endpoint(name, "contact=sip:phone@127.0.0.1:9\n");
    transport() + &phone("plain") + &phone("away") + &phone("shared")
}
