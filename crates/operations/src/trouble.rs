//! What is wrong, in sentences with a remedy.

use std::fmt::Display;

use lampfield_board::AccountName;
use lampfield_hub::{ReachedLimit, Trouble};

use crate::document::moment;
use crate::document::status::{Attention, Severity};
use crate::shell;
use crate::time::{age, counted};

/// What is wrong, for a list of things to look at.
pub fn attention(trouble: &Trouble) -> Attention {
    Attention {
        code: code(trouble).to_owned(),
        severity: severity(trouble),
        text: sentence(trouble),
        remedy: match account(trouble) {
            Some(account) => shell::with_name(&remedy(trouble), account.as_str()),
            None => remedy(trouble),
        },
    }
}

fn code(trouble: &Trouble) -> &'static str {
    match trouble {
        Trouble::DuplicateEid { .. } => "duplicate-eid",
        Trouble::TombstoneLimit { .. } => "tombstone-limit",
        Trouble::OriginGone { .. } => "origin-gone",
        Trouble::LongBackoff { predicted, grace, .. } if predicted > grace => {
            "backoff-exceeds-grace"
        }
        Trouble::LongBackoff { .. } => "backoff-grown",
        Trouble::FactsRefused { .. } => "facts-refused",
    }
}

fn severity(trouble: &Trouble) -> Severity {
    match trouble {
        Trouble::DuplicateEid { .. } | Trouble::FactsRefused { .. } => Severity::Bad,
        Trouble::TombstoneLimit { .. }
        | Trouble::OriginGone { .. }
        | Trouble::LongBackoff { .. } => Severity::Look,
    }
}

/// What to do about it. What only one product needs, its door has declared.
fn remedy(trouble: &Trouble) -> String {
    match trouble {
        Trouble::DuplicateEid { remedy, .. } => {
            remedy.unwrap_or("give each PBX its own entity id").to_owned()
        }
        Trouble::LongBackoff { predicted, grace, by_relay: false, remedy, .. }
            if predicted > grace =>
        {
            format!(
                "{remedy}; or remove grace from [lease] (the default, \"auto\", adapts to the waits), then: \
                 systemctl reload lampfield (or send it SIGHUP)"
            )
        }
        Trouble::LongBackoff { remedy, .. } => (*remedy).to_owned(),
        Trouble::TombstoneLimit { .. } => {
            "remove accounts that are gone for good: lampfield user remove NAME; or one PBX of an \
             account: lampfield user forget-resource NAME RESOURCE; or raise tombstones in [limits]"
                .to_owned()
        }
        Trouble::OriginGone { .. } => {
            "check that PBX and its line, and if it uses a relay, on its machine: systemctl status lampfield-relay; if it is gone for good: lampfield user remove NAME"
                .to_owned()
        }
        Trouble::FactsRefused { reached: ReachedLimit::Origins, .. } => {
            "find the client that keeps using new entity ids: lampfield status --json; remove its \
             account, or correct it"
                .to_owned()
        }
        Trouble::FactsRefused { .. } => {
            "check whether that PBX should publish that much; if so, raise the limit, then: systemctl \
             reload lampfield (or send it SIGHUP)"
                .to_owned()
        }
    }
}

/// Whom the remedy is about, where that is one account.
fn account(trouble: &Trouble) -> Option<&AccountName> {
    match trouble {
        Trouble::OriginGone { origin, .. } => Some(&origin.account),
        Trouble::LongBackoff { account, .. } | Trouble::FactsRefused { account, .. } => {
            Some(account)
        }
        Trouble::DuplicateEid { .. } | Trouble::TombstoneLimit { .. } => None,
    }
}

