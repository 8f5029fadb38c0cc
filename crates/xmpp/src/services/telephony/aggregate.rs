//! The read-only nodes for ordinary clients: what each lamp shows, one item per subject.

use lampfield_board::{Subject, Value};
use lampfield_xmpp_stream::Tag;
use lampfield_xmpp_stream::writer::push_attr_value;

use super::nodes::{EventKind, TelephonyNode};

/// The namespace of a lamp: `<state/>` holds Asterisk's word, `<mailbox/>` the counts.
pub const LAMP: &str = "urn:lampfield:lamp:1";

/// Everything of a notification after its addresses; a lamp that nobody says anything about any
/// more is retracted.
pub fn write_event(out: &mut Vec<u8>, subject: &Subject, lamp: Option<&Value>) {
    let Some(events) = EventKind::of(subject.kind()) else { return };
    let node = TelephonyNode::Lamps(events).name();
    out.extend_from_slice(b"><event xmlns='http://jabber.org/protocol/pubsub#event'><items node='");
    out.extend_from_slice(node.as_bytes());
    let (open, close): (&[u8], &[u8]) = match lamp {
        Some(_) => (b"'><item id=", b"</item>"),
        None => (b"'><retract id=", b"</retract>"),
    };
    out.extend_from_slice(open);
    push_attr_value(out, subject.name().as_str());
    out.push(b'>');
    if let Some(lamp) = lamp {
        write_lamp(out, lamp);
    }
    out.extend_from_slice(close);
    out.extend_from_slice(b"</items></event></message>");
}

/// Appends the payload of a lamp's item.
pub fn write_lamp(out: &mut Vec<u8>, lamp: &Value) {
    match lamp {
        Value::Device(state) => Tag::open(out, "state").xmlns(LAMP).text(state.as_str()),
        Value::Mailbox(count) => Tag::open(out, "mailbox").xmlns(LAMP).children(|out| {
            Tag::open(out, "NEWMSGS").text(&count.new.to_string());
            Tag::open(out, "OLDMSGS").text(&count.old.to_string());
        }),
        // There is no node for it.
        _ => {}
    }
}
