//! Logins that were refused lately, by cause: what an operator whose PBX does not get in wants to see
//! first. Nothing depends on it.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::{Duration, Instant};

/// How long a refusal is told after it was the last of its kind.
const LATELY: Duration = Duration::from_mins(10);

/// Refusals that are told at the same time. A further one takes the place of the oldest: whoever tries
/// names by the thousand must not hide the PBX that was set up a minute ago.
const MOST: usize = 64;

/// Characters of a name that are kept.
const SHOWN: usize = 128;

/// Why a login was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum LoginCause {
    /// There is such an account, and that is not its password.
    WrongPassword,
    /// There is no such account.
    UnknownAccount,
    /// The stream is for a domain that is not served.
    UnknownDomain,
    /// It wants to be a component (XEP-0114), as an Asterisk with `type=component`.
    Component,
    /// TLS is required, and the client does not begin it.
    NoTls,
    /// `jabber:iq:auth`, which its account may not use.
    NoLegacyAuth,
    /// It does not accept the certificate that it is shown.
    CertificateRefused,
}

/// Refusals of one cause and name, or of one address where there is no name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusedLogin {
    /// What was wrong with it.
    pub cause: LoginCause,
    /// The account or domain as it was asked for, control characters escaped; none where nothing was.
    pub asked: Option<String>,
    /// From where, the last time.
    pub from: IpAddr,
    /// How often it was tried lately.
    pub count: u64,
    /// When the last time was.
    pub latest: Instant,
}

/// Who was refused lately.
#[derive(Debug, Default)]
pub struct RefusedLogins {
    lately: RefCell<BTreeMap<(LoginCause, String), RefusedLogin>>,
}

// === impl RefusedLogins ===

impl RefusedLogins {
    /// One more was refused. `asked` is what the client said, and may be anything.
    pub fn note(&self, cause: LoginCause, asked: Option<&str>, from: IpAddr, now: Instant) {
        let asked = asked.map(|asked| {
            asked.chars().take(SHOWN).flat_map(char::escape_debug).collect::<String>()
        });
        let key = (cause, asked.clone().unwrap_or_else(|| from.to_string()));
        let mut lately = self.lately.borrow_mut();
        lately.retain(|_, one| !one.is_over(now));
        if lately.len() >= MOST && !lately.contains_key(&key) {
            let oldest = lately.iter().min_by_key(|(_, one)| one.latest);
            if let Some(oldest) = oldest.map(|(key, _)| key.clone()) {
                lately.remove(&oldest);
            }
        }
        let fresh = || RefusedLogin { cause, asked, from, count: 0, latest: now };
        let one = lately.entry(key).or_insert_with(fresh);
        one.count += 1;
        (one.from, one.latest) = (from, now);
    }

    /// This account has logged in from there: what was wrong with it is mended.
    pub fn forget(&self, account: &str, from: IpAddr) {
        self.lately.borrow_mut().retain(|_, one| match &one.asked {
            Some(asked) => asked != account,
            None => one.from != from,
        });
    }

    /// What was refused lately, the latest first.
    pub fn lately(&self, now: Instant) -> Vec<RefusedLogin> {
        let lately = self.lately.borrow();
        let mut told: Vec<_> = lately.values().filter(|one| !one.is_over(now)).cloned().collect();
        told.sort_by_key(|one| std::cmp::Reverse(one.latest));
        told
    }
}

impl RefusedLogin {
    fn is_over(&self, now: Instant) -> bool {
        now.duration_since(self.latest) >= LATELY
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

    fn told(refused: &RefusedLogins, now: Instant) -> Vec<(Option<String>, u64)> {
        refused.lately(now).into_iter().map(|one| (one.asked, one.count)).collect()
    }

    #[test]
    fn they_are_told_by_cause_and_name_until_they_are_long_ago_or_mended() {
        let (refused, start) = (RefusedLogins::default(), Instant::now());
        let at = |seconds| start + Duration::from_secs(seconds);
        for second in 0..3 {
            refused.note(LoginCause::WrongPassword, Some("a@x"), HERE, at(second));
        }
        refused.note(LoginCause::UnknownDomain, Some("y\n\u{1b}[31m"), HERE, at(4));
        refused.note(LoginCause::NoTls, None, HERE, at(5));
        let name = |name: &str| Some(name.to_owned());
        let all = [(None, 1), (name("y\\n\\u{1b}[31m"), 1), (name("a@x"), 3)];
        assert_eq!(told(&refused, at(6)), all);
        refused.forget("a@x", HERE);
        assert_eq!(told(&refused, at(6)), all[1..2], "it does not lack TLS either");
        assert_eq!(told(&refused, at(4) + LATELY), []);
    }

    #[test]
    fn whoever_tries_many_names_hides_nothing_that_is_newer() {
        let (refused, start) = (RefusedLogins::default(), Instant::now());
        for number in 0..10 * MOST as u64 {
            let at = start + Duration::from_millis(number);
            refused.note(LoginCause::UnknownAccount, Some(&number.to_string()), HERE, at);
        }
        let now = start + Duration::from_secs(60);
        refused.note(LoginCause::WrongPassword, Some("mine"), HERE, now);
        let told = told(&refused, now);
        assert_eq!((told.len(), told[0].0.as_deref()), (MOST, Some("mine")));
    }
}
