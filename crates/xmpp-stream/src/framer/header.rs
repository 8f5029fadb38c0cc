//! The stream header: the one tag whose element stays open (RFC 6120, 4.7).
//!
//! COMPAT(old peers, XEP-0114 components): no `version` is fine, and so is any attribute we do not
//! know. Whether the domain, the version or the namespace of the stanzas suits is the caller's say.

use crate::element::{
    Attributes, Scope, StartTag, StartTagPart, check_chars, check_declaration as check_namespace,
};
use crate::limits::StanzaLimits;
use crate::ns;
use crate::stream_error::{StreamCondition, StreamError};

/// The attributes and namespaces of a stream header.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StreamHeader {
    /// The domain that the stream is for.
    pub to: Option<Box<str>>,
    /// The address that opens it, as the peer claims before any login.
    pub from: Option<Box<str>>,
    /// The id of the stream, which the receiving side gives.
    pub id: Option<Box<str>>,
    /// `version` as (major, minor); none if it is missing or no version number.
    pub version: Option<(u32, u32)>,
    /// `xml:lang`: the language of texts that name none.
    pub lang: Option<Box<str>>,
    /// What it declares for every stanza; its default is the namespace of the stanzas.
    pub scope: Scope,
}

/// Reads the header; also gives the tag's qualified name, which the end tag must repeat.
///
/// # Errors
/// `not-well-formed`, `unsupported-encoding`, `bad-namespace-prefix`, `invalid-namespace` for
/// another stream namespace, `bad-format` for another element.
pub fn parse(bytes: &[u8], limits: &StanzaLimits) -> Result<(StreamHeader, Box<str>), StreamError> {
    let text = text(bytes)?;
    check_chars(text)?;
    let content = text.strip_prefix('<').and_then(|text| text.strip_suffix('>'));
    let content = content.filter(|content| !content.ends_with('/'));
    let Some(content) = content else {
        return Err(StreamCondition::BadFormat.with("no stream header"));
    };
    let name_end = content.find(|c: char| c.is_ascii_whitespace()).unwrap_or(content.len());
    let (name, rest) = content.split_at_checked(name_end).unwrap_or_default();
    let tag = StartTag::new(name, rest, limits.attributes)?;
    let header = read(&tag)?;
    let (prefix, local) = tag.name;
    match header.scope.lookup(prefix) {
        Some(ns::STREAM) if local == "stream" => Ok((header, name.into())),
        Some(ns::STREAM) => Err(StreamCondition::BadFormat.with("not a stream element")),
        None if !prefix.is_empty() => Err(undeclared()),
        _ => Err(StreamCondition::InvalidNamespace.with("not the namespace of streams")),
    }
}

fn read(tag: &StartTag<'_>) -> Result<StreamHeader, StreamError> {
    let mut header = StreamHeader::default();
    let mut version = None;
    let mut others = Vec::new();
    tag.each(|part| {
        let (place, value) = match part {
            StartTagPart::Declaration(prefix, uri) => {
                check_namespace(prefix, &uri)?;
                if header.scope.lookup(prefix).is_some() {
                    return Err(twice());
                }
                header.scope.declare(prefix, &uri);
                return Ok(());
            }
            StartTagPart::Attribute("", "to", value) => (&mut header.to, value),
            StartTagPart::Attribute("", "from", value) => (&mut header.from, value),
            StartTagPart::Attribute("", "id", value) => (&mut header.id, value),
            StartTagPart::Attribute("", "version", value) => (&mut version, value),
            StartTagPart::Attribute("xml", "lang", value) => (&mut header.lang, value),
            StartTagPart::Attribute(prefix, name, _) => {
                others.push((prefix, name));
                return Ok(());
            }
        };
        if place.replace(value.into()).is_some() {
            return Err(twice());
        }
        Ok(())
    })?;
    check_others(&others, &header.scope)?;
    header.version = version.and_then(|version| {
        let (major, minor) = version.split_once('.')?;
        Some((major.parse().ok()?, minor.parse().ok()?))
    });
    Ok(header)
}

/// Refuses attributes that we do not know where not even a stranger may read them: those that are
/// there twice, by whatever prefix, and those whose prefix means nothing.
fn check_others(others: &[(&str, &str)], scope: &Scope) -> Result<(), StreamError> {
    let mut seen = Vec::new();
    for (prefix, name) in others {
        let namespace = match *prefix {
            "" => "",
            "xml" => ns::XML,
            prefix => scope.lookup(prefix).ok_or_else(undeclared)?,
        };
        if seen.contains(&(namespace, name)) {
            return Err(twice());
        }
        seen.push((namespace, name));
    }
    Ok(())
}

fn undeclared() -> StreamError {
    StreamCondition::BadNamespacePrefix.with("a prefix that nothing declares")
}

fn twice() -> StreamError {
    StreamCondition::NotWellFormed.with("an attribute given twice")
}

/// Checks `<?xml ...?>` before the header.
///
/// # Errors
/// `restricted-xml` for a processing instruction, `unsupported-encoding` for anything but UTF-8,
/// `not-well-formed`.
pub fn check_declaration(bytes: &[u8]) -> Result<(), StreamError> {
    let text = text(bytes)?;
    let content = text.strip_prefix("<?xml").and_then(|text| text.strip_suffix("?>"));
    let Some(content) = content.filter(|text| text.starts_with([' ', '\t', '\r', '\n'])) else {
        return Err(StreamCondition::RestrictedXml.with("a processing instruction"));
    };
    check_chars(content)?;
    // In this order (XML 1.0, 2.8), and the first must be there.
    let mut places = ["version", "encoding", "standalone"].into_iter();
    let mut versioned = false;
    for attribute in Attributes::new(content) {
        let (name, value) = attribute?;
        let in_order = places.any(|place| place == name) && (versioned || name == "version");
        match (name, &*value) {
            ("version", "1.0") if in_order => versioned = true,
            ("encoding", value) if in_order && value.eq_ignore_ascii_case("utf-8") => {}
            ("encoding", _) if in_order => {
                return Err(StreamCondition::UnsupportedEncoding.with("not UTF-8"));
            }
            ("standalone", "yes" | "no") if in_order => {}
            _ => return Err(StreamCondition::NotWellFormed.with("a wrong XML declaration")),
        }
    }
    match versioned {
        true => Ok(()),
        false => Err(StreamCondition::NotWellFormed.with("an XML declaration without a version")),
    }
}

/// Checks that the end tag `bytes` ends the element `name`.
///
/// # Errors
/// `not-well-formed`.
pub fn check_end(bytes: &[u8], name: &str) -> Result<(), StreamError> {
    let tag = bytes.strip_prefix(b"</").and_then(|tag| tag.strip_suffix(b">"));
    let after = tag.and_then(|tag| tag.strip_prefix(name.as_bytes()));
    // Not ASCII's white space, which has a form feed besides.
    if after.is_some_and(|after| after.iter().all(|byte| b" \t\r\n".contains(byte))) {
        Ok(())
    } else {
        Err(StreamCondition::NotWellFormed.with("an end tag that ends nothing"))
    }
}

fn text(bytes: &[u8]) -> Result<&str, StreamError> {
    std::str::from_utf8(bytes).map_err(|_| StreamCondition::UnsupportedEncoding.with("not UTF-8"))
}
