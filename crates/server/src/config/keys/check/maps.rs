//! What must hold of the rules by which names are mapped.

use lampfield_board::Protocol;
use lampfield_board::mapping::{MappingError, Side};
use lampfield_operations::nearest::nearest;

use super::super::mapping::MapError;
use super::super::{Config, Map};
use super::names;
use crate::config::reader::{Reader, Refused};

/// The protocols of the doors that this program has.
const DOORS: [Protocol; 1] = [Protocol::Xmpp];

/// One rule by itself.
pub fn one(map: &Map, reader: &mut Reader<'_>) {
    names::form("here", &map.here, reader);
    names::form("board", &map.board, reader);
    if let Some(protocol) = map.protocol.filter(|protocol| !DOORS.contains(protocol)) {
        let doors = DOORS.map(|door| format!("\"{door}\"")).join(", ");
        let refused = Refused::new(format!("this program has no door for {protocol}"))
            .hint(format!("the rule never applies; the protocols of the doors: {doors}"));
        reader.warning("no-such-door", reader.place_at("protocol"), refused);
    }
    if let Err(error) = map.rule() {
        let refused = Refused::new(error.to_string()).hint("write a * in both, or in neither");
        reader.error("conflicting-keys", reader.place_of("board"), refused);
    }
}

/// All of them together, with the accounts of the file.
pub fn all(config: &Config, reader: &mut Reader<'_>) {
    if let Err(MapError::Rules(error)) = config.mapping() {
        refuse(&error, reader);
    }
    let accounts = config.domain.iter().flat_map(|domain| &domain.account);
    let sites: Vec<_> = accounts.filter_map(|account| account.site.as_ref()).collect();
    for (index, map) in config.map.iter().enumerate() {
        let Some(site) = map.site.as_ref().filter(|site| !sites.contains(site)) else { continue };
        let near = nearest(site.as_str(), sites.iter().map(|site| site.as_str()), 1);
        let refused = Refused::new(format!("no account in this file has the site \"{site}\""));
        let refused = refused.hint(match near.first() {
            Some(near) => format!("did you mean \"{near}\"?"),
            None => {
                "fine if such an account is added by command: lampfield user add --site".to_owned()
            }
        });
        reader.warning("unknown-site", reader.place_in("map", index, "site"), refused);
    }
}

fn refuse(error: &MappingError, reader: &mut Reader<'_>) {
    let MappingError::Covered { rule, by, side } = error else {
        return reader.error(
            "out-of-range",
            reader.place_of("map"),
            Refused::new(error.to_string()),
        );
    };
    let key = side.to_string();
    let line = reader.line_of(&reader.place_in("map", *by, &key));
    let refused = match side {
        Side::Here => Refused::new(format!(
            "this rule never applies: the rule in line {line} comes first and matches all these names"
        ))
        .hint(format!("move it above line {line}, or delete it")),
        Side::Board => Refused::new(format!(
            "this rule never applies: the rule in line {line} comes first and gives all these names"
        ))
        .hint("two lamps would have the same name on the board: choose another"),
    };
    reader.error("covered-rule", reader.place_in("map", *rule, &key), refused);
}

#[cfg(test)]
mod tests {
    use lampfield_board::{Protocol, SiteName, Subject, Translation};

    use crate::config::{Config, Problem, Problems, Source};

    const BERLIN: &str = "[[domain]]\nname = 'a.example'\n[[domain.account]]\nname = 'b'\n\
                          site = 'berlin'\n";

    fn parse(maps: &str) -> Result<(Config, Problems), Problems> {
        let text = format!("{BERLIN}{maps}");
        Config::parse(Source { path: "lampfield.toml".into(), text })
    }

    /// The only problem, with its line and column.
    fn found(maps: &str) -> (Problem, (usize, usize)) {
        let problems = parse(maps).map_or_else(|problems| problems, |(_, warnings)| warnings);
        assert_eq!(problems.list.len(), 1, "{problems}");
        let problem = problems.list[0].clone();
        let place = problems.source.line_and_column(&problem);
        (problem, place)
    }

