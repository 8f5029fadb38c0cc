//! What is wrong with a typed value, in words of our own: those of serde name types of this program, which nobody
//! outside knows.
//!
//! Our own, because no library words these errors for people, and the texts of `serde` have few forms.

/// What a value is not, as a part of a sentence. Of its fields, those that are `hidden` are not offered.
pub(super) fn of(error: &serde_json::Error, hidden: &[&str]) -> String {
    let text = error.to_string();
    let typed =
        text.strip_prefix("invalid type: ").or_else(|| text.strip_prefix("invalid value: "));
    if let Some((found, wanted)) = typed.and_then(|rest| rest.split_once(", expected ")) {
        return format!("{}, but {} is needed", what_is_there(found), what_belongs(wanted));
    }
    if text.starts_with("invalid length ") {
        return "a list, but an object is needed".to_owned();
    }
    if let Some(name) = quoted(&text, "missing field ") {
        return format!("\"{name}\" is missing");
    }
    if let Some(name) = quoted(&text, "unknown field ") {
        return format!("it has no \"{name}\", only {}", alternatives(&text, hidden));
    }
    match quoted(&text, "unknown variant ") {
        Some(word) => format!("\"{word}\" is not one of {}", alternatives(&text, hidden)),
        None => text,
    }
}

/// The name in backquotes behind these words.
fn quoted<'a>(text: &'a str, words: &str) -> Option<&'a str> {
    text.strip_prefix(words)?.strip_prefix('`')?.split('`').next()
}

/// The names in backquotes behind the comma, but for those that are `hidden`.
fn alternatives(text: &str, hidden: &[&str]) -> String {
    let (_, list) = text.split_once(", expected ").unwrap_or_default();
    let names = list.split('`').skip(1).step_by(2);
    let names: Vec<_> = names.filter(|name| !hidden.contains(name)).collect();
    match names.split_last() {
        Some((only, [])) => (*only).to_owned(),
        Some((end, others)) => format!("{} and {end}", others.join(", ")),
        None => "what is listed here".to_owned(),
    }
}

fn what_is_there(found: &str) -> String {
    let (word, value) = found.split_once(' ').unwrap_or((found, ""));
    let value = value.trim_matches('`');
    match word {
        "integer" => format!("the number {value}"),
        "floating" => format!("the number {}", value.trim_start_matches("point `")),
        "string" => format!("the text {value}"),
        "boolean" => value.to_owned(),
        "map" => "an object".to_owned(),
        "sequence" => "a list".to_owned(),
        _ => found.to_owned(),
    }
}

fn what_belongs(wanted: &str) -> &str {
    match wanted {
        "u8" | "u16" | "u32" | "u64" | "usize" => "a whole number from 0",
        "i8" | "i16" | "i32" | "i64" => "a whole number",
        "a string" | "a borrowed string" => "a text",
        "a boolean" => "true or false",
        "a sequence" => "a list",
        _ if wanted.starts_with("struct ") => "an object",
        _ => wanted,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::kind::Kind;

    #[test]
    fn no_error_speaks_of_types_of_this_program() {
        for (kind, typed, said) in [
            (Kind::Queue, json!(3), "the number 3, but an object is needed"),
            (Kind::Queue, json!("x"), "the text \"x\", but an object is needed"),
            (Kind::Queue, json!([1]), "a list, but an object is needed"),
            (Kind::Queue, json!({"waiting": 3}), "\"free\" is missing"),
            (
                Kind::Queue,
                json!({"waiting": -1, "free": 0}),
                "the number -1, but a whole number from 0",
            ),
            (Kind::Queue, json!({"waiting": 1.5, "free": 0}), "the number 1.5, but a whole"),
            (Kind::Queue, json!({"wait": 3}), "no \"wait\", only waiting, waiting_since and free"),
            (Kind::Conference, json!({"member": 3}), "no \"member\", only members, locked and at"),
            (Kind::Agent, json!({"logged_in": "yes"}), "the text \"yes\", but true or false"),
            (Kind::Presence, json!({"show": "busy"}), "\"busy\" is not one of not_set, "),
            (Kind::Registration, json!({"contacts": {}}), "an object, but a list is needed"),
            (Kind::Device, json!({"a": 1}), "an object, but a text is needed"),
            (Kind::Device, json!("LOUD"), "\"LOUD\" is not a device state"),
            (
                Kind::Ban,
                json!({"reason": "", "source": "", "until": "soon"}),
                "\"soon\" is not a moment",
            ),
        ] {
            let error = kind.from_json(typed.clone()).expect_err("not a value").to_string();
            assert!(error.contains(said), "{typed}: {error}");
            for foreign in ["struct", "u32", "variant", "field", "expected"] {
                assert!(!error.contains(foreign), "{typed}: {error}");
            }
        }
    }
}
