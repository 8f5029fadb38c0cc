//! What makes stock Asterisk crash or go blind must never reach it, whoever sends it. Each line of
//! the crash table is tried from a PBX account and from an ordinary user, in both layouts of nodes;
//! afterwards every Asterisk is alive and hears. The fake PBX dies of the same lines by its own unit tests.

use lampfield_fake_pbx::Layout;
use lampfield_tests::member::{Kind, Member};
use lampfield_tests::scene;
use lampfield_tests::server::{Config, DOMAIN, Server};
use lampfield_tests::stanzas::{publish, to_service};
use lampfield_tests::xmpp::Element;
use std::time::Duration;

/// Contents of `<item>` that crash or blind Asterisk 22.10.1 and 16.28 when they are relayed.
const ITEMS: [&str; 14] = [
    "",
    "<state xmlns='http://asterisk.org' cachable='1'>INUSE</state>",
    "<state xmlns='http://asterisk.org' eid='' cachable='1'>INUSE</state>",
    "<state xmlns='http://asterisk.org' eid='nonsense' cachable='1'>INUSE</state>",
    "<state xmlns='http://asterisk.org' eid='02:00:00:00:00:09' cachable='1'/>",
    "<state xmlns='http://asterisk.org' eid='02:00:00:00:00:09' cachable='1'> </state>",
    "<state xmlns='http://asterisk.org'/>",
    "<state>INUSE</state>",
    "<mailbox xmlns='http://asterisk.org' eid='02:00:00:00:00:09'/>",
    "<mailbox xmlns='http://asterisk.org' eid='02:00:00:00:00:09'><NEWMSGS>1</NEWMSGS></mailbox>",
    "<mailbox xmlns='http://asterisk.org' eid='02:00:00:00:00:09'><OLDMSGS>1</OLDMSGS></mailbox>",
    "<mailbox xmlns='http://asterisk.org'><NEWMSGS>1</NEWMSGS><OLDMSGS>1</OLDMSGS></mailbox>",
    "<entry xmlns='http://www.w3.org/2005/Atom'><title>news</title></entry>",
    "just text",
];

lampfield_tests::of_every_kind!(
    no_publish_crashes_or_blinds_an_asterisk,
    nobody_can_send_an_asterisk_what_crashes_it,
);

async fn no_publish_crashes_or_blinds_an_asterisk(kind: Kind) {
    let (server, mut members) = listeners(kind).await;
    let mut pbx = scene::client(&server, "server8").await;
    let mut user = scene::client(&server, "carol").await;
    for client in [&mut pbx, &mut user] {
        for node in ["device_state", "message_waiting", "Custom:leaf"] {
            for item in ITEMS {
                let id = client.fresh_id();
                let named =
                    format!("<publish node='{node}'><item id='Custom:bad'>{item}</item></publish>");
                client.send(&to_service(&id, &named)).await;
                let nameless = format!("<publish node='{node}'><item>{item}</item></publish>");
                client.send(&to_service(&id, &nameless)).await;
            }
            let id = client.fresh_id();
            let many = format!("<publish node='{node}'/>");
            client.send(&to_service(&id, &many)).await;
            for verb in ["purge", "delete"] {
                client.send(&owner(&id, &format!("<{verb} node='{node}'/>"))).await;
            }
            let retract =
                format!("<retract node='{node}' notify='1'><item id='Custom:ok'/></retract>");
            client.send(&to_service(&id, &retract)).await;
        }
    }
    for answer in pbx.all_until_now().await {
        assert!(harmless(&answer.element), "this crashes an Asterisk: {}", answer.raw);
    }
    user.all_until_now().await;
    all_hear(&server, &mut members, "the publishes").await;
}

/// An error that echoes the request must carry a numeric code.
fn harmless(answer: &Element) -> bool {
    let refused = answer.attr("type") == Some("error") && answer.child("pubsub").is_some();
    !refused || answer.child("error").is_some_and(|error| error.attr("code").is_some())
}

/// An IQ error with `<pubsub/>` and without a code, from anybody, is a crash for Asterisk.
async fn nobody_can_send_an_asterisk_what_crashes_it(kind: Kind) {
    let (server, mut members) = listeners(kind).await;
    for to in members.iter().map(Member::jid).collect::<Vec<_>>() {
        for poison in poisons(&to) {
            for from in ["server8", "carol"] {
                send_poison(&server, from, &poison).await;
                all_hear(&server, &mut members, &poison).await;
            }
        }
    }
}

