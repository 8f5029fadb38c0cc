//! From bytes to the tree: the tokenizer finds the tags, this checks what it does not.
//!
//! quick-xml splits tags from text and matches end tags. It does not know what is a name or a
//! character, nor what XMPP forbids; those are checked on the way, and namespaces are resolved.

use std::borrow::Cow;
use std::ops::ControlFlow;

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use super::chars::{check_chars, check_text, resolve_reference};
use super::namespaces::{Namespaces, Scope};
use super::start_tag::Part;
use super::{Attr, ElementData, Item, Stanza, StartTag};
use crate::limits::StanzaLimits;
use crate::stream_error::{StreamCondition, StreamError};

/// Builds the tree of one stanza, see [`Stanza::parse`].
pub fn stanza<'a>(
    bytes: &'a [u8],
    scope: &'a Scope,
    limits: &StanzaLimits,
) -> Result<Stanza<'a>, StreamError> {
    if bytes.len() > limits.stanza_bytes {
        return Err(StreamCondition::PolicyViolation.with("stanza too long"));
    }
    let source = std::str::from_utf8(bytes)
        .map_err(|_| StreamCondition::UnsupportedEncoding.with("not UTF-8"))?;
    if !source.starts_with('<') {
        return Err(StreamCondition::NotWellFormed.with("no element"));
    }
    check_chars(source)?;
    let mut reader = Reader::from_str(source);
    let mut builder = Builder::new(source, scope, *limits);
    loop {
        let from = position(&reader);
        let event = reader
            .read_event()
            .map_err(|error| StreamCondition::NotWellFormed.with(error.to_string()))?;
        let to = position(&reader);
        if builder.take(event, from, to)?.is_break() {
            return builder.finish(to);
        }
    }
}

fn position(reader: &Reader<&[u8]>) -> usize {
    usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX)
}

/// Collects what the tokenizer finds.
struct Builder<'a> {
    source: &'a str,
    limits: StanzaLimits,
    namespaces: Namespaces<'a>,
    items: Vec<Item<'a>>,
    attrs: Vec<Attr<'a>>,
    /// Indexes of the elements that have not ended yet.
    open: Vec<usize>,
    /// Whether the last item is text that more text may still join.
    text_open: bool,
}

// === impl Builder ===

impl<'a> Builder<'a> {
    fn new(source: &'a str, scope: &'a Scope, limits: StanzaLimits) -> Self {
        Self {
            source,
            limits,
            namespaces: Namespaces::new(scope),
            // Enough for a publish of Asterisk's, and below the 1,032 bytes at which glibc's malloc
            // leaves its fast lists.
            items: Vec::with_capacity(12),
            attrs: Vec::with_capacity(16),
            open: Vec::with_capacity(8),
            text_open: false,
        }
    }

    /// Takes the event that stands at `from..to`; breaks when the top-level element has ended.
    fn take(
        &mut self,
        event: Event<'_>,
        from: usize,
        to: usize,
    ) -> Result<ControlFlow<()>, StreamError> {
        match event {
            Event::Start(tag) => self.start(&tag, from, to - 1)?,
            Event::Empty(tag) => {
                self.start(&tag, from, to - 2)?;
                self.end(to);
            }
            Event::Text(_) | Event::CData(_) | Event::GeneralRef(_) if self.open.is_empty() => {
                return Err(
                    StreamCondition::NotWellFormed.with("character data outside an element")
                );
            }
            Event::End(_) => self.end(to),
            Event::Text(_) => self.character_data(self.slice(from, to))?,
            Event::CData(_) => self.text(line_ends(self.slice(from + 9, to - 3))),
            Event::GeneralRef(name) => self.text(Cow::Owned(resolve_reference(&name)?)),
            Event::Comment(_) | Event::DocType(_) | Event::PI(_) | Event::Decl(_) => {
                return Err(StreamCondition::RestrictedXml
                    .with("comments, processing instructions and DTDs are not part of XMPP"));
            }
            Event::Eof => return Err(StreamCondition::NotWellFormed.with("element not complete")),
        }
        Ok(if self.open.is_empty() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
    }

    /// The stanza, if nothing but blanks stands after its end.
    fn finish(self, end: usize) -> Result<Stanza<'a>, StreamError> {
        if !self.slice(end, self.source.len()).trim_ascii().is_empty() {
            return Err(StreamCondition::NotWellFormed.with("something after the element"));
        }
        Ok(Stanza { source: self.source, items: self.items, attrs: self.attrs })
    }

