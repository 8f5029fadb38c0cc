//! The stanzas that Asterisk exchanges with the PubSub service, as text.

use crate::server::DOMAIN;
use crate::xmpp::Element;

/// The two telephony nodes.
pub const DEVICES: &str = "device_state";
/// The node of message counts, beside [`DEVICES`].
pub const MAILBOXES: &str = "message_waiting";

/// The service that all tests talk to.
pub fn service() -> String {
    format!("pubsub.{DOMAIN}")
}

/// An IQ to the service.
pub fn to_service(id: &str, content: &str) -> String {
    format!(
        "<iq type='set' id='{id}' to='pubsub.{DOMAIN}'>\
         <pubsub xmlns='http://jabber.org/protocol/pubsub'>{content}</pubsub></iq>"
    )
}

/// A cachable device state under this EID.
pub fn publish(id: &str, eid: &str, device: &str, state: &str) -> String {
    to_service(id, &publish_content(eid, device, state))
}

/// What [`publish`] puts into `<pubsub/>`.
pub fn publish_content(eid: &str, device: &str, state: &str) -> String {
    format!(
        "<publish node='{DEVICES}'><item id='{device}'>\
         <state xmlns='http://asterisk.org' eid='{eid}' cachable='1'>{state}</state>\
         </item></publish>"
    )
}

/// A mailbox's counts under this EID.
pub fn publish_mailbox(id: &str, eid: &str, mailbox: &str, new: u32, old: u32) -> String {
    let content = format!(
        "<publish node='{MAILBOXES}'><item id='{mailbox}'>\
         <mailbox xmlns='http://asterisk.org' eid='{eid}'>\
         <NEWMSGS>{new}</NEWMSGS><OLDMSGS>{old}</OLDMSGS></mailbox></item></publish>"
    );
    to_service(id, &content)
}

/// A subscription of a bare JID.
pub fn subscribe(id: &str, bare: &str, node: &str) -> String {
    to_service(id, &format!("<subscribe jid='{bare}' node='{node}'/>"))
}

/// Ends one subscription of the bare JID to `node`.
pub fn unsubscribe(id: &str, bare: &str, node: &str) -> String {
    to_service(id, &format!("<unsubscribe jid='{bare}' node='{node}'/>"))
}

/// A notification about a device: what a subscriber got.
#[derive(Clone, Debug, PartialEq)]
pub struct DeviceEvent {
    /// The name of the device: `Custom:100`.
    pub device: String,
    /// The EID under which it is said.
    pub eid: String,
    /// The state in Asterisk's word: `INUSE`.
    pub state: String,
}

impl DeviceEvent {
    /// Reads a notification; `None` when it is something else.
    pub fn read(message: &Element) -> Option<Self> {
        let item = message.find("item").filter(|_| message.name == "message")?;
        let state = item.child("state")?;
        Some(Self {
            device: item.attr("id")?.to_owned(),
            eid: state.attr("eid")?.to_owned(),
            state: state.text(),
        })
    }
}
