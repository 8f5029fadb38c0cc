//! How origins are called: by their account, with the entity id where an account has several.

use std::collections::BTreeMap;

use crate::document::OriginName;

/// The accounts seen so far, and the entity ids under which each spoke.
#[derive(Debug, Default)]
pub struct Names {
    seen: BTreeMap<String, Eids>,
}

#[derive(Debug)]
enum Eids {
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
        let OriginName { account, eid } = origin;
        match self.seen.get(account) {
            Some(Eids::Several) => format!("{account} {eid}"),
            _ => account.clone(),
        }
    }

    fn see(&mut self, origin: &OriginName) {
        let seen = self.seen.entry(origin.account.clone());
        let eids = seen.or_insert_with(|| Eids::One(origin.eid.clone()));
        if matches!(eids, Eids::One(eid) if *eid != origin.eid) {
            *eids = Eids::Several;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entity_id_is_shown_where_it_tells_something() {
        let origin = |account: &str, eid: &str| OriginName {
            account: account.to_owned(),
            eid: eid.to_owned(),
        };
        let all = [origin("a", "01"), origin("b", "02"), origin("b", "03")];
        let mut names = Names::of(all.iter());
        assert_eq!(all.each_ref().map(|one| names.name(one)), ["a", "b 02", "b 03"]);
    }
}
