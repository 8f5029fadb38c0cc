//! From a text to the terms of a filter.

use std::ops::Range;

use lampfield_board::{Kind, Pattern};

use super::key::{Key, WrongValue};
use super::{Condition, Filter, FilterError, Numbers, Term};
use crate::nearest::nearest_above;

/// How near the word in front of a colon must be to a key to be taken for a slip, from 0 to 1: device names have colons
/// too, as `Custom:night` has.
const SLIP: f64 = 0.7;

/// The terms of a filter.
pub(super) fn terms(text: &str) -> Result<Vec<Term>, FilterError> {
    let mut reader = Reader { text, at: 0, conditions: 0 };
    if text.len() > Filter::MOST_BYTES {
        let end = text.floor_char_boundary(Filter::MOST_BYTES);
        let what = format!("the filter has {} bytes", text.len());
        return Err(reader.wrong(end..end, what, format!("{} is the limit", Filter::MOST_BYTES)));
    }
    let mut terms = Vec::new();
    reader.skip_blanks();
    while !reader.is_at_end() {
        terms.push(reader.term()?);
        reader.skip_blanks();
    }
    Ok(terms)
}

/// A place in the text.
struct Reader<'a> {
    text: &'a str,
    at: usize,
    /// How many have been read.
    conditions: usize,
}

/// A part of the text, and where it stands.
struct Piece<'a> {
    text: &'a str,
    at: Range<usize>,
}

// === impl Reader ===

impl<'a> Reader<'a> {
    fn term(&mut self) -> Result<Term, FilterError> {
        let begin = self.at;
        let mut is_not = false;
        while self.takes_not()? {
            is_not = !is_not;
        }
        let key = self.key()?;
        let mut any = vec![self.condition(key)?];
        while self.rest().starts_with(',') {
            self.at += 1;
            self.skip_blanks();
            any.push(self.condition(key)?);
        }
        let text = self.text.get(begin..self.at).unwrap_or_default().to_owned();
        Ok(Term { text, is_not, any })
    }

    /// Whether `not` stands here, which is then read.
    fn takes_not(&mut self) -> Result<bool, FilterError> {
        let word = self.look(char::is_whitespace);
        if !word.text.eq_ignore_ascii_case("not") {
            return Ok(false);
        }
        self.at = word.at.end;
        self.skip_blanks();
        match self.is_at_end() {
            true => Err(self.wrong(word.at, "nothing follows not", "write not state:inuse")),
            false => Ok(true),
        }
    }

    /// The key that stands here, if one does.
    fn key(&mut self) -> Result<Option<Key>, FilterError> {
        let word = self.look(|c| c.is_whitespace() || matches!(c, ',' | '"'));
        let Some(at) = word.text.find([':', '=']) else { return Ok(None) };
        let (name, rest) = word.text.split_at(at);
        let span = word.at.start..word.at.start + at;
        match Key::of(name) {
            Some(key) if rest.starts_with(':') => {
                self.at = span.end + 1;
                Ok(Some(key))
            }
            Some(key) => {
                let what = format!("\"{key}\" is followed by a colon", key = key.as_str());
                Err(self.wrong(span.end..span.end + 1, what, format!("write {}", key.example())))
            }
            None if name.eq_ignore_ascii_case("since") && rest.starts_with(':') => {
                let hint = "write for:10m for what has not changed for 10 minutes, 'for:<10m' for the rest";
                Err(self.wrong(span, "there is no term \"since:\"", hint))
            }
            None => match slip(name).filter(|_| rest.starts_with(':')) {
                Some(key) => {
                    let (what, near) = (format!("there is no term \"{name}:\""), key.as_str());
                    let hint =
                        format!("did you mean \"{near}:\"? write a name like this in quotes");
                    Err(self.wrong(span, what, hint))
                }
                None => Ok(None),
            },
        }
    }

    /// One alternative of a term.
    fn condition(&mut self, key: Option<Key>) -> Result<Condition, FilterError> {
        self.conditions += 1;
        if self.conditions > Filter::MOST_CONDITIONS {
            let hint = format!("{} terms and alternatives are the limit", Filter::MOST_CONDITIONS);
            return Err(self.wrong(self.at..self.at, "the filter asks for too much", hint));
        }
        if self.rest().starts_with('"') {
            let name = self.quoted()?;
            let value = key.map_or_else(|| Ok(word(name.text)), |key| key.value(name.text));
            return value.map_err(|wrong| self.wrong_value(name.at, wrong));
        }
        let piece = self.look(|c| c.is_whitespace() || c == ',');
        self.at = piece.at.end;
        match key {
            _ if piece.text.is_empty() => Err(self.missing(key)),
            Some(key) => key.value(piece.text).map_err(|wrong| self.wrong_value(piece.at, wrong)),
            None => self.name(piece),
        }
    }

