//! What the parts are told, from what the operator wrote.

use std::iter;

use lampfield_board::history::Masks;
use lampfield_board::{AccountName, Kind, Protocol};
use lampfield_hub as hub;
use lampfield_operations::HistoryReaders;
use lampfield_xmpp::services::telephony;

use super::accounts;
use crate::config::Config;
use crate::config::keys::{HistoryReader, Policy, Rule, WithdrawAs};
use crate::config::word::Grace;

/// What the hub is told: leases, policies and limits.
pub fn of_hub(config: &Config) -> hub::Settings {
    let limits = &config.limits;
    hub::Settings {
        grace: match config.lease.grace {
            Grace::Fixed(grace) => hub::Grace::Fixed(grace),
            Grace::Auto => hub::Grace::Auto,
        },
        restart_grace: config.lease.restart_grace,
        policies: policies(config),
        limits: hub::HubLimits {
            facts: limits.facts,
            facts_per_origin: limits.facts_per_origin,
            origins_per_connection: limits.origins_per_connection,
            history: limits.history,
            tombstones: limits.tombstones,
            watch_missed: limits.missed,
        },
        history: hub::HistorySettings {
            keep: config.history.keep,
            size: config.history.size.bytes() as u64,
            masks: Masks::new(&config.history.mask),
        },
    }
}

/// For the operations: which accounts may read the past.
pub fn history_readers(config: &Config) -> HistoryReaders {
    let mut readers = HistoryReaders { roles: Vec::new(), accounts: Vec::new() };
    for reader in &config.history.read {
        match reader {
            HistoryReader::Role(role) => readers.roles.push(accounts::role(*role)),
            // What can be an address can be the name of an account on a board.
            HistoryReader::Account(jid) => {
                readers.accounts.extend(AccountName::parse(jid.as_str()).ok())
            }
        }
    }
    readers
}

/// The operator's policies, and after them those of the doors.
fn policies(config: &Config) -> hub::Policies {
    let operator = config.policy.iter().map(rule).collect();
    let doors = telephony::policies().flat_map(|rule| of_all_sites(config, rule));
    hub::Policies::new(operator).before(doors)
}

/// A door speaks of names that its peers make, and the board may know them by others: the rule for each of these. It acts
/// on the lamp, so that whoever else has a part in it is treated alike.
fn of_all_sites(config: &Config, rule: hub::Rule) -> Vec<hub::Rule> {
    let maps = config.map.iter().filter_map(|map| map.rule().ok());
    let mapped = maps.filter_map(|map| map.on_the_board(Kind::Device, Protocol::Xmpp, &rule.names));
    let mapped: Vec<_> = mapped.map(|names| hub::Rule { names, ..rule.clone() }).collect();
    iter::once(rule).chain(mapped).collect()
}

fn rule(policy: &Policy) -> hub::Rule {
    hub::Rule {
        names: policy.name.clone(),
        policy: match (policy.rule, policy.withdraw_as) {
            (Rule::Keep, _) => hub::Policy::Keep,
            (Rule::Withdraw, WithdrawAs::Unknown) => hub::Policy::Withdraw,
            (Rule::Withdraw, WithdrawAs::Unavailable) => hub::Policy::Unavailable,
            (Rule::Ignore, _) => hub::Policy::Ignore,
        },
    }
}
