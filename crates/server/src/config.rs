//! The configuration: one TOML file, every key optional. Each key is defined once in `keys.rs`;
//! parser, reference page, effective configuration and error hints all come from that definition.
//! Nothing here starts anything or touches the network.

pub mod account_warnings;
mod board_words;
pub mod key;
pub mod keys;
mod merge;
pub mod name;
mod problem;
mod reader;
pub mod reference;
pub mod reload;
pub mod secret_file;
mod show;
mod syntax;
pub mod value;
pub mod word;

use std::path::{Path, PathBuf};

use toml::de::DeTable;

use key::Section as _;
pub use keys::Config;
use keys::{Domain, Log, LogFormat, Registration};
use name::DomainName;
pub use problem::{Problem, Problems, Source, Weight};
use reader::Reader;
use value::Size;
use word::LogLevels;

// === impl Config ===

impl Config {
    /// Reads a whole file. The problems are warnings if there is a configuration.
    ///
    /// # Errors
    /// Every problem of the file; at least one is an error.
    pub fn parse(source: Source) -> Result<(Self, Problems), Problems> {
        let mut list = Vec::new();
        let config = read(&source.text, source.folder(), &mut list);
        list.sort_by_key(|problem| problem.span.start);
        let problems = Problems { source, list };
        match config {
            Some(config) if !problems.are_fatal() => Ok((config, problems)),
            _ => Err(problems),
        }
    }

    /// Which data folder a file names that may have mistakes elsewhere: `Some(None)` if it names none, `None` if it cannot
    /// be made out because the file is no TOML.
    pub fn data_dir_of(source: &Source) -> Option<Option<PathBuf>> {
        let table: toml::Table = source.text.parse().ok()?;
        match table.get("data_dir") {
            None => Some(None),
            Some(toml::Value::String(folder)) if !folder.is_empty() => {
                Some(Some(source.folder().join(folder)))
            }
            Some(_) => None,
        }
    }

    /// As a TOML file with every key, without secrets.
    pub fn effective(&self) -> String {
        let mut out = show::Writer::default();
        self.show(&mut out);
        out.into_text()
    }
}

impl Config {
    /// The domains that are served, in the order of the file; the usual one if it names none.
    pub fn served(&self) -> Vec<DomainName> {
        match self.domain.is_empty() {
            true => DomainName::parse(USUAL_DOMAIN).into_iter().collect(),
            false => self.domain.iter().map(|domain| domain.name.clone()).collect(),
        }
    }

    /// The same, with a table for each domain that is served.
    pub fn with_domains(&self) -> Self {
        let given = |name: &DomainName| self.domain.iter().find(|one| one.name == *name).cloned();
        let served = self.served().into_iter();
        let domain = served.map(|name| given(&name).unwrap_or(Domain::named(name))).collect();
        Self { domain, ..self.clone() }
    }
}

/// What is served when the configuration names no domain.
const USUAL_DOMAIN: &str = "localhost";

// === impl Domain ===

impl Domain {
    /// The domain of this name with all its defaults and no account.
    pub fn named(name: DomainName) -> Self {
        Self {
            name,
            board: None,
            registration: Registration::Closed,
            join_secret_file: None,
            join_pattern: None,
            certificate: None,
            certificate_key: None,
            show_caps: false,
            account: Vec::new(),
        }
    }
}

// === impl Log ===

impl Log {
    /// The defaults, for a program without a file.
    pub fn usual() -> Self {
        Self {
            level: LogLevels::info(),
            format: LogFormat::Auto,
            file: None,
            file_size: Size::mib(10),
            files: 10,
        }
    }
}

