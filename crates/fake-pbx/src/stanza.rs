//! What Asterisk writes, to the letter.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

use crate::cache::Messages;
use crate::device::DeviceState;
use crate::settings::Layout;
use crate::xml::escaped;

/// The node of device states.
pub const DEVICES: &str = "device_state";
/// The node of message counts.
pub const MAILBOXES: &str = "message_waiting";

const PUBSUB: &str = "http://jabber.org/protocol/pubsub";
const OWNER: &str = "http://jabber.org/protocol/pubsub#owner";
const DISCO_INFO: &str = "http://jabber.org/protocol/disco#info";

/// The last words of a PBX that says goodbye. Stock Asterisk has none: it closes its socket.
pub const GOODBYE: &str = "<presence type='unavailable'/></stream:stream>";

pub const STARTTLS: &str = "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>";

pub const SESSION: &str =
    "<iq type='set' id='auth'><session xmlns='urn:ietf:params:xml:ns:xmpp-session'/></iq>";

pub const ROSTER: &str = "<iq type='get' id='roster'><query xmlns='jabber:iq:roster'/></iq>";

/// What it can do, for whoever asks (disco#info).
const FEATURES: [&str; 8] = [
    DISCO_INFO,
    "urn:xmpp:jingle:1",
    "urn:xmpp:jingle:transports:ice-udp:1",
    "urn:xmpp:jingle:apps:rtp:1",
    "urn:xmpp:jingle:apps:rtp:audio",
    "urn:xmpp:jingle:apps:rtp:video",
    "http://www.google.com/xmpp/protocol/voice/v1",
    "http://www.google.com/xmpp/protocol/session",
];

/// From whom, to whom and under which id a request goes to the PubSub service.
#[derive(Clone, Copy, Debug)]
pub struct Envelope<'a> {
    pub from: &'a str,
    pub service: &'a str,
    pub id: &'a str,
}

pub fn header(domain: &str) -> String {
    format!(
        "<?xml version='1.0'?><stream:stream xmlns:stream='http://etherx.jabber.org/streams' \
         xmlns='jabber:client' to='{}' version='1.0'>",
        escaped(domain)
    )
}

pub fn auth(user: &str, secret: &str) -> String {
    let plain = BASE64.encode(format!("\0{user}\0{secret}"));
    format!("<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>{plain}</auth>")
}

pub fn bind(id: &str, resource: &str) -> String {
    format!(
        "<iq type='set' id='{id}'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>{}\
         </resource></bind></iq>",
        escaped(resource)
    )
}

pub fn presence(from: &str) -> String {
    format!(
        "<presence from='{}'><status>I am available</status><priority>1</priority>\
         <c node='http://www.asterisk.org/xmpp/client/caps' ver='asterisk-xmpp' \
         ext='voice-v1 video-v1 camera-v1' xmlns='http://jabber.org/protocol/caps'/></presence>",
        escaped(from)
    )
}

pub fn approval(to: &str) -> String {
    format!(
        "<presence type='subscribed' to='{}'><status>Asterisk has approved your subscription\
         </status></presence>",
        escaped(to)
    )
}

pub fn subscription(to: &str) -> String {
    format!(
        "<presence type='subscribe' to='{}'><status>Greetings! I am the Asterisk Open Source PBX \
         and I want to subscribe to your presence</status></presence>",
        escaped(to)
    )
}

pub fn ping(id: &str, from: &str, domain: &str) -> String {
    format!(
        "<iq type='get' id='{id}' from='{}' to='{}'><ping xmlns='urn:xmpp:ping'/></iq>",
        escaped(from),
        escaped(domain)
    )
}

pub fn ask_disco(id: &str, from: &str, to: &str) -> String {
    format!(
        "<iq from='{}' to='{}' id='{id}' type='get'><query xmlns='{DISCO_INFO}'/></iq>",
        escaped(from),
        escaped(to)
    )
}

pub fn answer_disco(id: &str, from: &str, to: Option<&str>) -> String {
    let to = to.map(|to| format!(" to='{}'", escaped(to))).unwrap_or_default();
    let features = FEATURES.map(|feature| format!("<feature var='{feature}'/>")).concat();
    format!(
        "<iq from='{}'{to} type='result' id='{}'><query xmlns='{DISCO_INFO}'>\
         <identity category='client' type='pc' name='asterisk'/>{features}</query></iq>",
        escaped(from),
        escaped(id)
    )
}

pub fn subscribe(envelope: Envelope<'_>, account: &str, node: &str, layout: Layout) -> String {
    let options = match layout {
        Layout::Collections => {
            let fields = [
                field("FORM_TYPE", &format!("{PUBSUB}#subscribe_options"), true),
                field("pubsub#subscription_type", "items", false),
                field("pubsub#subscription_depth", "all", false),
                field("pubsub#expire", "presence", false),
            ];
            format!("<options>{}</options>", form(&fields))
        }
        Layout::Usual | Layout::Autocreate => String::new(),
    };
    let account = escaped(account);
    let subscribe = format!("<subscribe jid='{account}' node='{node}'/>{options}");
    to_service(envelope, PUBSUB, &subscribe, "")
}