    /// Opens the element whose tag's name and attributes stand in `from + 1..content_end`.
    fn start(
        &mut self,
        tag: &BytesStart<'_>,
        from: usize,
        content_end: usize,
    ) -> Result<(), StreamError> {
        if self.open.len() >= self.limits.depth {
            return Err(StreamCondition::PolicyViolation.with("elements nested too deeply"));
        }
        let content = self.slice(from + 1, content_end);
        let name_len = tag.name().as_ref().len();
        let (name, rest) = content.split_at_checked(name_len).unwrap_or((content, ""));
        let tag = StartTag::new(name, rest, self.limits.attributes)?;
        self.open.push(self.items.len());
        let attrs = self.attributes(&tag)?;
        let (prefix, name) = tag.name;
        if prefix == "xml" {
            // Reserved (Namespaces in XML 1.0, 3) and unused; our writer could not repeat it.
            return Err(
                StreamCondition::BadNamespacePrefix.with("an element in XML's own namespace")
            );
        }
        let ns = self.namespaces.resolve(prefix)?;
        self.items.push(Item::Element(ElementData { ns, name, attrs, end: 0, raw: (from, 0) }));
        self.text_open = false;
        Ok(())
    }

    /// Collects a tag's attributes and says where they are. Prefixes are resolved last, because a
    /// declaration counts for the whole tag.
    fn attributes(&mut self, tag: &StartTag<'a>) -> Result<(usize, usize), StreamError> {
        let Self { namespaces, attrs, open, .. } = self;
        let from = attrs.len();
        tag.each(|part| match part {
            Part::Declaration(prefix, uri) => namespaces.declare(open.len(), prefix, uri),
            Part::Attribute(prefix, name, value) => {
                attrs.push(Attr { ns: Cow::Borrowed(prefix), name, value });
                Ok(())
            }
        })?;
        // The default namespace is not for attributes.
        for attr in attrs.iter_mut().skip(from).filter(|attr| !attr.ns.is_empty()) {
            attr.ns = namespaces.resolve(&attr.ns)?;
        }
        check_distinct(attrs.get(from..).unwrap_or_default())?;
        Ok((from, attrs.len()))
    }

    fn end(&mut self, to: usize) {
        self.namespaces.leave(self.open.len());
        self.text_open = false;
        let end = self.items.len();
        let opened = self.open.pop().and_then(|index| self.items.get_mut(index));
        if let Some(Item::Element(data)) = opened {
            data.end = end;
            data.raw.1 = to;
        }
    }

    fn character_data(&mut self, text: &'a str) -> Result<(), StreamError> {
        check_text(text)?;
        self.text(line_ends(text));
        Ok(())
    }

    fn text(&mut self, text: Cow<'a, str>) {
        if text.is_empty() {
            return;
        }
        match self.items.last_mut() {
            Some(Item::Text(before)) if self.text_open => before.to_mut().push_str(&text),
            _ => self.items.push(Item::Text(text)),
        }
        self.text_open = true;
    }

    fn slice(&self, from: usize, to: usize) -> &'a str {
        self.source.get(from..to).unwrap_or_default()
    }
}

/// Refuses two attributes of one name. Quadratic, on at most [`StanzaLimits::attributes`].
fn check_distinct(attrs: &[Attr<'_>]) -> Result<(), StreamError> {
    let twice = attrs.iter().enumerate().any(|(i, attr)| {
        attrs.iter().skip(i + 1).any(|other| other.name == attr.name && other.ns == attr.ns)
    });
    if twice {
        return Err(StreamCondition::NotWellFormed.with("an attribute given twice"));
    }
    Ok(())
}

/// Line ends as XML hands them on (XML 1.0, 2.11).
fn line_ends(text: &str) -> Cow<'_, str> {
    if text.contains('\r') {
        Cow::Owned(text.replace("\r\n", "\n").replace('\r', "\n"))
    } else {
        Cow::Borrowed(text)
    }
}
