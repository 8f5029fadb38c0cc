//! What `check` would say of an account that a command has made, if it stood in the file beside the rules that do.

use lampfield_accounts::Account;

use super::key::Section as _;
use super::keys::Map;
use super::name::{AccountName, DomainName};
use super::show::Writer;
use super::{Config, Problem, Source};

/// The warnings that are about the account, each with a place in no file.
pub fn of(account: &Account, maps: &[Map]) -> Vec<Problem> {
    let Some(mut text) = written(account) else { return Vec::new() };
    let end = text.len();
    let mut rules = Writer::default();
    maps.iter().for_each(|map| rules.tables("map", |out| map.show(out)));
    text += &rules.into_text();
    let source = Source { path: "-".into(), text };
    let warnings = Config::parse(source).map_or_else(|wrong| wrong, |(_, warnings)| warnings);
    warnings.list.into_iter().filter(|problem| problem.span.start < end).collect()
}

/// The account as the file would declare it; none if its name could not stand there.
fn written(account: &Account) -> Option<String> {
    let domain = DomainName::parse(account.jid.domain()).ok()?;
    let name = AccountName::parse(account.jid.local()?).ok()?;
    let mut out = Writer::default();
    out.tables("domain", |out| {
        out.key("name", &domain);
        out.tables("account", |out| {
            out.key("name", &name);
            out.key("allow", &account.allow);
            out.key("hear", &account.hear);
            out.key("site", &account.site);
        });
    });
    Some(out.into_text())
}
