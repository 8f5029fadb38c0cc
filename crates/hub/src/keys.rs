//! The keys under which the hub's state is stored: readable, and never ambiguous. Names may hold
//! any printable character, so the separator and the escape itself are escaped in them.

use std::borrow::Cow;
use std::fmt::Write;

use lampfield_board::{AccountName, Eid, Origin, Subject};

const SEPARATOR: char = '|';
const ESCAPE: char = '%';

/// `server1@d|02:00:00:00:00:01`
pub fn origin(origin: &Origin) -> String {
    format!("{}{SEPARATOR}{}", escape(origin.account.as_str()), origin.eid)
}

/// `server1@d|02:00:00:00:00:01|device/PJSIP/100`: what one server says lies side by side, so that
/// what it changes at once takes few pages of the file, however many others there are.
pub fn fact(subject: &Subject, origin: &Origin) -> String {
    let name = escape(subject.name().as_str());
    let account = escape(origin.account.as_str());
    let (kind, eid) = (subject.kind(), origin.eid);
    // One allocation: this is on the hot path.
    let mut key = String::with_capacity(name.len() + account.len() + 32);
    // Writing to a string cannot fail.
    let _ok = write!(key, "{account}{SEPARATOR}{eid}{SEPARATOR}{kind}/{name}");
    key
}

/// `server1@d`
pub fn account(account: &AccountName) -> String {
    account.to_string()
}

/// Reads what [`origin`] wrote.
pub fn parse_origin(key: &str) -> Option<Origin> {
    let (account, eid) = key.split_once(SEPARATOR)?;
    let eid: Eid = eid.parse().ok()?;
    Some(Origin::new(AccountName::parse(&unescape(account)?).ok()?, eid))
}

/// Reads what [`fact`] wrote.
pub fn parse_fact(key: &str) -> Option<(Subject, Origin)> {
    let (origin, subject) = key.rsplit_once(SEPARATOR)?;
    Some((unescape(subject)?.parse().ok()?, parse_origin(origin)?))
}

/// Reads what [`account`] wrote.
pub fn parse_account(key: &str) -> Option<AccountName> {
    AccountName::parse(key).ok()
}

fn escape(name: &str) -> Cow<'_, str> {
    if name.contains([SEPARATOR, ESCAPE]) {
        name.replace(ESCAPE, "%25").replace(SEPARATOR, "%7C").into()
    } else {
        name.into()
    }
}

fn unescape(text: &str) -> Option<Cow<'_, str>> {
    if !text.contains(ESCAPE) {
        return Some(text.into());
    }
    let plain = text.replace("%7C", "|").replace("%25", "%");
    (escape(&plain) == text).then_some(plain.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_name_comes_back() {
        for name in ["PJSIP/100", "a|b", "%7C", "%257C|", "100%", "device/x", "ü|%"] {
            let subject = Subject::device(name).unwrap();
            let eid: Eid = "02:00:00:00:00:01".parse().unwrap();
            let origin = Origin::new(AccountName::parse(&format!("{name}@d")).unwrap(), eid);
            let key = fact(&subject, &origin);
            assert_eq!(parse_fact(&key), Some((subject, origin.clone())), "{key}");
            assert_eq!(parse_origin(&super::origin(&origin)), Some(origin));
        }
    }

    #[test]
    fn keys_are_readable() {
        let eid: Eid = "02:00:00:00:00:01".parse().unwrap();
        let origin = Origin::new(AccountName::parse("server1@d").unwrap(), eid);
        let key = fact(&Subject::device("PJSIP/100").unwrap(), &origin);
        assert_eq!(key, "server1@d|02:00:00:00:00:01|device/PJSIP/100");
    }

    #[test]
    fn what_nobody_wrote_is_refused() {
        for key in ["", "device/x", "a|device/x", "a|02|device/x", "a|02:00:00:00:00:01|device/%41"]
        {
            assert_eq!(parse_fact(key), None, "{key}");
        }
    }
}
