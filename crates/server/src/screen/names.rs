//! How origins are called: by their account, with the identity where an account has several.

use std::collections::BTreeMap;

use crate::document::OriginName;

/// The accounts seen so far, and as whom each spoke.
#[derive(Debug, Default)]
pub struct Names {
    seen: BTreeMap<String, Identities>,
}

#[derive(Debug)]
enum Identities {
    One(String),
    Several,
}

// === impl Names ===

impl Names {
    /// Knows all of these beforehand.
    pub fn of<'a>(origins: impl Iterator<Item = &'a OriginName>) -> Self {
        let mut names = Self::default();
        for origin in origins {
            names.see(origin);
        }
        names
    }

    /// Takes note of an origin and says its name.
    pub fn name(&mut self, origin: &OriginName) -> String {
        self.see(origin);
        let OriginName { account, name, .. } = origin;
        match self.seen.get(account) {
            Some(Identities::Several) => format!("{account} {name}"),
            _ => account.clone(),
        }
    }

    fn see(&mut self, origin: &OriginName) {
        let seen = self.seen.entry(origin.account.clone());
        let identities = seen.or_insert_with(|| Identities::One(origin.name.clone()));
        if matches!(identities, Identities::One(name) if *name != origin.name) {
            *identities = Identities::Several;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identity_is_shown_where_it_tells_something() {
        let origin = |account: &str, name: &str| OriginName {
            account: account.to_owned(),
            eid: name.to_owned(),
            name: name.to_owned(),
            ..OriginName::default()
        };
        let all = [origin("a", "01"), origin("b", "02"), origin("b", "03")];
        let mut names = Names::of(all.iter());
        assert_eq!(all.each_ref().map(|one| names.name(one)), ["a", "b 02", "b 03"]);
    }
}