    /// What stands between two quotes, which is taken as it is.
    fn quoted(&mut self) -> Result<Piece<'a>, FilterError> {
        let open = self.at;
        let inner = self.rest().get(1..).unwrap_or_default();
        let Some(length) = inner.find('"') else {
            return Err(self.wrong(open..open + 1, "the quote does not end", "end it with \""));
        };
        let text = inner.get(..length).unwrap_or_default();
        let at = open..open + length + 2;
        self.at = at.end;
        let is_end = |c: char| c.is_whitespace() || c == ',';
        match self.rest().chars().next() {
            _ if text.is_empty() => {
                Err(self.wrong(at, "there is nothing in the quotes", "write a name"))
            }
            Some(next) if !is_end(next) => {
                let hint = "write a space, or a comma before an alternative";
                Err(self.wrong(at.end..at.end, "there is no space after the quotes", hint))
            }
            _ => Ok(Piece { text, at }),
        }
    }

    /// What a word without a key asks for.
    fn name(&self, piece: Piece<'_>) -> Result<Condition, FilterError> {
        let Piece { text, at } = piece;
        if let Some(hint) = of_another_language(text) {
            return Err(self.wrong(at, format!("\"{text}\" means nothing here"), hint));
        }
        if let Some(kind) = Kind::ALL.into_iter().find(|kind| kind.as_str() == text) {
            return Ok(Condition::Kind(kind));
        }
        if text.contains(['*', '?']) {
            let pattern = Pattern::parse(text).map(Condition::Pattern);
            return pattern.map_err(|error| self.wrong(at, error.to_string(), "write less"));
        }
        match Numbers::parse(text) {
            Some(numbers) if numbers.is_empty() => {
                let (low, high) = text.split_once('-').unwrap_or_default();
                Err(self.wrong(
                    at,
                    "the range ends before it begins",
                    format!("write {high}-{low}"),
                ))
            }
            Some(numbers) => Ok(Condition::Numbers(numbers)),
            None => Ok(word(text)),
        }
    }

    /// Nothing stands where something must.
    fn missing(&self, key: Option<Key>) -> FilterError {
        let at = self.at..self.at;
        match key {
            Some(Key::For) => {
                let hint = "write 'for:>2h' in quotes: without them the shell interprets the >";
                self.wrong(at, "\"for:\" has no time", hint)
            }
            Some(key) => {
                let what = format!("\"{}:\" has no value", key.as_str());
                self.wrong(at, what, format!("write {}", key.example()))
            }
            None => self.wrong(at, "an alternative is missing", "write 100-149,160"),
        }
    }

    fn wrong_value(&self, at: Range<usize>, WrongValue { what, hint }: WrongValue) -> FilterError {
        self.wrong(at, what, hint)
    }

    fn wrong(
        &self,
        at: Range<usize>,
        what: impl Into<String>,
        hint: impl Into<String>,
    ) -> FilterError {
        FilterError { filter: self.text.to_owned(), at, what: what.into(), hint: hint.into() }
    }

    /// What stands here, up to a character that ends it.
    fn look(&self, ends: impl Fn(char) -> bool) -> Piece<'a> {
        let rest = self.rest();
        let length = rest.find(ends).unwrap_or(rest.len());
        Piece { text: rest.get(..length).unwrap_or_default(), at: self.at..self.at + length }
    }

    fn skip_blanks(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start().len();
    }

    fn is_at_end(&self) -> bool {
        self.rest().is_empty()
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }
}

fn word(text: &str) -> Condition {
    Condition::Word(text.to_lowercase())
}

/// The key that somebody has meant by another word. Technologies and providers of devices are not written in lower case.
fn slip(name: &str) -> Option<Key> {
    let is_word = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_lowercase());
    let near = nearest_above(name, Key::ALL.map(Key::as_str), SLIP).filter(|_| is_word);
    near.and_then(Key::of)
}

/// What to write instead of a word that other filters know.
fn of_another_language(text: &str) -> Option<String> {
    match text.to_ascii_lowercase().as_str() {
        "and" | "&" | "&&" => Some("leave it out: all terms must match anyway".to_owned()),
        "or" | "|" | "||" => Some("write a comma: state:inuse,ringing".to_owned()),
        _ => {
            let negated = text.strip_prefix(['!', '-'])?;
            Some(format!("write not {negated}").trim_end().to_owned())
        }
    }
}