fn read(text: &str, folder: &Path, problems: &mut Vec<Problem>) -> Option<Config> {
    let (table, wrong) = DeTable::parse_recoverable(text);
    if wrong.is_empty() {
        let all_keys = Config::reference;
        return Config::read(&mut Reader::top(table.get_ref(), (folder, text), all_keys, problems));
    }
    // Keys behind a syntax error would be misread, so only the syntax is reported.
    let findings = wrong.iter().map(|error| syntax::SyntaxMistake {
        message: error.message(),
        span: error.span().unwrap_or_default(),
    });
    problems.extend(syntax::problems(text, findings));
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn defaults() -> Config {
        parse("").expect("every key has a default").0
    }

    fn parse(text: &str) -> Result<(Config, Problems), Problems> {
        Config::parse(Source { path: "lampfield.toml".into(), text: text.to_owned() })
    }

    #[test]
    fn the_effective_configuration_reads_as_itself() {
        let config = defaults();
        assert_eq!(parse(&config.effective()).expect("its own output").0, config);
    }

    #[test]
    fn a_program_without_a_file_logs_by_the_defaults() {
        assert_eq!(defaults().log, Log::usual());
    }

    #[test]
    fn every_default_is_within_its_range() {
        let shown = defaults().effective();
        assert_eq!(parse(&shown).map(|(_, problems)| problems.list), Ok(Vec::new()));
    }

    #[test]
    fn the_fixed_points_of_the_manual_are_understood() {
        let text = r#"
            data_dir = "/var/lib/lampfield"
            [[domain]]
            name = "asterisk.example"
            registration = "closed"
            [[domain.account]]
            name = "server1"
            password = "secret-of-server1"
            role = "pbx"
            [xmpp]
            listen = ["127.0.0.1:5222"]
            tls = "required"
            clear_text_auth = false
            [lease]
            grace = "10s"
            restart_grace = "75s"
        "#;
        let (config, problems) = parse(text).expect("a good file");
        assert!(problems.list.is_empty());
        let shown = config.effective();
        assert!(!shown.contains("secret-of"), "{shown}");
    }

    /// Files of earlier versions name a grace, not least those that `check --effective` wrote.
    #[test]
    fn the_grace_is_automatic_unless_the_file_names_one() {
        for (text, shown) in [("", "\"auto\""), ("[lease]\ngrace = '10s'", "\"10s\"")] {
            let (config, _) = parse(text).expect("a good file");
            assert!(config.effective().contains(&format!("\ngrace = {shown}\n")), "{text}");
        }
    }

    #[test]
    fn a_key_is_read_under_its_former_name_unless_both_are_there() {
        let (config, problems) = parse("[limits]\nfacts_per_server = 200").expect("a good file");
        assert!(problems.list.is_empty());
        assert_eq!(config.limits.facts_per_origin, 200);
        let both = "[limits]\nfacts_per_server = 200\nfacts_per_origin = 300";
        assert_eq!(parse(both).expect_err("two values").list[0].code, "unknown-key");
    }

    #[test]
    fn a_key_of_another_table_is_sent_home() {
        let problems = parse("[xmpp]\ngrace = \"3s\"").expect_err("a misplaced key");
        assert_eq!(problems.list[0].hint.as_deref(), Some("it is a key of [lease]"));
    }

    #[test]
    fn all_problems_are_reported_at_once() {
        let text = "datadir = \"x\"\n[xmpp]\nlistten = []\ntls = \"of\"\n[lease]\ngrace = 10\n";
        let codes: Vec<_> = parse(text)
            .expect_err("a bad file")
            .list
            .iter()
            .map(|problem| (problem.code, problem.span.start))
            .collect();
        let places = [0, 21, 40, 61];
        let words = ["unknown-key", "unknown-key", "wrong-value", "wrong-value"];
        assert_eq!(codes, words.into_iter().zip(places).collect::<Vec<_>>());
    }

    #[test]
    fn a_syntax_error_names_its_place() {
        let shown = parse("[xmpp\nlisten = []").expect_err("a bad file").to_string();
        assert!(shown.starts_with("lampfield.toml:1:6: error[syntax]: "), "{shown}");
    }

    #[test]
    fn keys_are_checked_together() {
        let refused = |text: &str| {
            let problems = parse(text).expect_err("a conflict");
            problems.list.iter().map(|problem| problem.code).collect::<Vec<_>>()
        };
        let domain = "[[domain]]\nname = \"a.example\"\n";
        assert_eq!(refused(&format!("{domain}{domain}")), ["repeated-domain"]);
        assert_eq!(refused(&format!("{domain}registration = \"first-login\"")), ["missing-key"]);
        assert_eq!(refused(&format!("{domain}certificate = \"a.pem\"")), ["missing-key"]);
        let account = "[[domain.account]]\nname = \"a\"\n";
        assert_eq!(refused(&format!("{domain}{account}{account}")), ["repeated-account"]);
        assert_eq!(refused("[xmpp]\nlisten = []"), ["no-listener"]);
        let (_, warnings) = parse("[xmpp]\ntls = \"off\"").expect("only a warning");
        assert_eq!(warnings.list[0].code, "no-plain");
    }

    #[test]
    fn the_manual_shows_the_keys_as_they_are() {
        let page = Config::reference().to_string();
        let manual = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/configuration.md");
        let written = std::fs::read_to_string(manual).unwrap_or_default();
        assert!(
            written == page,
            "docs/configuration.md is old; lampfield check --reference > docs/configuration.md"
        );
    }
}
