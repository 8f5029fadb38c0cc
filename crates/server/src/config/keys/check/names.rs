//! Names and patterns that say something else than it looks: a kind in front, signs of other programs' patterns.

use std::ops::Range;

use lampfield_board::mapping::NameForm;
use lampfield_board::{Kind, Pattern};

use crate::config::reader::{Reader, Refused};

/// Signs that stand for something in patterns of other programs, and for themselves in ours.
const LITERAL: [char; 4] = [',', '[', '{', '\\'];

/// Looks at each pattern of a list.
pub fn patterns(key: &str, patterns: &[Pattern], reader: &mut Reader<'_>) {
    for (index, pattern) in patterns.iter().enumerate() {
        one(pattern, reader.place_at(&format!("{key}.{index}")), reader);
    }
}

/// The same for `mask`, whose patterns may have a kind in front.
pub fn masks(patterns: &[Pattern], reader: &mut Reader<'_>) {
    for (index, pattern) in patterns.iter().enumerate() {
        signs(pattern.as_str(), "* and ?", reader.place_at(&format!("mask.{index}")), reader);
    }
}

/// Looks at the one pattern of a key.
pub fn pattern(key: &str, pattern: &Pattern, reader: &mut Reader<'_>) {
    one(pattern, reader.place_at(key), reader);
}

fn one(pattern: &Pattern, place: Range<usize>, reader: &mut Reader<'_>) {
    let typed = pattern.as_str();
    signs(typed, "* and ?", place.clone(), reader);
    if let Some(meant) = of_a_dialplan(typed) {
        let text = format!("\"{typed}\" looks like a pattern of a dialplan; here X means only X");
        let refused = Refused::new(text).hint(format!("write \"{meant}\""));
        reader.warning("dialplan-pattern", place.clone(), refused);
    }
    if let Some((_, name)) = with_kind(typed) {
        let hint = format!("write the name without its kind: \"{name}\"");
        kind_in_front(typed, hint, place, reader);
    }
}

/// Looks at one of the two names of a `[[map]]`.
pub fn form(key: &str, form: &NameForm, reader: &mut Reader<'_>) {
    let (typed, place) = (form.to_string(), reader.place_at(key));
    match typed.contains('?') {
        true => literal('?', "one *", place.clone(), reader),
        false => signs(&typed, "one *", place.clone(), reader),
    }
    if let Some((kind, name)) = with_kind(&typed) {
        let hint = format!("write {key} = \"{name}\", and kind = \"{kind}\"");
        kind_in_front(&typed, hint, place, reader);
    }
}

/// What an Asterisk person means by `_1XX` or `PJSIP/1XX`: a digit for each letter.
fn of_a_dialplan(typed: &str) -> Option<String> {
    let (before, number) = typed.rsplit_once('/').unwrap_or(("", typed));
    let plain = number.strip_prefix('_').unwrap_or(number);
    let is_sign = |c: char| matches!(c, 'X' | 'N' | 'Z' | '.' | '!');
    let is_pattern = plain.chars().all(|c| c.is_ascii_digit() || is_sign(c))
        && plain.contains(['X', 'N', 'Z'])
        && plain.chars().any(|c| c.is_ascii_digit());
    let is_marked = number.starts_with('_') && plain.starts_with(|c: char| c.is_ascii_digit());
    let slash = if typed.contains('/') { "/" } else { "" };
    let meant = plain.replace(['X', 'N', 'Z'], "?").replace(['.', '!'], "*");
    (is_pattern || is_marked).then(|| format!("{before}{slash}{meant}"))
}

/// The kind that stands in front of a name, and the rest.
pub fn with_kind(typed: &str) -> Option<(Kind, &str)> {
    let (kind, name) = typed.split_once('/')?;
    Some((kind.parse().ok()?, name))
}

fn kind_in_front(typed: &str, hint: String, place: Range<usize>, reader: &mut Reader<'_>) {
    let refused =
        Refused::new(format!("no name begins with \"{typed}\": write names without a kind"));
    reader.warning("kind-prefix", place, refused.hint(hint));
}

