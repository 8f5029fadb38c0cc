//! What a stanza of the PBX is to the relay: a word to keep, a part of its login, or something that
//! counts only now.

use lampfield_xmpp_stream::{Element, Scope, Stanza, StanzaLimits, StreamError, ns, writer};

use crate::own_id::REPEATED;
use crate::subject::Subject;
use crate::words::Part;

const PUBSUB: &str = "http://jabber.org/protocol/pubsub";
const PUBSUB_OWNER: &str = "http://jabber.org/protocol/pubsub#owner";
const ROSTER: &str = "jabber:iq:roster";
const DATA: &str = "jabber:x:data";

/// What a stanza of the PBX is to the relay.
#[derive(Debug, PartialEq, Eq)]
pub enum Read {
    /// The last word on a subject.
    Word(Word),
    /// What was said of a subject is taken back.
    Retraction(Subject),
    /// A node goes, with all that was said there.
    Deletion(Box<str>),
    /// A part of the login, of a node or of nothing in particular.
    Part(Part, Box<str>, Option<Vec<u8>>),
    /// The binding of the resource.
    Binding,
    /// A login by SASL; its mechanism.
    Login(Box<str>),
    /// It wants TLS, which the relay has only towards the server.
    StartTls,
    /// A login of a time before SASL.
    OldLogin,
    /// A state that nobody is to keep, a ping, an answer: it is not repeated.
    Once,
}

/// What a PBX says of a subject.
#[derive(Debug, PartialEq, Eq)]
pub struct Word {
    /// Of what it speaks.
    pub subject: Subject,
    /// The stanza as it would be repeated.
    pub repeated: Vec<u8>,
    /// The id under which the server answers it.
    pub id: Option<Box<str>>,
}

/// Reads a stanza of the PBX.
///
/// # Errors
/// What is wrong with its XML.
pub fn read(bytes: &[u8], scope: &Scope) -> Result<Read, StreamError> {
    let stanza = Stanza::parse(bytes, scope, &StanzaLimits::AUTHENTICATED)?;
    let root = stanza.root();
    let kind = root.attr("type");
    Ok(match (root.ns(), root.name()) {
        (ns::SASL, "auth") => Read::Login(root.attr("mechanism").unwrap_or_default().into()),
        (ns::TLS, "starttls") => Read::StartTls,
        (ns::CLIENT, "iq") => match kind {
            Some("set" | "get") => request(root).unwrap_or(Read::Once),
            _ => Read::Once,
        },
        (ns::CLIENT, "presence") if root.attr("to").is_none() => match kind {
            None => Read::Part(Part::Presence, "".into(), Some(repeated(root))),
            Some("unavailable") => Read::Part(Part::Presence, "".into(), None),
            Some(_) => Read::Once,
        },
        _ => Read::Once,
    })
}

fn request(root: Element<'_>) -> Option<Read> {
    let payload = root.first_child()?;
    let part = |part, name: &str| Some(Read::Part(part, name.into(), Some(repeated(root))));
    match (payload.ns(), payload.name()) {
        (PUBSUB, "pubsub") => pubsub(root, payload),
        (PUBSUB_OWNER, "pubsub") => {
            let delete = payload.child(PUBSUB_OWNER, "delete")?;
            Some(Read::Deletion(delete.attr("node")?.into()))
        }
        (ns::BIND, "bind") => Some(Read::Binding),
        (ns::SESSION, "session") => part(Part::Session, ""),
        (ns::IQ_AUTH, "query") => Some(Read::OldLogin),
        (ROSTER, "query") if root.attr("type") == Some("get") => part(Part::Roster, ""),
        _ => None,
    }
}

fn pubsub(root: Element<'_>, pubsub: Element<'_>) -> Option<Read> {
    let action = pubsub.first_child()?;
    let node: Box<str> = action.attr("node")?.into();
    let subject =
        |item: Element<'_>| Some(Subject { node: node.clone(), item: item.attr("id")?.into() });
    match action.name() {
        "publish" if is_kept(pubsub, action) => {
            let id = root.attr("id").map(Into::into);
            let subject = subject(action.first_child()?)?;
            Some(Read::Word(Word { subject, repeated: repeated(root), id }))
        }
        "retract" => Some(Read::Retraction(subject(action.first_child()?)?)),
        "subscribe" => Some(Read::Part(Part::Subscription, node, Some(repeated(root)))),
        "unsubscribe" => Some(Read::Part(Part::Unsubscription, node, Some(repeated(root)))),
        _ => None,
    }
}

