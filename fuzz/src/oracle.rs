//! Another parser's opinion: rxml is written for XMPP and strict about all that it forbids.

use lampfield_xmpp_stream::{Element, Node};
use rxml::error::EndOrError;
use rxml::{Event, Options, Parse, Parser, WithOptions};

/// The longest reference that rxml takes for one: `#x10FFFF`.
const LONGEST_REFERENCE: usize = 8;

/// What a document says, so that two parsers can be compared.
#[derive(Debug, PartialEq, Eq)]
pub enum Piece {
    /// Namespace, name, and sorted attributes: namespace, name, value.
    Start(String, String, Vec<(String, String, String)>),
    Text(String),
    End,
}

/// A parser that has no limits of its own.
pub fn parser() -> Parser {
    Parser::with_options(Options { max_token_length: 1 << 20, ..Options::default() })
}

/// Whether rxml can be asked: it takes none of U+FDF0 to U+FFFD in a name, where XML does (XML 1.0,
/// production 4), and no reference with many leading zeros.
pub fn knows(document: &[u8]) -> bool {
    let text = String::from_utf8_lossy(document);
    let long = |rest: &str| rest.find(';').is_some_and(|end| end > LONGEST_REFERENCE);
    // The last of them also stands in the text for bytes that are none.
    let last = "\u{fffd}".as_bytes();
    let in_no_name = |c| matches!(c, '\u{fdf0}'..'\u{fffd}');
    !text.contains(in_no_name)
        && !document.windows(last.len()).any(|bytes| bytes == last)
        && !text.split('&').skip(1).any(long)
}

/// Reads the next bytes of a document that goes on.
pub fn feed(parser: &mut Parser, bytes: &[u8]) -> Result<(), rxml::Error> {
    let bytes = line_ends(bytes);
    let mut bytes = bytes.as_slice();
    loop {
        match parser.parse(&mut bytes, false) {
            Ok(Some(_)) => {}
            Ok(None) | Err(EndOrError::NeedMoreData) => return Ok(()),
            Err(EndOrError::Error(error)) => return Err(error),
        }
    }
}

/// What a whole document says.
pub fn read(document: &[u8]) -> Result<Vec<Piece>, EndOrError> {
    let document = line_ends(document);
    let (mut parser, mut document) = (parser(), document.as_slice());
    let mut pieces = Vec::new();
    while let Some(event) = parser.parse(&mut document, true)? {
        match event {
            Event::XmlDeclaration(..) => {}
            Event::StartElement(_, (namespace, name), attributes) => {
                let mut attributes: Vec<_> = attributes
                    .iter()
                    .map(|((namespace, name), value)| {
                        (namespace.to_string(), name.to_string(), value.clone())
                    })
                    .collect();
                attributes.sort();
                pieces.push(Piece::Start(namespace.to_string(), name.to_string(), attributes));
            }
            Event::EndElement(_) => pieces.push(Piece::End),
            Event::Text(_, text) => push_text(&mut pieces, &text),
        }
    }
    Ok(pieces)
}

/// Line ends as XML hands them on (XML 1.0, 2.11): rxml refuses a lone carriage return in an
/// attribute.
fn line_ends(document: &[u8]) -> Vec<u8> {
    let mut before = 0;
    let mut out = Vec::with_capacity(document.len());
    for &byte in document {
        match byte {
            b'\n' if before == b'\r' => {}
            b'\r' => out.push(b'\n'),
            _ => out.push(byte),
        }
        before = byte;
    }
    out
}

/// What our own tree says.
pub fn flatten(element: Element<'_>) -> Vec<Piece> {
    let mut pieces = Vec::new();
    flatten_into(&mut pieces, element);
    pieces
}

fn flatten_into(pieces: &mut Vec<Piece>, element: Element<'_>) {
    let attribute = |attribute: &lampfield_xmpp_stream::element::Attr<'_>| {
        (attribute.ns().to_owned(), attribute.name().to_owned(), attribute.value().to_owned())
    };
    let mut attributes: Vec<_> = element.attrs().map(attribute).collect();
    attributes.sort();
    pieces.push(Piece::Start(element.ns().to_owned(), element.name().to_owned(), attributes));
    for node in element.nodes() {
        match node {
            Node::Element(child) => flatten_into(pieces, child),
            Node::Text(text) => push_text(pieces, text),
        }
    }
    pieces.push(Piece::End);
}

/// Where text is cut into events is each parser's own affair.
fn push_text(pieces: &mut Vec<Piece>, text: &str) {
    match pieces.last_mut() {
        Some(Piece::Text(before)) => before.push_str(text),
        _ => pieces.push(Piece::Text(text.to_owned())),
    }
}