fn signs(typed: &str, wildcards: &str, place: Range<usize>, reader: &mut Reader<'_>) {
    if let Some(sign) = typed.chars().find(|c| LITERAL.contains(c)) {
        literal(sign, wildcards, place, reader);
    }
}

fn literal(sign: char, wildcards: &str, place: Range<usize>, reader: &mut Reader<'_>) {
    let refused = Refused::new(format!("\"{sign}\" has no special meaning here"));
    let hint = match sign {
        ',' => "write several names as several entries".to_owned(),
        _ => format!("only {wildcards} matches other characters"),
    };
    reader.warning("literal-sign", place, refused.hint(hint.replace("? stands", "? stand")));
}

#[cfg(test)]
mod tests {
    use crate::config::{Config, Problem, Source};

    fn warnings(text: &str) -> Vec<Problem> {
        let source = Source { path: "lampfield.toml".into(), text: text.to_owned() };
        Config::parse(source).expect("only warnings").1.list
    }

    fn account(keys: &str) -> Vec<Problem> {
        warnings(&format!("[[domain]]\nname = 'a.example'\n[[domain.account]]\nname = 'x'\n{keys}"))
    }

    #[test]
    fn a_pattern_of_a_dialplan_is_told() {
        for (typed, meant) in [("PJSIP/1XX", "PJSIP/1??"), ("_1NX.", "1??*"), ("SIP/_2!", "SIP/2*")]
        {
            let found = account(&format!("allow = ['{typed}']\n"));
            let hint = found[0].hint.clone();
            assert_eq!(
                (found[0].code, hint),
                ("dialplan-pattern", Some(format!("write \"{meant}\"")))
            );
        }
        assert_eq!(account("allow = ['PJSIP/X1*', 'Custom:NXZ', 'PJSIP/1*', 'PJSIP/100']\n"), []);
    }

    #[test]
    fn a_kind_in_front_of_a_name_is_told() {
        for (keys, start) in [
            ("allow = ['PJSIP/1*', 'device/PJSIP/2*']\n", 81),
            ("hear = ['mailbox/1*@default']\n", 68),
        ] {
            let found = account(keys);
            assert_eq!(
                (found[0].code, found[0].span.start, found.len()),
                ("kind-prefix", start, 1)
            );
        }
        let found = warnings("[[map]]\nhere = 'device/PJSIP/*'\nboard = 'Custom:x-*'\n");
        assert_eq!((found[0].code, found.len()), ("kind-prefix", 1));
        let hint = found[0].hint.as_deref();
        assert_eq!(hint, Some("write here = \"PJSIP/*\", and kind = \"device\""));
        let found = warnings("[[policy]]\nname = 'device/Custom:*'\nrule = 'keep'\n");
        assert_eq!(found[0].code, "kind-prefix");
        assert_eq!(account("allow = ['PJSIP/1*', 'Agent/1*', '*']\n"), []);
    }

    #[test]
    fn signs_that_stand_for_themselves_are_told() {
        for pattern in ["PJSIP/1*,PJSIP/2*", "PJSIP/[12]*", "PJSIP/{1,2}*"] {
            let found = account(&format!("allow = ['{pattern}']\n"));
            assert_eq!((found[0].code, found.len()), ("literal-sign", 1), "{pattern}");
        }
        assert_eq!(account("allow = ['PJSIP/1?']\n"), []);
        let found = warnings("[[map]]\nhere = 'PJSIP/1??'\nboard = 'Custom:x'\n");
        assert_eq!((found[0].code, found[0].span.start), ("literal-sign", 15));
        assert_eq!(found[0].hint.as_deref(), Some("only one * matches other characters"));
        let found = warnings("[history]\nmask = ['PJSIP/1*,PJSIP/2*']\n");
        assert_eq!(found[0].code, "literal-sign");
        assert_eq!(
            warnings("[history]\nmask = ['device/PJSIP/1*']\n"),
            [],
            "a mask may name a kind"
        );
    }
}
