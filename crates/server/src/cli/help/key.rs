//! What a key of the configuration means: its definition, as the reference page of the manual has it.

use super::code::plain;
use crate::config::Config;
use crate::config::key::Section as _;
use crate::config::reference::{KeyEntry, Part};

/// Everything that the definitions say of a key or a table, by its name alone or behind that of its table: `keep`,
/// `history.keep`, `history`. `None` if there is no such key.
pub fn explained(name: &str) -> Option<String> {
    let name = name.trim_matches(['[', ']']);
    let page = Config::reference();
    let mut text = String::new();
    for part in &page.sections {
        if part.path == name && !name.is_empty() {
            text += &format!("{}\n{}\n", part.title(), indented(part.help));
            let keys: Vec<_> = part.entries.iter().map(|entry| entry.name).collect();
            text += &format!("  Keys: {}\n\n", keys.join(", "));
        }
        let named = part.entries.iter().filter(|entry| is_named(part, entry, name));
        text.extend(named.map(|entry| one(part, entry)));
    }
    (!text.is_empty()).then_some(text)
}

/// The names of all keys, each behind that of its table.
pub fn all() -> Vec<String> {
    let page = Config::reference();
    let of = |part: &Part| part.entries.iter().map(|entry| path(part, entry)).collect::<Vec<_>>();
    page.sections.iter().flat_map(of).collect()
}

fn is_named(part: &Part, entry: &KeyEntry, name: &str) -> bool {
    entry.name == name || path(part, entry) == name
}

fn path(part: &Part, entry: &KeyEntry) -> String {
    match part.path.as_str() {
        "" => entry.name.to_owned(),
        table => format!("{table}.{}", entry.name),
    }
}

fn one(part: &Part, entry: &KeyEntry) -> String {
    let form = plain(&entry.form()).replace("*reload", "reload");
    let form = form.trim_end_matches('*');
    format!("{} in {}: {form}\n{}\n", entry.name, part.title(), indented(entry.help))
}

fn indented(help: &str) -> String {
    help.lines().map(|line| format!("  {}\n", plain(line.trim()))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_is_found_by_its_name_and_by_its_path() {
        for path in all() {
            let name = path.rsplit('.').next().expect("a name");
            for typed in [path.as_str(), name] {
                let text = explained(typed).expect("a key");
                assert!(text.contains(&format!("{name} in ")), "{typed}: {text}");
            }
        }
        let text = explained("history.keep").expect("a key");
        assert!(text.starts_with("keep in [history]: duration, default \"7days\", "), "{text}");
        assert!(text.contains("  How long "), "{text}");
        assert!(explained("[history]").is_some_and(|text| text.contains("Keys: keep, size")));
        assert!(
            explained("certificate")
                .is_some_and(|text| text.matches("certificate in ").count() == 2)
        );
        assert_eq!(explained("nonsense"), None);
        assert_eq!(explained(""), None);
    }
}
