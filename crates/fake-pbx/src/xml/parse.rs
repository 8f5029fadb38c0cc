//! Makes a tree of one element.

use super::{Inner, Malformed, Node};

/// Elements inside each other that are read; Asterisk has no limit.
const DEEPEST: usize = 64;

const ENTITIES: [(&str, char); 5] =
    [("&amp;", '&'), ("&lt;", '<'), ("&gt;", '>'), ("&apos;", '\''), ("&quot;", '"')];

pub(super) fn element(text: &str) -> Result<Node, Malformed> {
    let mut open: Vec<Node> = Vec::new();
    let mut rest = text;
    loop {
        let (before, behind) =
            rest.split_once('<').ok_or(Malformed("an element without an end"))?;
        add_text(&mut open, before);
        if let Some(comment) = behind.strip_prefix("!--") {
            rest = comment.split_once("-->").ok_or(Malformed("a comment without an end"))?.1;
            continue;
        }
        if let Some(data) = behind.strip_prefix("![CDATA[") {
            let (data, after) = data.split_once("]]>").ok_or(Malformed("CDATA without an end"))?;
            if let Some(parent) = open.last_mut() {
                parent.inner.push(Inner::Text(data.to_owned()));
            }
            rest = after;
            continue;
        }
        let (tag, after) = split_tag(behind)?;
        rest = after;
        let ended = match tag.strip_prefix('/') {
            Some(name) => Some(close(&mut open, name)?),
            None => begin(&mut open, tag)?,
        };
        match (ended, open.last_mut()) {
            (Some(node), Some(parent)) => parent.inner.push(Inner::Node(node)),
            (Some(node), None) if rest.is_empty() => return Ok(node),
            (Some(_), None) => return Err(Malformed("more than one element")),
            (None, _) => {}
        }
    }
}

/// The inside of a tag up to its `>`, and what follows.
fn split_tag(text: &str) -> Result<(&str, &str), Malformed> {
    let mut quote = None;
    for (at, char) in text.char_indices() {
        match (char, quote) {
            ('>', None) => {
                let (tag, rest) = text.split_at(at);
                return Ok((tag, rest.strip_prefix('>').unwrap_or_default()));
            }
            ('"' | '\'', None) => quote = Some(char),
            (char, Some(open)) if char == open => quote = None,
            _ => {}
        }
    }
    Err(Malformed("a tag without an end"))
}

/// An element that begins, or that has nothing inside and is given back.
fn begin(open: &mut Vec<Node>, tag: &str) -> Result<Option<Node>, Malformed> {
    let (tag, is_empty) = tag.strip_suffix('/').map_or((tag, false), |tag| (tag, true));
    let node = named(tag)?;
    if is_empty {
        return Ok(Some(node));
    }
    if open.len() >= DEEPEST {
        return Err(Malformed("too many elements inside each other"));
    }
    open.push(node);
    Ok(None)
}

fn close(open: &mut Vec<Node>, name: &str) -> Result<Node, Malformed> {
    let node = open.pop().ok_or(Malformed("an end before the beginning"))?;
    if node.name == name.trim_end() { Ok(node) } else { Err(Malformed("another end")) }
}

fn named(tag: &str) -> Result<Node, Malformed> {
    let tag = tag.trim_end();
    let (name, mut rest) = tag.split_once(char::is_whitespace).unwrap_or((tag, ""));
    if name.is_empty() {
        return Err(Malformed("an element without a name"));
    }
    let mut attrs = Vec::new();
    while !rest.trim_start().is_empty() {
        let wrong = Malformed("an attribute without a value");
        let (name, value) = rest.split_once('=').ok_or(wrong)?;
        let value = value.trim_start();
        let quote = value.chars().next().filter(|char| matches!(char, '"' | '\'')).ok_or(wrong)?;
        let value = value.strip_prefix(quote).unwrap_or_default();
        let (value, after) = value.split_once(quote).ok_or(wrong)?;
        attrs.push((name.trim().to_owned(), value.to_owned()));
        rest = after;
    }
    Ok(Node { name: name.to_owned(), attrs, inner: Vec::new() })
}

/// Asterisk takes the white space behind a tag away before it parses.
fn add_text(open: &mut [Node], text: &str) {
    let text = text.trim_start_matches([' ', '\t', '\r', '\n']);
    if let (false, Some(parent)) = (text.is_empty(), open.last_mut()) {
        parent.inner.push(Inner::Text(decoded(text)));
    }
}

fn decoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once('&') {
        out.push_str(before);
        let at = rest.get(before.len()..).unwrap_or_default();
        match ENTITIES.iter().find_map(|(name, char)| Some((at.strip_prefix(name)?, *char))) {
            Some((after, char)) => {
                out.push(char);
                rest = after;
            }
            None => {
                out.push('&');
                rest = behind;
            }
        }
    }
    out.push_str(rest);
    out
}
