//! Contact lists as clients see them: whole, and contact by contact when one has changed. Beneath the
//! roster and presence services, which both change what is seen here; it changes nothing itself.

use lampfield_xmpp_stream::{BareJid, Tag};

use crate::contacts::Contact;
use crate::contacts::subscription::{Half, SubscriptionStep};
use crate::context::Context;
use crate::session::{Interest, Session};

/// The namespace of roster requests and pushes.
pub const NAMESPACE: &str = "jabber:iq:roster";

/// The group where PBX accounts find each other.
const PBX_GROUP: &str = "pbx";

/// The whole contact list of `account` as a payload.
pub fn whole(context: &Context, account: &BareJid) -> Vec<u8> {
    query(|out| {
        for peer in context.peers.of(account) {
            write_peer(out, &peer);
        }
        context.rosters.read(account, |roster| {
            let stored = roster.iter().filter(|(jid, _)| !context.peers.are(account, jid));
            stored.for_each(|(jid, contact)| write_item(out, jid, contact));
        });
    })
}

/// Tells the resources of `account` what has become of `contact`.
pub fn push(context: &Context, account: &BareJid, contact: &BareJid) {
    for session in context.router.resources(account) {
        let mut out = Vec::new();
        match session.roster.get() {
            Interest::Pushes => write_push(&mut out, context, &session, contact),
            Interest::Buddies if context.peers.are(account, contact) => {
                write_granted(&mut out, contact, account);
            }
            Interest::None | Interest::Buddies => continue,
        }
        session.send(&out);
    }
}

/// Appends that `contact` lets `account` see its presence.
pub fn write_granted(out: &mut Vec<u8>, contact: &BareJid, account: &BareJid) {
    Tag::open(out, "presence")
        .attr("from", contact.as_str())
        .attr("to", account.as_str())
        .attr("type", SubscriptionStep::Subscribed.as_str())
        .empty();
}

fn write_push(out: &mut Vec<u8>, context: &Context, session: &Session, contact: &BareJid) {
    let account = &session.bare;
    let query = query(|out| {
        if context.peers.are(account, contact) {
            return write_peer(out, contact);
        }
        context.rosters.read(account, |roster| match roster.get(contact) {
            Some(known) if known.entry.is_some() => write_item(out, contact, known),
            _ => write_removed(out, contact),
        });
    });
    Tag::open(out, "iq")
        .attr("type", "set")
        .attr("id", &format!("push-{}", context.rosters.next_push()))
        .attr("to", session.jid.as_str())
        .raw(&query);
}

/// Appends a contact as clients see it; nothing for a stranger.
fn write_item(out: &mut Vec<u8>, jid: &BareJid, contact: &Contact) {
    let Some(entry) = &contact.entry else { return };
    let ask = (contact.subscription.to == Half::Asked).then_some("subscribe");
    Tag::open(out, "item")
        .attr("jid", jid.as_str())
        .attr_opt("name", entry.name.as_deref())
        .attr("subscription", contact.subscription.as_str())
        .attr_opt("ask", ask)
        .children(|out| {
            for group in &entry.groups {
                Tag::open(out, "group").text(group);
            }
        });
}

/// Appends another PBX account, which each has as a contact without anybody's doing.
fn write_peer(out: &mut Vec<u8>, jid: &BareJid) {
    Tag::open(out, "item").attr("jid", jid.as_str()).attr("subscription", "both").children(|out| {
        Tag::open(out, "group").text(PBX_GROUP);
    });
}

/// Appends a contact that is gone.
fn write_removed(out: &mut Vec<u8>, jid: &BareJid) {
    Tag::open(out, "item").attr("jid", jid.as_str()).attr("subscription", "remove").empty();
}

/// The items that `write` appends, as the payload of a result or a push.
fn query(write: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let mut out = Vec::new();
    Tag::open(&mut out, "query").xmlns(NAMESPACE).children(write);
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contacts::RosterEntry;
    use crate::contacts::subscription::PresenceSubscription;

    fn bob() -> BareJid {
        BareJid::parse("bob@example.org").unwrap()
    }

    #[test]
    fn items_are_written_as_clients_expect() {
        let mut contact = Contact {
            subscription: PresenceSubscription { to: Half::Asked, from: Half::Yes },
            entry: Some(RosterEntry { name: Some("Bob & Co".into()), groups: vec!["A".into()] }),
            request: None,
        };
        let payload = query(|out| write_item(out, &bob(), &contact));
        assert_eq!(
            String::from_utf8(payload).unwrap(),
            "<query xmlns='jabber:iq:roster'><item jid='bob@example.org' name='Bob &amp; Co' \
             subscription='from' ask='subscribe'><group>A</group></item></query>"
        );
        contact.entry = None;
        assert_eq!(query(|out| write_item(out, &bob(), &contact)), query(|_| ()));
    }

    #[test]
    fn peers_and_removals_are_items_too() {
        let both = query(|out| {
            write_peer(out, &bob());
            write_removed(out, &bob());
        });
        assert_eq!(
            String::from_utf8(both).unwrap(),
            "<query xmlns='jabber:iq:roster'>\
             <item jid='bob@example.org' subscription='both'><group>pbx</group></item>\
             <item jid='bob@example.org' subscription='remove'/></query>"
        );
    }
}