    #[test]
    fn the_tables_are_the_mapping_in_their_order() {
        let maps = "[[map]]\nsite = 'berlin'\nprotocol = 'xmpp'\nhere = 'PJSIP/9*'\n\
                    board = 'PJSIP/9*'\n[[map]]\nsite = 'berlin'\nkind = ['device', 'mailbox']\n\
                    here = 'PJSIP/*'\nboard = 'Custom:berlin-*'\n";
        let (config, problems) = parse(maps).expect("good tables");
        assert_eq!(problems.list, []);
        let mapping = config.mapping().expect("a mapping");
        let view = |protocol| mapping.view(SiteName::parse("berlin").ok().as_ref(), protocol);
        let device = |name: &str| Subject::device(name).expect("a name");
        let to_board = |protocol, name| view(protocol).expect("rules").to_board(&device(name));
        assert_eq!(to_board(Protocol::Xmpp, "PJSIP/900"), Translation::Same);
        let mapped = |name: &str| Translation::Mapped(device(name));
        assert_eq!(to_board(Protocol::Xmpp, "PJSIP/100"), mapped("Custom:berlin-100"));
        assert_eq!(to_board(Protocol::Ami, "PJSIP/900"), mapped("Custom:berlin-900"));
        assert!(mapping.view(None, Protocol::Xmpp).is_none());
        let again = Source { path: "again.toml".into(), text: config.effective() };
        assert_eq!(Config::parse(again).expect("its own output").0.map, config.map);
    }

    #[test]
    fn what_is_no_rule_is_marked() {
        let wrong = |table: &str, code, place| {
            let (problem, at) = found(&format!("[[map]]\n{table}"));
            assert_eq!((problem.code, at), (code, place), "{table}: {}", problem.message);
            problem.hint.unwrap_or_default()
        };
        wrong("here = 'PJSIP/*'\nboard = 'x'\n", "conflicting-keys", (8, 1));
        wrong("here = '*/*'\nboard = 'x*'\n", "wrong-value", (7, 8));
        wrong("here = ''\nboard = 'x'\n", "wrong-value", (7, 8));
        wrong("here = 'x'\n", "missing-key", (6, 1));
        let names = "here = 'a*'\nboard = 'b*'\n";
        let near = wrong(&format!("kind = 'devise'\n{names}"), "wrong-value", (7, 8));
        assert!(near.starts_with("did you mean \"device\"?"), "{near}");
        let near = wrong(&format!("protocol = 'xmp'\n{names}"), "wrong-value", (7, 12));
        assert!(near.starts_with("did you mean \"xmpp\"?"), "{near}");
        let (problem, at) = found("[[map]]\nprotocol = 'ami'\nhere = 'a*'\nboard = 'b*'\n");
        assert_eq!((problem.code, at), ("no-such-door", (7, 12)));
        assert!(problem.hint.is_some_and(|hint| hint.ends_with("\"xmpp\"")));
        let near = wrong(&format!("herre = 'x'\n{names}"), "unknown-key", (7, 1));
        assert_eq!(near, "did you mean \"here\"?");
    }

    #[test]
    fn a_rule_in_vain_names_the_line_of_the_other() {
        let of = |here: &str, board: &str| format!("[[map]]\nhere = '{here}'\nboard = '{board}'\n");
        let first = of("PJSIP/*", "x*");
        let (problem, place) = found(&(first.clone() + &of("PJSIP/1*", "y*")));
        assert_eq!((problem.code, place), ("covered-rule", (10, 8)));
        assert!(
            problem.message.contains("the rule in line 7 comes first and matches"),
            "{}",
            problem.message
        );
        let (problem, place) = found(&(first + &of("SIP/*", "x*")));
        assert_eq!((problem.code, place), ("covered-rule", (11, 9)));
        assert!(
            problem.message.contains("the rule in line 8 comes first and gives"),
            "{}",
            problem.message
        );
    }

    #[test]
    fn there_are_not_too_many() {
        let rule = |at| format!("[[map]]\nhere = 'a{at}'\nboard = 'b{at}'\n");
        let (problem, place) = found(&(0..1_001).map(rule).collect::<String>());
        assert_eq!((problem.code, place.0), ("out-of-range", 6));
    }

    #[test]
    fn a_site_without_an_account_is_worth_a_look() {
        let of = |site: &str| format!("[[map]]\nsite = '{site}'\nhere = 'a'\nboard = 'b'\n");
        let (problem, place) = found(&of("berlim"));
        assert_eq!((problem.code, place), ("unknown-site", (7, 8)));
        assert_eq!(problem.hint.as_deref(), Some("did you mean \"berlin\"?"));
        let (problem, _) = found(&of("paris"));
        assert!(problem.hint.is_some_and(|hint| hint.contains("user add --site")));
        assert!(parse(&of("paris")).is_ok(), "it is no error");
    }
}
