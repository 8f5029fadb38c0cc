//! What the telephony nodes hold, as XML: items (XEP-0060 section 6.5) and what there is to discover
//! (XEP-0030). It looks at the board and changes nothing.

use lampfield_board::Cachable;
use lampfield_hub::kit::{Visible, VisibleBoard};
use lampfield_xmpp_stream::{Element, StanzaCondition, StanzaError, Tag};

use super::listing::{MOST, Part};
use super::nodes::TelephonyNode;
use super::{aggregate, payload};
use crate::services::pubsub::codec::Malformed;
use crate::services::pubsub::codec::ns::{DISCO_INFO, DISCO_ITEMS, PUBSUB};

/// The answer to `disco#info` about a node.
pub fn info(node: TelephonyNode) -> Vec<u8> {
    let mut out = Vec::new();
    Tag::open(&mut out, "query").xmlns(DISCO_INFO).attr("node", node.name()).children(|out| {
        Tag::open(out, "identity").attr("category", "pubsub").attr("type", "leaf").empty();
        Tag::open(out, "feature").attr("var", PUBSUB).empty();
    });
    out
}

/// The subjects of a node, as its items and, for XEP-0248, as leaves of the same names, a part at a
/// time.
///
/// # Errors
/// As [`Part::of`].
pub fn discover(
    board: VisibleBoard<'_>,
    service: &str,
    request: Element<'_>,
    node: TelephonyNode,
) -> Result<Vec<u8>, StanzaError> {
    let part = Part::of(board, node, request, None)?;
    let mut out = Vec::new();
    Tag::open(&mut out, "query").xmlns(DISCO_ITEMS).attr("node", node.name()).children(|out| {
        for lit in &part.lit {
            let name = lit.subject.name().as_str();
            let item = Tag::open(out, "item").attr("jid", service);
            item.attr("node", name).attr("name", name).empty();
        }
        part.write_set(out);
    });
    Ok(out)
}

/// The items of a node: those that `items` names, as many as there are, or else a part of all. Of a
/// node of facts there is one for each PBX that speaks of the subject.
///
/// # Errors
/// As [`Part::of`]; `resource-constraint` for too many names.
pub fn items(
    board: VisibleBoard<'_>,
    pubsub: Element<'_>,
    items: Element<'_>,
    node: TelephonyNode,
) -> Result<Vec<u8>, StanzaError> {
    let named = named(board, items, node)?;
    let part = match named {
        Some(_) => None,
        None => Some(Part::of(board, node, pubsub, items.attr("max_items"))?),
    };
    let lit = part.as_ref().map(|part| part.lit.as_slice()).or(named.as_deref());
    let mut out = Vec::new();
    Tag::open(&mut out, "pubsub").xmlns(PUBSUB).children(|out| {
        Tag::open(out, "items").attr("node", node.name()).children(|out| {
            lit.into_iter().flatten().for_each(|lit| write(out, lit, node));
        });
        part.iter().for_each(|part| part.write_set(out));
    });
    Ok(out)
}

/// The subjects that a request names, those of which nobody says anything left out; `None` if it
/// names none.
fn named<'a>(
    board: VisibleBoard<'a>,
    items: Element<'_>,
    node: TelephonyNode,
) -> Result<Option<Vec<Visible<'a>>>, StanzaError> {
    let mut names = items.children().filter(|child| child.is(PUBSUB, "item")).peekable();
    if names.peek().is_none() {
        return Ok(None);
    }
    let mut found = Vec::new();
    for (number, item) in names.enumerate() {
        if number >= MOST {
            let text = format!("at most {MOST} items by name");
            return Err(StanzaCondition::ResourceConstraint.with(text));
        }
        let name = item.attr("id").ok_or(Malformed::ItemRequired)?;
        let lit = node.subject(name).and_then(|subject| board.get(&subject));
        found.extend(lit.filter(|lit| lit.facts.lamp().is_some()));
    }
    Ok(Some(found))
}

fn write(out: &mut Vec<u8>, lit: &Visible<'_>, node: TelephonyNode) {
    let (name, facts) = (lit.subject.name().as_str(), lit.facts);
    match node {
        TelephonyNode::Lamps(_) => {
            if let Some(lamp) = facts.lamp() {
                Tag::open(out, "item").attr("id", name).children(|out| {
                    aggregate::write_lamp(out, &lamp);
                });
            }
        }
        TelephonyNode::Facts(_) => {
            for fact in facts.facts() {
                let Some(value) = fact.state.live() else { continue };
                Tag::open(out, "item").attr("id", name).children(|out| {
                    payload::write_fact(out, fact.origin.eid(), value, Cachable::Yes);
                });
            }
        }
    }
}
