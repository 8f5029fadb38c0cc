//! What a client asks for that changes its roster (RFC 6121 section 2).

use lampfield_xmpp_stream::{BareJid, Element, Jid, StanzaCondition, StanzaError};

use crate::contacts::RosterEntry;
use crate::services::roster_view::NAMESPACE;

/// Bytes of a contact's name.
const MOST_NAME_BYTES: usize = 256;
/// Bytes of a group's name.
const MOST_GROUP_BYTES: usize = 128;
/// Groups that one contact may be in, at most.
const MOST_GROUPS: usize = 16;

/// What a roster set asks for.
#[derive(Debug, PartialEq, Eq)]
pub enum Edit {
    /// Add the contact or change how it is called and filed.
    Put(BareJid, RosterEntry),
    /// Forget the contact and end both subscriptions.
    Remove(BareJid),
}

/// Reads a roster set.
///
/// # Errors
/// As RFC 6121 section 2.3.3 says: `bad-request` for no or several items, an address that is none
/// or a group named twice; `not-acceptable` for a name or group of a wrong length.
pub fn parse_edit(query: Element<'_>) -> Result<Edit, StanzaError> {
    let mut items = query.children().filter(|child| child.is(NAMESPACE, "item"));
    let (Some(item), None) = (items.next(), items.next()) else {
        return Err(StanzaCondition::BadRequest.with("a roster set has one item"));
    };
    let Some(jid) = item.attr("jid") else {
        return Err(StanzaCondition::BadRequest.with("an item needs a jid"));
    };
    // COMPAT(clients that file full addresses): contacts are accounts, the resource is dropped.
    let jid = Jid::parse(jid).map_err(|bad| StanzaCondition::BadRequest.with(bad.to_string()))?;
    let jid = jid.to_bare();
    if item.attr("subscription") == Some("remove") {
        return Ok(Edit::Remove(jid));
    }
    let name = item.attr("name").filter(|name| !name.is_empty());
    if name.is_some_and(|name| name.len() > MOST_NAME_BYTES) {
        let text = format!("a name has at most {MOST_NAME_BYTES} bytes");
        return Err(StanzaCondition::NotAcceptable.with(text));
    }
    Ok(Edit::Put(jid, RosterEntry { name: name.map(Into::into), groups: parse_groups(item)? }))
}

fn parse_groups(item: Element<'_>) -> Result<Vec<Box<str>>, StanzaError> {
    let mut groups: Vec<Box<str>> = Vec::new();
    for group in item.children().filter(|child| child.is(NAMESPACE, "group")) {
        let name = group.text();
        if name.is_empty() || name.len() > MOST_GROUP_BYTES {
            let text = format!("a group has 1 to {MOST_GROUP_BYTES} bytes");
            return Err(StanzaCondition::NotAcceptable.with(text));
        }
        if groups.iter().any(|other| **other == *name) {
            return Err(StanzaCondition::BadRequest.with("a group is named twice"));
        }
        if groups.len() >= MOST_GROUPS {
            let text = format!("a contact has at most {MOST_GROUPS} groups");
            return Err(StanzaCondition::NotAcceptable.with(text));
        }
        groups.push(name.into());
    }
    Ok(groups)
}

#[cfg(test)]
mod tests {
    use lampfield_xmpp_stream::{Scope, Stanza, StanzaLimits};

    use super::*;

    fn edit(items: &str) -> Result<Edit, StanzaCondition> {
        let xml = format!("<query xmlns='jabber:iq:roster'>{items}</query>");
        let scope = Scope::NONE;
        let stanza = Stanza::parse(xml.as_bytes(), &scope, &StanzaLimits::AUTHENTICATED).unwrap();
        parse_edit(stanza.root()).map_err(|error| error.condition)
    }

    fn bob() -> BareJid {
        BareJid::parse("bob@example.org").unwrap()
    }

    #[test]
    fn an_item_with_name_and_groups_is_read() {
        let item =
            "<item jid='bob@example.org/phone' name='Bob'><group>A</group><group>B</group></item>";
        let entry = RosterEntry { name: Some("Bob".into()), groups: vec!["A".into(), "B".into()] };
        assert_eq!(edit(item), Ok(Edit::Put(bob(), entry)));
        let item = "<item jid='bob@example.org' subscription='remove'/>";
        assert_eq!(edit(item), Ok(Edit::Remove(bob())));
        let item = "<item jid='bob@example.org' name='' subscription='both'/>";
        assert_eq!(
            edit(item),
            Ok(Edit::Put(bob(), RosterEntry::default())),
            "no way to fake a state"
        );
    }

    #[test]
    fn wrong_items_are_refused_as_the_standard_says() {
        use StanzaCondition::{BadRequest, NotAcceptable};
        let long = "x".repeat(300);
        let many: String = (0..17).map(|n| format!("<group>{n}</group>")).collect();
        let cases = [
            (String::new(), BadRequest),
            ("<item/>".into(), BadRequest),
            ("<item jid='@'/>".into(), BadRequest),
            ("<item jid='a@b'/><item jid='c@d'/>".into(), BadRequest),
            ("<item jid='a@b'><group>A</group><group>A</group></item>".into(), BadRequest),
            ("<item jid='a@b'><group/></item>".into(), NotAcceptable),
            (format!("<item jid='a@b'><group>{long}</group></item>"), NotAcceptable),
            (format!("<item jid='a@b' name='{long}'/>"), NotAcceptable),
            (format!("<item jid='a@b'>{many}</item>"), NotAcceptable),
        ];
        for (items, expected) in cases {
            assert_eq!(edit(&items), Err(expected), "{items}");
        }
    }
}