/// Returns when the server has dealt with it, or has ended the stream of a forger.
async fn send_poison(server: &Server, from: &str, poison: &str) {
    let mut client = scene::client(server, from).await;
    let ping = format!("<iq type='get' id='p' to='{DOMAIN}'><ping xmlns='urn:xmpp:ping'/></iq>");
    client.send(&format!("{poison}{ping}")).await;
    while let Ok(stanza) = client.next_within(Duration::from_secs(10)).await {
        if stanza.element.attr("id") == Some("p") {
            return;
        }
    }
}

fn poisons(to: &str) -> Vec<String> {
    let pubsub = "http://jabber.org/protocol/pubsub";
    let event = format!("{pubsub}#event");
    let service = format!("pubsub.{DOMAIN}");
    let state = "<state xmlns='http://asterisk.org' eid='02:00:00:00:00:09'>INUSE</state>";
    vec![
        format!(
            "<iq type='error' id='e1' to='{to}'><pubsub xmlns='{pubsub}'><publish node='device_state'/></pubsub><error type='cancel'/></iq>"
        ),
        format!(
            "<iq type='error' id='e2' to='{to}'><pubsub xmlns='{pubsub}'/><error type='cancel' code='404'/></iq>"
        ),
        format!(
            "<iq type='error' id='e3' to='{to}' from='{service}'><pubsub xmlns='{pubsub}'/><error type='cancel'/></iq>"
        ),
        format!(
            "<iq type='error' id='e4' to='{to}'><pubsub xmlns='{pubsub}'><publish node='device_state'><item id='x'>{state}</item></publish></pubsub><error type='cancel' code='404'/></iq>"
        ),
        format!(
            "<iq type='result' id='roster' to='{to}'><query xmlns='jabber:iq:roster'><item/></query></iq>"
        ),
        format!(
            "<iq type='result' id='roster' to='{to}'><query xmlns='jabber:iq:roster'><item subscription='both'/></query></iq>"
        ),
        format!("<iq type='result' id='roster' to='{to}'/>"),
        format!(
            "<iq type='result' id='z' to='{to}'><query xmlns='http://jabber.org/protocol/disco#info'><feature/><identity/></query></iq>"
        ),
        format!(
            "<iq type='result' id='z' to='{to}'><query xmlns='http://jabber.org/protocol/disco#items'><item/></query></iq>"
        ),
        format!(
            "<iq type='set' id='z' to='{to}'><query xmlns='jabber:iq:roster'><item/></query></iq>"
        ),
        format!("<iq type='get' to='{to}'/>"),
        format!("<iq to='{to}'><pubsub xmlns='{pubsub}'/></iq>"),
        format!(
            "<message to='{to}' from='{service}'><event xmlns='{event}'><items node='device_state'><item id='x'/></items></event></message>"
        ),
        format!(
            "<message to='{to}'><event xmlns='{event}'><items node='device_state'><item/></items></event></message>"
        ),
        format!(
            "<message to='{to}' from='{service}'><event xmlns='{event}'><items node='device_state'><item id='Custom:forged'>{state}</item></items></event></message>"
        ),
        format!("<presence to='{to}'/>"),
        format!("<presence to='{to}' type='subscribe'/>"),
        format!("<presence to='{to}' type='error'><error type='cancel'/></presence>"),
    ]
}

/// Three listeners: usual, with collection nodes, and with autocreate.
async fn listeners(kind: Kind) -> (Server, Vec<Member>) {
    let config = Config::plain().servers().account("carol", "role = \"user\"");
    let mut server = Server::start(&config).await;
    let mut members = Vec::new();
    for (number, layout) in [(1, Layout::Usual), (2, Layout::Collections), (4, Layout::Autocreate)]
    {
        members.push(kind.laid_out(&mut server, number, layout).await);
    }
    (server, members)
}

/// Every member is alive, nothing forged arrived, and each hears the next change.
async fn all_hear(server: &Server, members: &mut [Member], after: &str) {
    let mut pbx = scene::client(server, "server9").await;
    let id = pbx.fresh_id();
    for state in ["INUSE", "NOT_INUSE"] {
        pbx.send(&publish(&id, "02:00:00:00:00:19", "Custom:ok", state)).await;
        pbx.until(|answer| answer.attr("id") == Some(&id)).await;
        for member in &mut *members {
            println!("after {after}");
            member.assert_alive();
            member.sees("Custom:ok", state).await;
            assert_eq!(member.state("Custom:forged").await, "UNKNOWN");
        }
    }
}

fn owner(id: &str, content: &str) -> String {
    format!(
        "<iq type='set' id='{id}' to='pubsub.{DOMAIN}'>\
         <pubsub xmlns='http://jabber.org/protocol/pubsub#owner'>{content}</pubsub></iq>"
    )
}
