//! Origins that died lately: what they said was withdrawn because they did not come back. People
//! are told for an hour, or until the account is back; nothing else depends on it.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use lampfield_board::{AccountName, Origin};

/// For how long people are told of an origin that does not come back.
const TOLD_FOR: Duration = Duration::from_hours(1);

/// Origins remembered; beyond it the one that died first is forgotten early.
const MOST: usize = 64;

/// The origins that died lately.
#[derive(Debug, Default)]
pub struct Departed {
    /// Each with the moment from which it is old news, which is the order in which they died.
    lately: VecDeque<(Duration, Arc<Origin>)>,
}

// === impl Departed ===

impl Departed {
    /// Adds an origin that has died. At the limit, gives back the one that is forgotten for it.
    pub fn add(&mut self, origin: Arc<Origin>, now: Duration) -> Option<Arc<Origin>> {
        self.lately.retain(|(_, known)| *known != origin);
        self.lately.push_back((now + TOLD_FOR, origin));
        if self.lately.len() > MOST { self.forget_oldest() } else { None }
    }

    /// An account is back, or gone for good: none of its origins is spoken of any longer.
    pub fn take(&mut self, account: &AccountName) -> Vec<Arc<Origin>> {
        let of_account = |(_, origin): &(Duration, Arc<Origin>)| origin.account == *account;
        let taken = self.lately.iter().filter(|entry| of_account(entry));
        let taken = taken.map(|(_, origin)| Arc::clone(origin)).collect();
        self.lately.retain(|entry| !of_account(entry));
        taken
    }

    /// When [`Departed::outdated`] has one to give.
    #[must_use]
    pub fn next_end(&self) -> Option<Duration> {
        self.lately.front().map(|(end, _)| *end)
    }

    /// One that is old news by `now`; each is given once.
    pub fn outdated(&mut self, now: Duration) -> Option<Arc<Origin>> {
        self.next_end().filter(|end| *end <= now)?;
        self.forget_oldest()
    }

    fn forget_oldest(&mut self) -> Option<Arc<Origin>> {
        self.lately.pop_front().map(|(_, origin)| origin)
    }
}

#[cfg(test)]
mod tests {
    use lampfield_board::Eid;

    use super::*;

    fn origin(number: u8) -> Arc<Origin> {
        let account = AccountName::parse(&format!("pbx-{number}@d")).unwrap();
        Arc::new(Origin::new(account, Eid::new([2, 0, 0, 0, 0, number])))
    }

    #[test]
    fn beyond_the_limit_the_first_is_forgotten() {
        let mut departed = Departed::default();
        for number in 0..MOST as u8 {
            assert_eq!(departed.add(origin(number), Duration::from_secs(number.into())), None);
        }
        assert_eq!(departed.add(origin(200), Duration::from_secs(200)), Some(origin(0)));
        assert_eq!(departed.add(origin(1), Duration::from_secs(201)), None, "known already");
        assert_eq!(departed.outdated(TOLD_FOR + Duration::from_secs(1)), None, "it died again");
        assert_eq!(departed.outdated(TOLD_FOR + Duration::from_secs(2)), Some(origin(2)));
    }
}
