//! Rules and rights that speak of names on the wrong side: what a site calls its phones is `here`, what everybody else
//! calls them is `board`, and rights speak of the latter.

use lampfield_board::{Pattern, Subject};

use super::super::{Account, Config, Map};
use crate::config::reader::{Reader, Refused};

/// The bytes of a site's name from which on it is not in another name by chance.
const TELLING: usize = 3;

/// Looks at all rules, and at the rights of all accounts of the file.
pub fn all(config: &Config, reader: &mut Reader<'_>) {
    for (index, map) in config.map.iter().enumerate() {
        if looks_swapped(map) {
            let message = format!(
                "here and board look swapped: does a PBX {} really use {}?",
                map.site.as_ref().map_or("there".to_owned(), |site| format!("of site {site}")),
                map.here
            );
            let hint = format!(
                "here is the name that its PBXs use: here = \"{}\", board = \"{}\"",
                map.board, map.here
            );
            let place = reader.place_in("map", index, "here");
            reader.warning("swapped-names", place, Refused::new(message).hint(hint));
        }
    }
    for (at, domain) in config.domain.iter().enumerate() {
        for (index, account) in domain.account.iter().enumerate() {
            let allow = account.allow.as_deref().unwrap_or_default();
            for (key, patterns) in [("allow", allow), ("hear", &account.hear)] {
                let place = format!("domain.{at}.account.{index}.{key}");
                rights(config, account, (&place, patterns), reader);
            }
        }
    }
}

/// `Custom:` names are made up for the board, and a name that has the site in it is made for all others.
fn looks_swapped(map: &Map) -> bool {
    let (here, board) = (map.here.to_string(), map.board.to_string());
    let is_driver =
        |name: &str| name.split_once('/').is_some_and(|(driver, _)| !driver.contains([':', '@']));
    let names_site = |name: &str| {
        let site = map.site.as_ref().map(|site| site.as_str().to_lowercase());
        let site = site.filter(|site| site.len() >= TELLING);
        site.is_some_and(|site| name.to_lowercase().contains(&site))
    };
    here.starts_with("Custom:") && is_driver(&board) || names_site(&here) && !names_site(&board)
}

/// Whether one of these patterns fits only names that the account's site uses and the board calls otherwise.
fn rights(
    config: &Config,
    account: &Account,
    (place, patterns): (&str, &[Pattern]),
    reader: &mut Reader<'_>,
) {
    let applies = |map: &Map| map.site.is_none() || map.site == account.site;
    let rules: Vec<_> = config.map.iter().filter(|map| applies(map)).collect();
    for (index, pattern) in patterns.iter().enumerate() {
        let Some(rule) = renamed(pattern, &rules) else { continue };
        let message = format!(
            "\"{pattern}\" is a name of the site; the rule here = \"{}\" turns it into \"{}\"",
            rule.here, rule.board
        );
        let hint = format!("write names of the board, such as \"{}\"", on_board(pattern, rule));
        let place = reader.place_at(&format!("{place}.{index}"));
        reader.warning("site-names", place, Refused::new(message).hint(hint));
    }
}

/// The rule that gives all names of a pattern another name on the board, if none of them can stand there.
fn renamed<'a>(pattern: &Pattern, rules: &[&'a Map]) -> Option<&'a Map> {
    let kind = pattern.as_str().parse::<Subject>().ok().map(|subject| subject.kind());
    let is_about = |map: &Map| kind.is_none_or(|kind| map.kind.as_slice().contains(&kind));
    let rule = rules.iter().find(|map| is_about(map) && map.here.takes_all_of(pattern))?;
    let may_stand = rules.iter().any(|map| is_about(map) && map.board.may_meet(pattern));
    (rule.here != rule.board && !may_stand && !looks_swapped(rule)).then_some(*rule)
}

/// The same pattern in the names of the board.
fn on_board(pattern: &Pattern, rule: &Map) -> String {
    let (here, board) = (rule.here.to_string(), rule.board.to_string());
    let Some((before, after)) = here.split_once('*') else { return board };
    let rest = pattern.as_str().strip_prefix(before).and_then(|rest| rest.strip_suffix(after));
    board.replacen('*', rest.unwrap_or("*"), 1)
}

#[cfg(test)]
mod tests {
    use crate::config::{Config, Problem, Source};

    /// What is told of an account in Berlin with these keys, under these rules.
    fn told(keys: &str, maps: &str) -> Vec<Problem> {
        let text = format!(
            "[[domain]]\nname = 'a.example'\n[[domain.account]]\nname = 'b'\nsite = 'berlin'\n{keys}\n{maps}"
        );
        let source = Source { path: "lampfield.toml".into(), text };
        Config::parse(source).expect("only warnings").1.list
    }

    fn rule(here: &str, board: &str) -> String {
        format!("[[map]]\nsite = 'berlin'\nhere = '{here}'\nboard = '{board}'\n")
    }

    #[test]
    fn rights_in_the_names_of_the_site_are_told() {
        let renames = rule("PJSIP/*", "Custom:berlin-*");
        for key in ["allow", "hear"] {
            let found = told(&format!("{key} = ['Custom:*', 'PJSIP/1*']"), &renames);
            assert_eq!((found[0].code, found.len()), ("site-names", 1), "{key}");
            let hint = found[0].hint.as_deref();
            assert_eq!(hint, Some("write names of the board, such as \"Custom:berlin-1*\""));
            assert!(
                found[0].message.contains("the rule here = \"PJSIP/*\""),
                "{}",
                found[0].message
            );
        }
        for right in ["*", "Custom:berlin-*", "P*", "1*@default", "SIP/1*"] {
            assert_eq!(told(&format!("allow = ['{right}']"), &renames), [], "{right}");
        }
        let keeps = rule("PJSIP/9*", "PJSIP/9*") + &renames;
        assert_eq!(told("allow = ['PJSIP/*']", &keeps), [], "some of these stand on the board");
        assert_eq!(told("allow = ['PJSIP/9*']", &keeps), []);
        assert_eq!(told("allow = ['PJSIP/1*']", &keeps)[0].code, "site-names");
        let elsewhere = renames.replace("berlin'", "paris'");
        let found = told("allow = ['PJSIP/1*']", &elsewhere);
        assert!(found.iter().all(|one| one.code == "unknown-site"), "{found:?}");
    }

    #[test]
    fn a_rule_with_its_sides_swapped_is_told() {
        for (here, board) in [
            ("Custom:berlin-*", "PJSIP/*"),
            ("Custom:b-*", "PJSIP/*"),
            ("*@Berlin.example", "PJSIP/*"),
        ] {
            let found = told("allow = ['Custom:berlin-*']", &rule(here, board));
            assert_eq!((found[0].code, found.len()), ("swapped-names", 1), "{here}");
            let hint = found[0].hint.as_deref().unwrap_or_default();
            assert!(hint.contains(&format!("here = \"{board}\", board = \"{here}\"")), "{hint}");
        }
        for (here, board) in [
            ("PJSIP/*", "Custom:berlin-*"),
            ("*@example.com", "PJSIP/*"),
            ("Custom:night", "Custom:berlin-night"),
            ("Custom:door", "Custom:gate"),
            ("PJSIP/berlin-*", "PJSIP/berlin-*"),
        ] {
            assert_eq!(told("", &rule(here, board)), [], "{here}");
        }
    }
}
