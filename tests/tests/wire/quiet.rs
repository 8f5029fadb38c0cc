//! What the server asks of a PBX, and when. The thread of an Asterisk that reads its stream answers
//! by itself, and shares one TLS session without a lock with the threads that publish: so it is
//! asked nothing while it publishes.

use std::time::Duration;

use lampfield_tests::eventually::{SOON, eventually};
use lampfield_tests::scene;
use lampfield_tests::scripted_pbx::ScriptedPbx;
use lampfield_tests::server::{Config, Server};
use lampfield_tests::stanzas::{DEVICES, publish, subscribe};
use lampfield_tests::xmpp::{Client, End, Stanza};
use tokio::time::Instant;

const DISCO: &str = "<query xmlns='http://jabber.org/protocol/disco#info'/>";
const EID: &str = "02:00:00:00:00:01";
/// Between two changes of a PBX that is busy.
const BEAT: Duration = Duration::from_millis(200);
/// A pause in which it may be asked, and what a slow machine adds to it.
const PAUSE: Duration = Duration::from_secs(2 + 8);

/// Lets a PBX publish for so long; what it was asked meanwhile.
async fn asked_while_busy(pbx: &mut Client, during: Duration) -> Vec<Stanza> {
    let (end, mut asked) = (Instant::now() + during, Vec::new());
    let mut states = ["INUSE", "NOT_INUSE"].into_iter().cycle();
    while Instant::now() < end {
        let state = states.next().expect("a circle");
        pbx.send(&publish("p", EID, "PJSIP/busy", state)).await;
        let next = Instant::now() + BEAT;
        while let Ok(stanza) = next_before(pbx, next).await {
            asked.extend(is_question(&stanza).then_some(stanza));
        }
    }
    asked
}

async fn next_before(client: &mut Client, when: Instant) -> Result<Stanza, End> {
    client.next_within(when.saturating_duration_since(Instant::now())).await
}

fn is_question(stanza: &Stanza) -> bool {
    stanza.element.name == "iq" && stanza.element.attr("type") == Some("get")
}

/// The next question to somebody who says nothing.
async fn asked_when_quiet(client: &mut Client) -> Stanza {
    let end = Instant::now() + PAUSE;
    loop {
        let stanza = next_before(client, end).await.expect("a question in the pause");
        if is_question(&stanza) {
            return stanza;
        }
    }
}

async fn answer(client: &mut Client, question: &Stanza) {
    let attr = |name| question.element.attr(name).expect("an attribute").to_owned();
    let (id, from) = (attr("id"), attr("from"));
    client.send(&format!("<iq type='result' id='{id}' to='{from}'>{DISCO}</iq>")).await;
}

/// It has heard of a withdrawal, which is remembered until it proves that it has read it.
#[tokio::test]
async fn the_server_asks_for_a_proof_in_a_pause_only() {
    let server = Server::start(&Config::plain().servers()).await;
    let mut pbx = scene::client(&server, "server1").await;
    let bare = pbx.bare().to_owned();
    pbx.send(&subscribe("s", &bare, DEVICES)).await;
    let mut other = ScriptedPbx::login(server.address(), "server2", 2).await;
    other.publish("PJSIP/2", "INUSE").await;
    other.leave().await;

    let asked = asked_while_busy(&mut pbx, Duration::from_secs(5)).await;
    assert!(asked.is_empty(), "{asked:?}");
    let tombstones = || server.status()["counters"]["tombstones"].as_u64();
    assert_eq!(tombstones(), Some(1));
    let question = asked_when_quiet(&mut pbx).await;
    answer(&mut pbx, &question).await;
    eventually(SOON, || async {
        if tombstones() == Some(0) { Ok(()) } else { Err("still remembered".to_owned()) }
    })
    .await;
}

#[tokio::test]
async fn a_question_of_another_client_waits_for_a_pause() {
    let config = Config::plain().servers().account("boss", "role = \"admin\"");
    let server = Server::start(&config).await;
    let mut pbx = scene::client(&server, "server1").await;
    let mut boss = scene::client(&server, "boss").await;
    let jid = pbx.jid().to_owned();
    boss.send(&format!("<iq type='get' id='q' to='{jid}'>{DISCO}</iq>")).await;

    let asked = asked_while_busy(&mut pbx, Duration::from_secs(4)).await;
    assert!(asked.is_empty(), "{asked:?}");
    let question = asked_when_quiet(&mut pbx).await;
    assert_eq!(question.element.attr("from"), Some(boss.jid()));
    answer(&mut pbx, &question).await;
    let answer = boss.until(|e| e.attr("id") == Some("q")).await.element;
    assert_eq!((answer.attr("type"), answer.attr("from")), (Some("result"), Some(jid.as_str())));
}

#[tokio::test]
async fn a_question_to_a_pbx_that_makes_no_pause_is_refused() {
    let config = Config::plain().servers().account("boss", "role = \"admin\"");
    let server = Server::start(&config).await;
    let mut pbx = scene::client(&server, "server1").await;
    let mut boss = scene::client(&server, "boss").await;
    let to = pbx.jid().to_owned();
    boss.send(&format!("<iq type='get' id='q' to='{to}'>{DISCO}</iq>")).await;
    let asked = asked_while_busy(&mut pbx, Duration::from_secs(35)).await;
    assert!(asked.is_empty(), "{asked:?}");
    let refused = boss.until(|e| e.attr("id") == Some("q")).await;
    assert!(refused.raw.contains("<resource-constraint"), "{}", refused.raw);
}
