//! Accounts of domains that are served no longer, as after a domain was renamed in the file: nobody can log in with
//! them, and nothing else says why.

use std::collections::BTreeMap;

use lampfield_accounts::Account;
use lampfield_operations::Host as _;
use lampfield_operations::time::counted;

use super::ServerHost;
use crate::config::Config;
use crate::document::status::{Attention, Severity};
use crate::document::warning::Warning;

const CODE: &str = "domain-gone";

impl ServerHost {
    /// Those that are left behind now.
    pub(super) fn left_behind(&self) -> Vec<Attention> {
        let served: Vec<_> = self.served().into_iter().map(|domain| domain.name).collect();
        let left = self.accounts_beside(&served, |_| true).into_iter();
        let attention = left.map(|(domain, count)| Attention {
            code: CODE.to_owned(),
            severity: Severity::Look,
            text: format!(
                "{} of the domain {domain} cannot log in, because it is not served any more",
                counted(count, "account")
            ),
            remedy: remedy(&domain),
        });
        attention.collect()
    }

    /// Those that this file leaves behind at the next start. Its own accounts go with their domain.
    pub(super) fn to_be_left_behind(&self, file: &Config) -> Vec<Warning> {
        let of_file = file.served().into_iter();
        let added = self.added.served().into_iter().map(|added| added.name);
        let served: Vec<_> = of_file.chain(added).map(|name| name.to_string()).collect();
        let left = self.accounts_beside(&served, |account| !account.is_declared());
        let warnings = left.into_iter().map(|(domain, count)| {
            let accounts = counted(count, "account");
            Warning {
                code: CODE.to_owned(),
                text: format!(
                    "from the next start on {accounts} of the domain {domain} cannot log in: it is not in the \
                     file any more"
                ),
                remedy: Some(remedy(&domain)),
                at: None,
            }
        });
        warnings.collect()
    }

    /// How many accounts the domains have that are none of these.
    fn accounts_beside(
        &self,
        served: &[String],
        counts: impl Fn(&Account) -> bool,
    ) -> BTreeMap<String, u64> {
        let mut left = BTreeMap::new();
        for account in self.door.context.accounts.list() {
            let domain = account.jid.domain();
            if counts(&account) && !served.iter().any(|name| name == domain) {
                *left.entry(domain.to_owned()).or_default() += 1;
            }
        }
        left
    }
}

fn remedy(domain: &str) -> String {
    format!(
        "lampfield domain add {domain}   serves it again; lampfield domain remove {domain} then removes it with its \
         accounts"
    )
}
