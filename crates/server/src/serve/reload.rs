//! What a reload may change and what stays as it is until the next start. Pure: it compares two
//! configurations, and applies nothing.

use toml::{Table, Value};

use crate::config::Config;
use crate::config::keys::Domain;
use crate::config::name::DomainName;

/// A configuration that can be taken over while the server runs.
#[derive(Debug)]
pub struct Reload {
    /// The running one with what the file changes of it now.
    pub config: Config,
    /// The keys whose changes wait for the next start, such as `xmpp.listen`.
    pub waiting: Vec<String>,
}

// === impl Reload ===

impl Reload {
    /// From the running configuration to what the file says now.
    pub fn of(running: &Config, file: &Config) -> Self {
        let domains = running.served();
        let domain = domains.iter().filter_map(|name| served(name, running, file)).collect();
        let config = Config {
            data_dir: running.data_dir.clone(),
            xmpp: running.xmpp.clone(),
            domain,
            ..file.clone()
        };
        let mut waiting = Vec::new();
        differences("", &table(&config), &table(file), &mut waiting);
        Self { config, waiting }
    }
}

/// A served domain as it is, with the accounts that the file gives it now; none while no file has
/// said anything about it.
fn served(name: &DomainName, running: &Config, file: &Config) -> Option<Domain> {
    let find = |config: &Config| config.domain.iter().find(|domain| domain.name == *name).cloned();
    match (find(running), find(file)) {
        (Some(running), Some(file)) => Some(Domain { account: file.account, ..running }),
        (Some(running), None) => Some(running),
        (None, Some(file)) => Some(Domain { account: file.account, ..Domain::named(name.clone()) }),
        (None, None) => None,
    }
}

/// With every key, without secrets.
fn table(config: &Config) -> Table {
    // It reads its own output; a test of the configuration holds it to that.
    config.effective().parse().unwrap_or_default()
}

/// The dotted names of the keys that differ; repeated tables go by their names.
fn differences(path: &str, old: &Table, new: &Table, out: &mut Vec<String>) {
    let added = new.keys().filter(|key| !old.contains_key(*key));
    for key in old.keys().chain(added) {
        let name = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
        match (old.get(key), new.get(key)) {
            (old, new) if old == new => {}
            (Some(Value::Table(old)), Some(Value::Table(new))) => differences(&name, old, new, out),
            (old, new) => match (named(old), named(new)) {
                (Some(old), Some(new)) => differences_of_named(&name, &old, &new, out),
                _ => out.push(name),
            },
        }
    }
}

fn differences_of_named(path: &str, old: &[Named<'_>], new: &[Named<'_>], out: &mut Vec<String>) {
    for (name, table) in old {
        match new.iter().find(|(other, _)| other == name) {
            Some((_, new)) => differences(&format!("{path} {name}"), table, new, out),
            None => out.push(format!("{path} {name}")),
        }
    }
    let added = new.iter().filter(|(name, _)| old.iter().all(|(other, _)| other != name));
    out.extend(added.map(|(name, _)| format!("{path} {name}")));
}

type Named<'a> = (&'a str, &'a Table);

/// The tables of a repeated table by their `name` keys; none for anything else.
fn named(value: Option<&Value>) -> Option<Vec<Named<'_>>> {
    let Some(value) = value else { return Some(Vec::new()) };
    let tables = value.as_array()?.iter();
    tables.map(|one| Some((one.get("name")?.as_str()?, one.as_table()?))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Source;
    use crate::config::keys::Registration;

    fn config(text: &str) -> Config {
        let source = Source { path: "x.toml".into(), text: text.to_owned() };
        Config::parse(source).expect("a good file").0
    }

    const RUNNING: &str = "[[domain]]\nname = \"a.example\"\n[[domain.account]]\nname = \"one\"\n";

    #[test]
    fn what_waits_is_named_key_by_key_and_stays_as_it_is() {
        let running = config(&format!("{RUNNING}[xmpp]\nlisten = [\"127.0.0.1:5299\"]"));
        let file = config(
            "data_dir = \"/elsewhere\"\n[[domain]]\nname = \"a.example\"\nregistration = \"in-band\"\n\
             [[domain.account]]\nname = \"two\"\n[[domain]]\nname = \"b.example\"\n\
             [xmpp]\nlisten = [\"127.0.0.1:5298\"]\ntls = \"optional\"\n[xmpp.limits]\nresources = 3\n\
             [lease]\ngrace = \"20s\"",
        );
        let reload = Reload::of(&running, &file);
        let expected = [
            "data_dir",
            "domain a.example.registration",
            "domain b.example",
            "xmpp.limits.resources",
            "xmpp.listen",
            "xmpp.tls",
        ];
        let mut waiting = reload.waiting;
        waiting.sort();
        assert_eq!(waiting, expected);
        assert_eq!(reload.config.xmpp, running.xmpp);
        assert_eq!(reload.config.domain.len(), 1);
        assert_eq!(reload.config.domain[0].registration, Registration::Closed);
        assert_eq!(reload.config.domain[0].account, file.domain[0].account);
        assert_eq!(reload.config.lease, file.lease);
    }

    #[test]
    fn a_domain_that_left_the_file_is_served_with_its_accounts_until_the_next_start() {
        let running = config(RUNNING);
        let reload = Reload::of(&running, &config(""));
        assert_eq!(reload.waiting, ["domain a.example"]);
        assert_eq!(reload.config, running);
    }

    #[test]
    fn the_usual_domain_takes_accounts_and_is_no_change() {
        let running = config("");
        assert_eq!(Reload::of(&running, &running).waiting, Vec::<String>::new());
        let file = config(&RUNNING.replace("a.example", "localhost"));
        let reload = Reload::of(&running, &file);
        assert_eq!(reload.waiting, Vec::<String>::new());
        assert_eq!(reload.config.domain, file.domain);
        let without = Reload::of(&reload.config, &running);
        assert_eq!(without.config, reload.config);
    }
}
