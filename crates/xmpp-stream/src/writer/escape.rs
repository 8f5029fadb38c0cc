//! Escaping that leaves every character alone that XML lets stand.
//!
//! COMPAT(asterisk<=22 iksemel): it does not decode entities in attribute values, so an escaped
//! character there becomes part of a device's name. The quote is chosen to need none where it can.

/// Stands in for a character that XML cannot carry at all (XML 1.0, 2.2).
const REPLACEMENT: &str = "\u{fffd}";

/// Appends `value` in quotes: single ones, or double ones where that saves an entity.
pub fn push_attr_value(out: &mut Vec<u8>, value: &str) {
    let quote = if value.contains('\'') && !value.contains('"') { b'"' } else { b'\'' };
    out.push(quote);
    escape(out, value, |_, byte| match byte {
        b'&' => Some("&amp;"),
        b'<' => Some("&lt;"),
        b'\'' if quote == b'\'' => Some("&apos;"),
        // A reader turns raw ones into blanks (XML 1.0, 3.3.3).
        b'\t' => Some("&#9;"),
        b'\n' => Some("&#10;"),
        b'\r' => Some("&#13;"),
        _ => None,
    });
    out.push(quote);
}

/// Appends `text` as character data.
pub fn escape_text(out: &mut Vec<u8>, text: &str) {
    escape(out, text, |before, byte| match byte {
        b'&' => Some("&amp;"),
        b'<' => Some("&lt;"),
        b'>' if before.ends_with(b"]]") => Some("&gt;"),
        b'\r' => Some("&#13;"),
        _ => None,
    });
}

/// Whether [`escape`] has to look at a byte more closely.
fn is_special(byte: &u8) -> bool {
    matches!(byte, 0..=0x1f | b'&' | b'<' | b'>' | b'\'' | 0xef)
}

/// Copies `text`, asking `entity` about each byte that could matter (with what stands before it).
fn escape(out: &mut Vec<u8>, text: &str, entity: impl Fn(&[u8], u8) -> Option<&'static str>) {
    let bytes = text.as_bytes();
    let mut copied = 0;
    let mut at = 0;
    while let Some(skipped) = bytes.get(at..).and_then(|rest| rest.iter().position(is_special)) {
        at += skipped;
        let byte = bytes.get(at).copied().unwrap_or_default();
        let (instead, width) = match byte {
            b'&' | b'<' | b'>' | b'\'' | b'\t' | b'\n' | b'\r' => {
                (entity(bytes.get(..at).unwrap_or_default(), byte), 1)
            }
            0..=0x1f => (Some(REPLACEMENT), 1),
            // U+FFFE and U+FFFF are three bytes that begin with 0xEF.
            0xef => match bytes.get(at..at + 3) {
                Some([_, 0xbf, 0xbe | 0xbf]) => (Some(REPLACEMENT), 3),
                _ => (None, 1),
            },
            _ => (None, 1),
        };
        if let Some(instead) = instead {
            out.extend_from_slice(bytes.get(copied..at).unwrap_or_default());
            out.extend_from_slice(instead.as_bytes());
            copied = at + width;
        }
        at += width;
    }
    out.extend_from_slice(bytes.get(copied..).unwrap_or_default());
}
