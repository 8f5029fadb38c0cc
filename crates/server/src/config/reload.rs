//! What a reload may change and what stays as it is until the next start, by the definition of each
//! key. Pure: it compares two configurations, and applies nothing.

use super::Config;
use super::key::Section as _;
pub use super::merge::Changed;
use super::merge::Merge;

/// A configuration that can be taken over while the server runs.
#[derive(Debug)]
pub struct Reload {
    /// The running one with what the file changes of it now.
    pub config: Config,
    /// The keys whose values in the file are not those in force.
    pub changes: Vec<Changed>,
}

// === impl Reload ===

impl Reload {
    /// From the running configuration to what the file says now.
    pub fn of(running: &Config, file: &Config) -> Self {
        let mut merge = Merge::default();
        let config = running.with_domains().merged(&file.with_domains(), &mut merge);
        Self { config, changes: merge.into_changes() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Source;
    use crate::config::keys::Registration;
    use crate::config::reference::Applies;

    fn config(text: &str) -> Config {
        let source = Source { path: "x.toml".into(), text: text.to_owned() };
        Config::parse(source).expect("a good file").0
    }

    fn waiting(reload: &Reload) -> Vec<&str> {
        let waits = reload.changes.iter().filter(|one| one.applies == Applies::AtStart);
        let mut keys: Vec<_> = waits.map(|one| one.key.as_str()).collect();
        keys.sort_unstable();
        keys
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
            "xmpp.listen",
            "xmpp.tls",
        ];
        assert_eq!(waiting(&reload), expected);
        assert_eq!(reload.config.xmpp.listen, running.xmpp.listen);
        assert_eq!(reload.config.xmpp.limits.resources, 3);
        assert_eq!(reload.config.domain.len(), 1);
        assert_eq!(reload.config.domain[0].registration, Registration::Closed);
        assert_eq!(reload.config.domain[0].account, file.domain[0].account);
        assert_eq!(reload.config.lease, file.lease);
    }

    #[test]
    fn maps_wait_all_together() {
        let map = |here: &str| format!("[[map]]\nhere = '{here}*'\nboard = 'x{here}*'\n");
        let running = config(&(map("a") + &map("b")));
        let file = config(&(map("b") + &map("a")));
        let reload = Reload::of(&running, &file);
        assert_eq!(waiting(&reload), ["map"], "their order counts");
        assert_eq!(reload.config.map, running.map);
        assert_eq!(waiting(&Reload::of(&running, &running)), [""; 0]);
    }

    #[test]
    fn what_takes_effect_is_named_with_what_it_takes_effect_for() {
        let file = config("[xmpp.limits]\ndepth = 9\n[limits]\nfacts = 100\n");
        let mut changes = Reload::of(&config(""), &file).changes;
        changes.sort_by(|one, other| one.key.cmp(&other.key));
        let changed = |key: &str, applies| Changed { key: key.to_owned(), applies };
        let connections = Applies::OnReloadFor("new connections");
        let facts = changed("limits.facts", Applies::OnReload);
        assert_eq!(changes, [facts, changed("xmpp.limits.depth", connections)]);
    }

    #[test]
    fn a_domain_that_left_the_file_is_served_with_its_accounts_until_the_next_start() {
        let running = config(RUNNING);
        let reload = Reload::of(&running, &config(""));
        assert_eq!(waiting(&reload), ["domain a.example", "domain localhost"]);
        assert_eq!(reload.config, running);
    }

    #[test]
    fn the_usual_domain_takes_accounts_and_is_no_change() {
        let running = config("");
        assert_eq!(Reload::of(&running, &running).changes, []);
        let file = config(&RUNNING.replace("a.example", "localhost"));
        let reload = Reload::of(&running, &file);
        assert_eq!(waiting(&reload), [""; 0]);
        assert_eq!(reload.config.domain, file.domain);
        let without = Reload::of(&reload.config, &running);
        assert_eq!(waiting(&without), [""; 0]);
        assert_eq!(without.config.domain[0].account, []);
    }
}
