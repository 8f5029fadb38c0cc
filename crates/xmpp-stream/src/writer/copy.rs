//! Writes an element that was read, in our own form: every prefix it came with is gone.

use super::{Tag, escape_text};
use crate::element::{Element, Node};
use crate::ns;

/// Appends `element` to a place whose default namespace is `around`.
///
/// Depth is bounded by the limits the element was read under, so recursion is safe.
pub fn copy(out: &mut Vec<u8>, element: Element<'_>, around: &str) {
    let tag = start(out, element, around);
    let tag = element.attrs().enumerate().fold(tag, attribute);
    tag.children(|out| inside(out, element, |_| true));
}

/// Appends a stanza for somebody else: as it came, but `from` and `to` as given, and of its child
/// elements only those that are `kept`. Its language is `lang`, if it does not name its own.
pub fn forward(
    out: &mut Vec<u8>,
    stanza: Element<'_>,
    around: &str,
    (from, to): (Option<&str>, Option<&str>),
    lang: Option<&str>,
    kept: impl Fn(Element<'_>) -> bool,
) {
    let lang = lang.filter(|_| stanza.attr_ns(ns::XML, "lang").is_none());
    let tag = start(out, stanza, around).attr_opt("from", from).attr_opt("to", to);
    let tag = tag.attr_opt("xml:lang", lang);
    let others =
        stanza.attrs().filter(|a| !(a.ns().is_empty() && matches!(a.name(), "from" | "to")));
    let tag = others.enumerate().fold(tag, attribute);
    tag.children(|out| inside(out, stanza, kept));
}

/// Appends a stanza as it came, but with another id.
pub fn with_id(out: &mut Vec<u8>, stanza: Element<'_>, around: &str, id: &str) {
    let tag = start(out, stanza, around).attr("id", id);
    let kept = stanza.attrs().filter(|a| !(a.ns().is_empty() && a.name() == "id"));
    let tag = kept.enumerate().fold(tag, attribute);
    tag.children(|out| inside(out, stanza, |_| true));
}

fn start<'o, 'n>(out: &'o mut Vec<u8>, element: Element<'n>, around: &str) -> Tag<'o, 'n> {
    let tag = Tag::open(out, element.name());
    if element.ns() == around { tag } else { tag.xmlns(element.ns()) }
}

fn attribute<'o, 'n>(
    tag: Tag<'o, 'n>,
    (index, attr): (usize, &crate::element::Attr<'_>),
) -> Tag<'o, 'n> {
    match attr.ns() {
        "" => tag.attr(attr.name(), attr.value()),
        ns::XML => tag.attr(&format!("xml:{}", attr.name()), attr.value()),
        // An attribute has a namespace only through a prefix; the one it came with may be in use.
        other => tag
            .attr(&format!("xmlns:a{index}"), other)
            .attr(&format!("a{index}:{}", attr.name()), attr.value()),
    }
}

fn inside(out: &mut Vec<u8>, element: Element<'_>, kept: impl Fn(Element<'_>) -> bool) {
    for node in element.nodes() {
        match node {
            Node::Element(child) if !kept(child) => {}
            Node::Element(child) => copy(out, child, element.ns()),
            Node::Text(text) => escape_text(out, text),
        }
    }
}
