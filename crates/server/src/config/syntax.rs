//! What is wrong in a file that is no TOML. The library says what it expected; an operator who
//! comes from `.conf` or YAML files needs to know what to write instead.

use std::ops::Range;

use super::problem::{Problem, Weight};

/// A mistake of the library's finding.
pub struct SyntaxMistake<'a> {
    /// What the library says.
    pub message: &'a str,
    /// Bytes of the file it is about.
    pub span: Range<usize>,
}

/// The problems of a text; one for each line, because the rest of a line that is misread means nothing.
pub fn problems<'a>(
    text: &str,
    findings: impl IntoIterator<Item = SyntaxMistake<'a>>,
) -> impl Iterator<Item = Problem> {
    let mut last = None;
    let first_of_line = move |finding: &SyntaxMistake<'_>| {
        let line = line_of(text, finding.span.start).start;
        last.replace(line) != Some(line)
    };
    // Behind a text without an end everything is misread.
    let mut findings: Vec<_> = findings.into_iter().collect();
    let open = findings.iter().filter(|finding| lacks_end(finding)).map(|one| one.span.start).min();
    findings.retain(|finding| open.is_none_or(|open| finding.span.start <= open));
    findings.into_iter().filter(first_of_line).map(|finding| problem(text, &finding))
}

/// Whether a text ends with its line and not with a quote.
fn lacks_end(finding: &SyntaxMistake<'_>) -> bool {
    ["invalid basic string, expected `\"`", "invalid literal string, expected `'`"]
        .contains(&finding.message)
}

fn problem(text: &str, finding: &SyntaxMistake<'_>) -> Problem {
    let (message, hint) = meant(text, finding).unwrap_or((finding.message.to_owned(), None));
    let span = finding.span.clone();
    Problem { code: "syntax", message, span, hint, weight: Weight::Error }
}

/// What the operator meant, in our words; none if the library's have to do.
fn meant(text: &str, finding: &SyntaxMistake<'_>) -> Option<(String, Option<String>)> {
    let line = line_of(text, finding.span.start);
    let before = text.get(line.start..finding.span.start)?.trim();
    let line = text.get(line)?.trim();
    let told = |message: &str, hint: &str| Some((message.to_owned(), Some(hint.to_owned())));
    if line.starts_with([';', '/', '!']) {
        return told("a comment begins with #", "write # in its place");
    }
    if let Some((key, _)) = line.split_once(':').filter(|(key, _)| is_key(key)) {
        let hint = format!("write {} = \"...\"", key.trim());
        return Some(("\"=\" belongs between a key and its value".to_owned(), Some(hint)));
    }
    if lacks_end(finding) {
        return told("the quote at the end of the text is missing", "write it behind the text");
    }
    if value_of(line).is_some_and(|value| value.contains(TYPOGRAPHIC)) {
        return told(
            "these are not the quotes of a keyboard",
            "write \" before and behind the text",
        );
    }
    if let Some((key, _)) = line.split_once('=').filter(|(_, value)| is_bare_list(value)) {
        let hint = format!("write {} = [\"...\"]", key.trim());
        return Some(("a text belongs in quotes".to_owned(), Some(hint)));
    }
    if finding.message.contains("must be quoted") {
        let hint = format!("write {before} \"...\"");
        return Some(("a text belongs in quotes".to_owned(), Some(hint)));
    }
    if finding.message == "duplicate key" {
        let key = text.get(finding.span.clone()).unwrap_or_default();
        let message = format!("\"{key}\" is set twice in this section");
        return Some((message, Some("keep one of them".to_owned())));
    }
    let is_word = is_key(line) && finding.message.starts_with("key with no value");
    is_word.then(|| {
        let hint = format!("write {line} = ..., or [{line}] if a section begins here");
        (format!("\"{line}\" has no value"), Some(hint))
    })
}

/// The quotes of word processors and web pages.
const TYPOGRAPHIC: [char; 8] =
    ['\u{201c}', '\u{201d}', '\u{201e}', '\u{2018}', '\u{2019}', '\u{201a}', '\u{ab}', '\u{bb}'];

fn value_of(line: &str) -> Option<&str> {
    line.split_once('=').map(|(_, value)| value)
}

/// A list whose texts have no quotes: an address with its colon or dots cannot be a number.
fn is_bare_list(value: &str) -> bool {
    let inner = value.trim().trim_end_matches(']').strip_prefix('[');
    inner.is_some_and(|inner| {
        !inner.contains(['"', '\'']) && inner.contains(|char: char| char.is_alphanumeric())
    })
}

fn is_key(text: &str) -> bool {
    let text = text.trim();
    !text.is_empty() && text.chars().all(|char| char.is_alphanumeric() || "_-".contains(char))
}

/// The bytes of the line that has this one.
fn line_of(text: &str, at: usize) -> Range<usize> {
    let at = text.floor_char_boundary(at);
    let (before, after) = text.split_at(at);
    let start = before.rfind('\n').map_or(0, |end| end + 1);
    start..after.find('\n').map_or(text.len(), |end| at + end)
}

#[cfg(test)]
mod tests {
    use crate::config::{Config, Source};

    /// What is said of a text, without places.
    fn said(text: &str) -> Vec<String> {
        let source = Source { path: "x".into(), text: text.to_owned() };
        let problems = Config::parse(source).expect_err("no TOML").list.into_iter();
        problems
            .map(|problem| match problem.hint {
                Some(hint) => format!("{}: {hint}", problem.message),
                None => problem.message,
            })
            .collect()
    }

    #[test]
    fn habits_of_other_files_are_named() {
        for (text, expected) in [
            ("; as in asterisk.conf", "a comment begins with #: write # in its place"),
            ("// as in C", "a comment begins with #: write # in its place"),
            (
                "[xmpp]\ntls: \"off\"",
                "\"=\" belongs between a key and its value: write tls = \"...\"",
            ),
            ("xmpp:", "\"=\" belongs between a key and its value: write xmpp = \"...\""),
            ("data_dir = /var/lib", "a text belongs in quotes: write data_dir = \"...\""),
            (
                "data_dir = 'a'\ndata_dir = 'b'",
                "\"data_dir\" is set twice in this section: keep one of them",
            ),
            (
                "[xmpp]\nlisten = [0.0.0.0:5222]",
                "a text belongs in quotes: write listen = [\"...\"]",
            ),
            (
                "[xmpp]\nlisten = [\"0.0.0.0:5222]\ntls = \"off\"",
                "the quote at the end of the text is missing: write it behind the text",
            ),
            (
                "data_dir = '/var",
                "the quote at the end of the text is missing: write it behind the text",
            ),
            (
                "[xmpp]\ntls = \u{201c}off\u{201d}",
                "these are not the quotes of a keyboard: write \" before and behind the text",
            ),
            ("xmpp", "\"xmpp\" has no value: write xmpp = ..., or [xmpp] if a section begins here"),
        ] {
            assert_eq!(said(text), [expected], "{text}");
        }
    }

    #[test]
    fn what_nobody_foresaw_is_said_in_the_librarys_words() {
        assert_eq!(said("[xmpp\nlisten = []").len(), 1);
        assert_eq!(said("é = 1"), said("é = 1"));
    }
}