/// Whether it is one state that holds until another one comes: `cachable='0'` and the publish
/// options that Asterisk sends with it say that it does not.
fn is_kept(pubsub: Element<'_>, publish: Element<'_>) -> bool {
    let mut items = publish.children();
    let (first, second) = (items.next(), items.next());
    let state = first.and_then(Element::first_child);
    let is_cachable = state.is_some_and(|state| state.attr("cachable") != Some("0"));
    second.is_none() && is_cachable && !forbids_to_keep(pubsub)
}

fn forbids_to_keep(pubsub: Element<'_>) -> bool {
    let form = pubsub.child(PUBSUB, "publish-options").and_then(|options| options.child(DATA, "x"));
    let mut fields = form.into_iter().flat_map(Element::children);
    fields.any(|field| {
        field.attr("var") == Some("pubsub#persist_items")
            && matches!(&*field.child_text(DATA, "value").unwrap_or_default(), "0" | "false")
    })
}

/// The stanza as it is said again.
fn repeated(root: Element<'_>) -> Vec<u8> {
    let mut out = Vec::with_capacity(root.raw().len() + 16);
    writer::with_id(&mut out, root, ns::CLIENT, REPEATED);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scope() -> Scope {
        Scope::with_default(ns::CLIENT)
    }

    fn said(text: &str) -> Read {
        read(text.as_bytes(), &scope()).unwrap()
    }

    fn publish(state: &str, more: &str) -> String {
        format!(
            "<iq to='pubsub.a' from='server1@a/x' type='set' id='aaaap'>\
             <pubsub xmlns='http://jabber.org/protocol/pubsub'><publish node='device_state'>\
             <item id='Custom:a&amp;b'><state xmlns='http://asterisk.org' eid='e' {state}>INUSE\
             </state></item></publish>{more}</pubsub></iq>"
        )
    }

    #[test]
    fn a_state_is_a_word_under_another_id() {
        let Read::Word(word) = said(&publish("cachable='1'", "")) else {
            panic!("no word");
        };
        let Word { subject, repeated: again, id } = word;
        assert_eq!(id.as_deref(), Some("aaaap"));
        assert_eq!((&*subject.node, &*subject.item), ("device_state", "Custom:a&b"));
        let again = String::from_utf8(again).unwrap();
        let iq = "<iq to='pubsub.a' from='server1@a/x' type='set' id='aaaap'>";
        let other = "<iq id='lampfield-relay' to='pubsub.a' from='server1@a/x' type='set'>";
        assert_eq!(again, publish("cachable='1'", "").replace(iq, other));
    }

    #[test]
    fn what_is_not_to_be_kept_counts_once() {
        assert_eq!(said(&publish("cachable='0'", "")), Read::Once);
        let options = "<publish-options><x xmlns='jabber:x:data' type='submit'>\
            <field var='pubsub#persist_items'><value>0</value></field></x></publish-options>";
        assert_eq!(said(&publish("", options)), Read::Once);
        for once in [
            "<iq type='get' id='a'><ping xmlns='urn:xmpp:ping'/></iq>",
            "<iq type='result' id='a'><query xmlns='jabber:iq:roster'/></iq>",
            "<presence type='subscribe' to='b@a'/>",
            "<message to='b@a'><body>x</body></message>",
            "<iq type='set' id='a'/>",
        ] {
            assert_eq!(said(once), Read::Once, "{once}");
        }
    }

    #[test]
    fn the_parts_of_a_login() {
        let bind = "<iq type='set' id='a'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>";
        assert_eq!(said(bind), Read::Binding);
        let subscribe = "<iq type='set' id='a'><pubsub xmlns='http://jabber.org/protocol/pubsub'>\
            <subscribe jid='a@b' node='device_state'/></pubsub></iq>";
        assert!(
            matches!(said(subscribe), Read::Part(Part::Subscription, node, Some(_)) if &*node == "device_state")
        );
        assert!(matches!(said("<presence/>"), Read::Part(Part::Presence, _, Some(_))));
        assert!(matches!(
            said("<presence type='unavailable'/>"),
            Read::Part(Part::Presence, _, None)
        ));
    }
}