pub fn unsubscribe(envelope: Envelope<'_>, account: &str, node: &str) -> String {
    let account = escaped(account);
    to_service(envelope, PUBSUB, &format!("<unsubscribe jid='{account}' node='{node}'/>"), "")
}

/// A state, and whether those who hear it keep it (`cachable`).
pub fn publish_state(
    envelope: Envelope<'_>,
    layout: Layout,
    eid: &str,
    device: &str,
    state: DeviceState,
    is_kept: bool,
) -> String {
    let cachable = u8::from(is_kept);
    let item = format!(
        "<state xmlns='http://asterisk.org' eid='{eid}' cachable='{cachable}'>{state}</state>"
    );
    let options = match is_kept {
        true => String::new(),
        false => {
            let fields = [
                field("FORM_TYPE", &format!("{PUBSUB}#publish-options"), true),
                field("pubsub#persist_items", "0", false),
            ];
            format!("<publish-options>{}</publish-options>", form(&fields))
        }
    };
    publish(envelope, node_of(layout, device, DEVICES), device, &item, &options)
}

pub fn publish_mailbox(
    envelope: Envelope<'_>,
    layout: Layout,
    eid: &str,
    mailbox: &str,
    Messages { new, old }: Messages,
) -> String {
    let item = format!(
        "<mailbox xmlns='http://asterisk.org' eid='{eid}'><NEWMSGS>{new}</NEWMSGS>\
         <OLDMSGS>{old}</OLDMSGS></mailbox>"
    );
    publish(envelope, node_of(layout, mailbox, MAILBOXES), mailbox, &item, "")
}

/// With collections each device and mailbox is a node of its own.
fn node_of<'a>(layout: Layout, item: &'a str, node: &'a str) -> &'a str {
    if layout == Layout::Collections { item } else { node }
}

fn publish(envelope: Envelope<'_>, node: &str, item: &str, content: &str, more: &str) -> String {
    let (node, item) = (escaped(node), escaped(item));
    let publish =
        format!("<publish node='{node}'><item id='{item}'>{content}</item></publish>{more}");
    to_service(envelope, PUBSUB, &publish, "")
}

/// A form with two `FORM_TYPE` fields, as Asterisk sends it.
pub fn create(envelope: Envelope<'_>, node: &str, collection: Option<&str>) -> String {
    let mut fields = vec![field("FORM_TYPE", OWNER, true)];
    if collection.is_some() {
        fields.push(field("pubsub#node_type", "leaf", false));
    }
    fields.push(field("FORM_TYPE", &format!("{PUBSUB}#node_config"), true));
    fields.push(field("pubsub#deliver_payloads", "1", false));
    fields.push(field("pubsub#persist_items", "1", false));
    fields.push(field("pubsub#access_model", "whitelist", false));
    fields.extend(collection.map(|collection| field("pubsub#collection", collection, false)));
    let (node, form) = (escaped(node), form(&fields));
    let create = format!("<create node='{node}'/><configure>{form}</configure>");
    to_service(envelope, PUBSUB, &create, "")
}

pub fn affiliations(envelope: Envelope<'_>, node: &str, owners: &[String]) -> String {
    let owner = |jid: &String| format!("<affiliation jid='{}' affiliation='owner'/>", escaped(jid));
    let (node, owners) = (escaped(node), owners.iter().map(owner).collect::<String>());
    let list = format!("<affiliations node='{node}'>{owners}</affiliations>");
    to_service(envelope, OWNER, &list, "")
}

/// What was refused, once more, with its refusal behind it.
pub fn again(envelope: Envelope<'_>, refused: &str, error: &str) -> String {
    to_service(envelope, PUBSUB, refused, error)
}

fn to_service(envelope: Envelope<'_>, ns: &str, content: &str, behind: &str) -> String {
    let Envelope { from, service, id } = envelope;
    let (from, service) = (escaped(from), escaped(service));
    format!(
        "<iq to='{service}' from='{from}' type='set' id='{id}'><pubsub xmlns='{ns}'>{content}\
         </pubsub>{behind}</iq>"
    )
}

fn form(fields: &[String]) -> String {
    format!("<x xmlns='jabber:x:data' type='submit'>{}</x>", fields.concat())
}

fn field(name: &str, value: &str, is_hidden: bool) -> String {
    let kind = if is_hidden { " type='hidden'" } else { "" };
    format!("<field var='{name}'{kind}><value>{value}</value></field>")
}
