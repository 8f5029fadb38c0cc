//! What the parts are told, from what the operator wrote.

use lampfield_hub as hub;

use crate::config::Config;
use crate::config::keys::{Policy, Rule, WithdrawAs};
use crate::config::word::Grace;

/// For the hub.
pub fn of_hub(config: &Config) -> hub::Settings {
    let limits = &config.limits;
    hub::Settings {
        grace: match config.lease.grace {
            Grace::Fixed(grace) => hub::Grace::Fixed(grace),
            Grace::Auto => hub::Grace::Auto,
        },
        restart_grace: config.lease.restart_grace,
        policies: hub::Policies::new(config.policy.iter().map(rule).collect()),
        limits: hub::HubLimits {
            facts: limits.facts,
            facts_per_origin: limits.facts_per_origin,
            origins_per_connection: limits.origins_per_connection,
            history: limits.history,
            tombstones: limits.tombstones,
            watch_missed: limits.missed,
        },
    }
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
