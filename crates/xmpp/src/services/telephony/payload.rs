//! What Asterisk writes into an item, and what it can read out of a notification.
//!
//! COMPAT(asterisk<=22 res_xmpp): every oddity of a notification that crashes or blinds it is ruled
//! out here: always one item with an id, a payload without prefix or white space, an EID and a
//! text that is not empty.

use lampfield_board::{
    Cachable, Change, DeviceState, Eid, EidError, MessageCount, NameError, Subject, Value,
};
use lampfield_xmpp_stream::writer::push_attr_value;
use lampfield_xmpp_stream::{Element, Tag};

use super::nodes::{EventKind, TelephonyNode};

/// The namespace of Asterisk's payloads.
pub const ASTERISK: &str = "http://asterisk.org";

/// What an item published by an Asterisk says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FactItem {
    /// The device or the mailbox that it is about.
    pub subject: Subject,
    /// The EID of the PBX that says so.
    pub eid: Eid,
    /// The state, or the counts of new and old messages.
    pub value: Value,
    /// Whether it may be kept.
    pub cachable: Cachable,
}

/// Why an item cannot be taken; it is refused and nothing is kept.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ItemError {
    /// It names no device or mailbox.
    #[error("the item has no id")]
    NoId,
    /// The device or mailbox has a name that no board takes.
    #[error("the item's id is no name: {0}")]
    Name(#[from] NameError),
    /// There is nothing in it that Asterisk would write.
    #[error("the item holds neither a device state nor a mailbox of {ASTERISK}")]
    NoPayload,
    /// Nobody would know who says so.
    #[error("the payload has no eid")]
    NoEid,
    /// Its origin is not written as six bytes.
    #[error("{0}")]
    Eid(#[from] EidError),
    /// The state has no word.
    #[error("the state is empty")]
    NoState,
    /// A count is missing or not a number.
    #[error("the mailbox has no number in {0}")]
    NoCount(&'static str),
}

/// Reads one `<item/>` of a publish. `node` names the device where the item does not.
///
/// # Errors
/// [`ItemError`] says what is missing.
pub fn parse(item: Element<'_>, node: &str) -> Result<FactItem, ItemError> {
    let name = item.attr("id").filter(|id| !id.is_empty()).unwrap_or(node);
    if name.is_empty() {
        return Err(ItemError::NoId);
    }
    let payload = item.first_child().filter(|payload| payload.ns() == ASTERISK);
    let payload = payload.ok_or(ItemError::NoPayload)?;
    let (subject, value) = match payload.name() {
        "state" => (Subject::device(name)?, Value::Device(state(payload)?)),
        "mailbox" => (Subject::mailbox(name)?, Value::Mailbox(counts(payload)?)),
        _ => return Err(ItemError::NoPayload),
    };
    let eid = payload.attr("eid").ok_or(ItemError::NoEid)?.parse()?;
    let cachable = match payload.attr("cachable") {
        Some("0") => Cachable::No,
        _ => Cachable::Yes,
    };
    Ok(FactItem { subject, eid, value, cachable })
}

fn state(payload: Element<'_>) -> Result<DeviceState, ItemError> {
    let text = payload.text();
    match text.trim() {
        "" => Err(ItemError::NoState),
        word => Ok(DeviceState::from_wire(word)),
    }
}

fn counts(payload: Element<'_>) -> Result<MessageCount, ItemError> {
    let count = |name| {
        let text = payload.child_text(ASTERISK, name);
        text.and_then(|text| text.trim().parse().ok()).ok_or(ItemError::NoCount(name))
    };
    Ok(MessageCount::new(count("NEWMSGS")?, count("OLDMSGS")?))
}

/// Appends everything of a notification after its addresses: what all subscribers share.
pub fn write_event(out: &mut Vec<u8>, change: &Change) {
    let Some(events) = EventKind::of(change.subject.kind()) else { return };
    let node = TelephonyNode::Facts(events).name();
    out.extend_from_slice(b"><event xmlns='http://jabber.org/protocol/pubsub#event'><items node='");
    out.extend_from_slice(node.as_bytes());
    out.extend_from_slice(b"'><item id=");
    push_attr_value(out, change.subject.name().as_str());
    out.push(b'>');
    write_payload(out, change);
    out.extend_from_slice(b"</item></items></event></message>");
}

/// Appends the payload of an item. A withdrawal reads UNKNOWN (which never beats a live PBX and
/// lets Asterisk ask its own driver) or no messages.
pub fn write_payload(out: &mut Vec<u8>, change: &Change) {
    let ended = match EventKind::of(change.subject.kind()) {
        Some(EventKind::DeviceState) => Value::Device(DeviceState::Unknown),
        Some(EventKind::MessageWaiting) => Value::Mailbox(MessageCount::new(0, 0)),
        None => return,
    };
    let value = change.state.live().unwrap_or(&ended);
    write_fact(out, change.origin.eid(), value, change.cachable);
}

/// Appends what a PBX says, as Asterisk writes it.
pub fn write_fact(out: &mut Vec<u8>, eid: Eid, value: &Value, cachable: Cachable) {
    match value {
        Value::Device(state) => {
            let cachable = match cachable {
                Cachable::Yes => "1",
                Cachable::No => "0",
            };
            Tag::open(out, "state")
                .xmlns(ASTERISK)
                .attr("eid", &eid.to_string())
                .attr("cachable", cachable)
                .text(state.as_str());
        }
        Value::Mailbox(count) => {
            Tag::open(out, "mailbox").xmlns(ASTERISK).attr("eid", &eid.to_string()).children(
                |out| {
                    Tag::open(out, "NEWMSGS").text(&count.new.to_string());
                    Tag::open(out, "OLDMSGS").text(&count.old.to_string());
                },
            );
        }
        // Asterisk has no event for it.
        _ => {}
    }
}

#[cfg(test)]
mod tests;
