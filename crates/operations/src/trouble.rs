//! What is wrong, in sentences with a remedy.

use std::fmt::Display;

use lampfield_board::AccountName;
use lampfield_hub::{Reached, Trouble};

use crate::document::moment;
use crate::document::status::{Attention, Severity};
use crate::shell;
use crate::time::{age, counted};

/// What is wrong, for a list of things to look at.
pub fn attention(trouble: &Trouble) -> Attention {
    let (code, severity, remedy) = match trouble {
        Trouble::LongBackoff { predicted, grace, by_relay: true, .. } => (
            if predicted > grace { "backoff-exceeds-grace" } else { "backoff-grown" },
            Severity::Look,
            "find out why its relay was restarted, on that machine: journalctl -u lampfield-relay; and \
             restart that Asterisk when it is idle, which makes its waits short again",
        ),
        Trouble::LongBackoff { predicted, grace, .. } if predicted <= grace => (
            "backoff-grown",
            Severity::Look,
            "run lampfield relay on that machine, as lampfield invite NAME prints it; or find out why its \
             line drops (where it breaks its own stream, net.ipv4.tcp_wmem = 4096 4194304 8388608 in \
             a file in its /etc/sysctl.d helps, or clear text inside a VPN), and restart that Asterisk \
             when it is idle",
        ),
        Trouble::DuplicateEid { .. } => (
            "duplicate-eid",
            Severity::Bad,
            "give each PBX its own entityid= in [options] of asterisk.conf, then: core restart when convenient",
        ),
        Trouble::TombstoneLimit { .. } => (
            "tombstone-limit",
            Severity::Look,
            "remove what is gone for good: lampfield user remove NAME, or one PBX of an account: \
             lampfield user forget-resource NAME RESOURCE; or raise tombstones in [limits]",
        ),
        Trouble::OriginGone { .. } => (
            "origin-gone",
            Severity::Look,
            "check that PBX and its line, and where it comes by a relay, on its machine: systemctl status \
             lampfield-relay; if it is gone for good: lampfield user remove NAME",
        ),
        Trouble::LongBackoff { .. } => (
            "backoff-exceeds-grace",
            Severity::Look,
            "run lampfield relay on that machine, as lampfield invite NAME prints it; or remove grace \
             from [lease] (the default, \"auto\", follows the waits), then: systemctl reload lampfield \
             (or send it SIGHUP)",
        ),
        Trouble::FactsRefused { reached: Reached::Origins, .. } => (
            "facts-refused",
            Severity::Bad,
            "find the client that keeps using new entity ids: lampfield status --json; remove its \
             account, or correct it",
        ),
        Trouble::FactsRefused { .. } => (
            "facts-refused",
            Severity::Bad,
            "check whether that PBX should publish so much; if so, raise the limit, then: systemctl \
             reload lampfield (or send it SIGHUP)",
        ),
    };
    Attention {
        code: code.to_owned(),
        severity,
        text: sentence(trouble),
        remedy: match account(trouble) {
            Some(account) => remedy.replace("NAME", &shell::word(account.as_str())),
            None => remedy.to_owned(),
        },
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
        Trouble::DuplicateEid { eid, accounts, others } => format!(
            "{}{} use the same entity id {eid}: each takes the other's states for its own echo and \
             drops them",
            list(accounts),
            match others {
                0 => String::new(),
                others => format!(" and {others} more"),
            }
        ),
        Trouble::TombstoneLimit { limit, stale, .. } => format!(
            "more than {limit} withdrawals are not confirmed yet, so the oldest were forgotten: {} \
             may still show dead states",
            list(stale)
        ),
        Trouble::OriginGone { origin, since, withdrawn } => format!(
            "{origin} has been away since {}{}",
            moment(*since),
            if *withdrawn { ", and its states were withdrawn" } else { "" }
        ),
        Trouble::LongBackoff { account, drops, predicted, grace, .. } if predicted <= grace => {
            format!(
                "{account} has dropped {drops} times: its next reconnect may take {}, and if it dies, its \
             lamps stay lit for {}",
                age(predicted.as_secs_f64()),
                age(grace.as_secs_f64())
            )
        }
        Trouble::LongBackoff { account, predicted, grace, .. } => format!(
            "{account} has dropped often: its next reconnect may take {}, longer than its grace of {}",
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
    use lampfield_board::WallTime;

    use super::*;

    #[test]
    fn one_is_one() {
        let refused = |count| {
            sentence(&Trouble::FactsRefused {
                reached: Reached::Facts,
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