/// What is wrong, in one sentence.
pub fn sentence(trouble: &Trouble) -> String {
    match trouble {
        Trouble::DuplicateEid { eid, accounts, others, .. } => format!(
            "{}{} use the same entity id {eid}: each takes the other's states for its own and ignores them",
            list(accounts),
            match others {
                0 => String::new(),
                others => format!(" and {others} more"),
            }
        ),
        Trouble::TombstoneLimit { limit, stale, .. } => format!(
            "more than {limit} withdrawals are unconfirmed, so the oldest were dropped: {} may still \
             show old states",
            list(stale)
        ),
        Trouble::OriginGone { origin, since, withdrawn } => format!(
            "{origin} has been away since {}{}",
            moment(*since),
            if *withdrawn { ", and its states were withdrawn" } else { "" }
        ),
        Trouble::LongBackoff { account, drops, predicted, grace, .. } if predicted <= grace => {
            format!(
                "{account} has lost its connection {drops} times: its next reconnect may take {}, and if it \
             dies, its lamps stay lit for {}",
                age(predicted.as_secs_f64()),
                age(grace.as_secs_f64())
            )
        }
        Trouble::LongBackoff { account, predicted, grace, .. } => format!(
            "{account} has lost its connection often: its next reconnect may take {}, longer than its grace of {}",
            age(predicted.as_secs_f64()),
            age(grace.as_secs_f64())
        ),
        Trouble::FactsRefused { reached, account, identity, count, since } => {
            let were = if *count == 1 { "was" } else { "were" };
            format!(
                "{reached} is reached: {} of {account}{} {were} refused since {}",
                counted(*count, "fact"),
                identity.as_ref().map(|identity| format!(" {identity}")).unwrap_or_default(),
                moment(*since)
            )
        }
    }
}

fn list(names: &[impl Display]) -> String {
    names.iter().map(ToString::to_string).collect::<Vec<_>>().join(" and ")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use lampfield_board::WallTime;

    use super::*;

    #[test]
    fn one_is_one() {
        let refused = |count| {
            sentence(&Trouble::FactsRefused {
                reached: ReachedLimit::Facts,
                account: AccountName::parse("pbx-1@a.example").expect("a name"),
                identity: None,
                count,
                since: WallTime::from_millis(0),
            })
        };
        assert!(refused(1).contains(": 1 fact of pbx-1@a.example was refused since "));
        assert!(refused(2).contains(": 2 facts of pbx-1@a.example were refused since "));
    }

    #[test]
    fn what_a_door_has_declared_is_the_remedy() {
        let grown = |predicted, by_relay| {
            let account = AccountName::parse("gate 1@a.example").expect("a name");
            let (predicted, grace) = (Duration::from_secs(predicted), Duration::from_secs(20));
            let remedy = "run the carrier of NAME";
            attention(&Trouble::LongBackoff {
                account,
                drops: 4,
                predicted,
                grace,
                by_relay,
                remedy,
            })
        };
        let declared = "run the carrier of 'gate 1@a.example'";
        for (predicted, by_relay) in [(16, false), (16, true), (60, true)] {
            assert_eq!(grown(predicted, by_relay).remedy, declared);
        }
        let exceeds = grown(60, false).remedy;
        assert!(
            exceeds.starts_with(&format!("{declared}; or remove grace from [lease]")),
            "{exceeds}"
        );
        let eid = lampfield_board::Eid::new([2, 0, 0, 0, 0, 1]);
        let shared = |remedy| {
            attention(&Trouble::DuplicateEid { eid, accounts: Vec::new(), others: 2, remedy })
                .remedy
        };
        assert_eq!(shared(Some("turn the key")), "turn the key");
        assert!(shared(None).contains("its own entity id"));
    }

    #[test]
    fn a_remedy_names_the_account_that_it_is_about() {
        let account = AccountName::parse("pbx-1@a.example").expect("a name");
        let origin =
            lampfield_board::Origin::new(account, lampfield_board::Eid::new([2, 0, 0, 0, 0, 1]));
        let since = WallTime::from_millis(0);
        let gone = Trouble::OriginGone { origin: origin.into(), since, withdrawn: false };
        let told = attention(&gone);
        assert!(told.remedy.ends_with("lampfield user remove pbx-1@a.example"), "{}", told.remedy);
        assert!(!told.text.contains("withdrawn"), "nothing was: {}", told.text);
    }
}
