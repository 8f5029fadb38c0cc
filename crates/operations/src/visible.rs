//! Text as a terminal may have it. Whoever is refused may have chosen what the refusal repeats: a control character in it
//! would move the cursor, hide what stands there or answer for the person who reads.

use std::borrow::Cow;

use serde_json::Value;

/// The same text with escapes in the place of control characters, and of those that turn the direction of writing:
/// `\u{1b}`, `\n`. Documents hold it as it is.
#[must_use]
pub fn visible(text: &str) -> Cow<'_, str> {
    if !text.contains(is_hidden) {
        return text.into();
    }
    let mut shown = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match is_hidden(c) {
            true => shown.extend(c.escape_debug()),
            false => shown.push(c),
        }
    }
    shown.into()
}

/// The same document, written so that a terminal obeys nothing in it: whoever parses it reads the same texts. JSON itself
/// escapes the first 32 characters only.
#[must_use]
pub fn visible_json(json: &str) -> Cow<'_, str> {
    let is_hidden = |c: char| (c == '\u{7f}' || !c.is_ascii()) && is_hidden(c);
    if !json.contains(is_hidden) {
        return json.into();
    }
    let mut shown = String::with_capacity(json.len() + 8);
    for c in json.chars() {
        match is_hidden(c) {
            // None of them has more than four digits.
            true => shown.push_str(&format!("\\u{:04x}", u32::from(c))),
            false => shown.push(c),
        }
    }
    shown.into()
}

/// A document with all its texts visible.
pub fn make_visible(document: &mut Value) {
    match document {
        Value::String(text) => {
            if let Cow::Owned(shown) = visible(text) {
                *text = shown;
            }
        }
        Value::Array(list) => list.iter_mut().for_each(make_visible),
        Value::Object(map) => {
            let old = std::mem::take(map);
            map.extend(old.into_iter().map(|(name, mut value)| {
                make_visible(&mut value);
                (visible(&name).into_owned(), value)
            }));
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn is_hidden(c: char) -> bool {
    let turns =
        matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    c.is_control() || turns || matches!(c, '\u{2028}' | '\u{2029}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_would_obey_is_shown() {
        for (text, shown) in [
            ("PJSIP/100", "PJSIP/100"),
            ("bücher \u{1f4a1} 'x' \\", "bücher \u{1f4a1} 'x' \\"),
            ("\u{1b}[2Jx\r\n\t", "\\u{1b}[2Jx\\r\\n\\t"),
            ("\u{9b}31m\u{7f}", "\\u{9b}31m\\u{7f}"),
            ("a\u{202e}b\u{2028}", "a\\u{202e}b\\u{2028}"),
        ] {
            assert_eq!(visible(text), shown);
        }
        let document = serde_json::json!({ "a\u{9b}": ["\u{1b}\u{7f}\u{202e}ü\n"] });
        let json = document.to_string();
        let shown = visible_json(&json);
        assert_eq!(shown, r#"{"a\u009b":["\u001b\u007f\u202eü\n"]}"#);
        assert_eq!(serde_json::from_str::<Value>(&shown).expect("JSON"), document);
        let mut document = serde_json::json!({ "a\u{7}": ["\u{7}", 1, null, { "b": "c" }] });
        make_visible(&mut document);
        assert_eq!(document, serde_json::json!({ "a\\u{7}": ["\\u{7}", 1, null, { "b": "c" }] }));
    }
}
