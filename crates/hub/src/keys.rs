//! The keys under which the hub's state is stored: readable, and never ambiguous. Names may hold
//! any printable character, so the separator and the escape itself are escaped in them.

use std::borrow::Cow;
use std::fmt::Write;

use lampfield_board::{AccountName, BoardName, Identity, Origin, Subject};

const SEPARATOR: char = '|';
const ESCAPE: char = '%';

/// What the keys of all rows of a board begin with: `asterisk.example|`
pub fn prefix(board: &BoardName) -> String {
    format!("{board}{SEPARATOR}")
}

/// The key of an origin's row: `asterisk.example|server1@d|02:00:00:00:00:01`.
pub fn origin(board: &BoardName, origin: &Origin) -> String {
    let Origin { account, identity } = origin;
    let (account, identity) = (escape(account.as_str()), identity.to_string());
    format!("{board}{SEPARATOR}{account}{SEPARATOR}{}", escape(&identity))
}

/// `asterisk.example|server1@d|02:00:00:00:00:01|device/PJSIP/100`: what one PBX says lies side by side, so that
/// what it changes at once takes few pages of the file, however many others there are.
pub fn fact(board: &BoardName, subject: &Subject, origin: &Origin) -> String {
    let name = escape(subject.name().as_str());
    let account = escape(origin.account.as_str());
    let kind = subject.kind();
    // One allocation: this is on the hot path.
    let most = board.as_str().len() + name.len() + account.len() + 40;
    let mut key = String::with_capacity(most);
    // Writing to a string cannot fail.
    let _ok = match &origin.identity {
        Identity::Eid(eid) => {
            write!(key, "{board}{SEPARATOR}{account}{SEPARATOR}{eid}{SEPARATOR}{kind}/{name}")
        }
        Identity::Named(identity) => {
            let identity = escape(identity);
            write!(key, "{board}{SEPARATOR}{account}{SEPARATOR}{identity}{SEPARATOR}{kind}/{name}")
        }
    };
    key
}

/// The key of an account's row: `asterisk.example|server1@d`.
pub fn account(board: &BoardName, account: &AccountName) -> String {
    format!("{board}{SEPARATOR}{}", escape(account.as_str()))
}

/// The board and the account of any key.
pub fn board_and_account(key: &str) -> Option<(BoardName, AccountName)> {
    let mut parts = key.split(SEPARATOR);
    let board = BoardName::parse(parts.next()?).ok()?;
    Some((board, AccountName::parse(&unescape(parts.next()?)?).ok()?))
}

/// Reads a key that [`origin`] has written; none if it is of another form.
pub fn parse_origin(key: &str) -> Option<(BoardName, Origin)> {
    let [board, account, identity] = parts(key)?;
    Some((BoardName::parse(board).ok()?, read_origin(account, identity)?))
}

/// Reads a key that [`fact`] has written; none if it is of another form.
pub fn parse_fact(key: &str) -> Option<(BoardName, Subject, Origin)> {
    let [board, account, identity, subject] = parts(key)?;
    let subject = unescape(subject)?.parse().ok()?;
    Some((BoardName::parse(board).ok()?, subject, read_origin(account, identity)?))
}

/// Reads a key that [`account`] has written; none if it is of another form.
pub fn parse_account(key: &str) -> Option<(BoardName, AccountName)> {
    let [board, account] = parts(key)?;
    Some((BoardName::parse(board).ok()?, AccountName::parse(&unescape(account)?).ok()?))
}

fn parts<const N: usize>(key: &str) -> Option<[&str; N]> {
    let parts: Vec<_> = key.split(SEPARATOR).collect();
    parts.try_into().ok()
}

fn read_origin(account: &str, identity: &str) -> Option<Origin> {
    let account = AccountName::parse(&unescape(account)?).ok()?;
    Some(Origin::new(account, Identity::parse(&unescape(identity)?).ok()?))
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

    fn board() -> BoardName {
        BoardName::parse("d").unwrap()
    }

    #[test]
    fn any_name_comes_back() {
        for name in ["PJSIP/100", "a|b", "%7C", "%257C|", "100%", "device/x", "ü|%"] {
            let subject = Subject::device(name).unwrap();
            for identity in ["02:00:00:00:00:01", name] {
                let account = AccountName::parse(&format!("{name}@d")).unwrap();
                let origin = Origin::new(account.clone(), Identity::parse(identity).unwrap());
                let key = fact(&board(), &subject, &origin);
                assert_eq!(
                    parse_fact(&key),
                    Some((board(), subject.clone(), origin.clone())),
                    "{key}"
                );
                assert_eq!(
                    parse_origin(&super::origin(&board(), &origin)),
                    Some((board(), origin))
                );
                assert_eq!(
                    parse_account(&super::account(&board(), &account)),
                    Some((board(), account))
                );
            }
        }
    }

    #[test]
    fn keys_are_readable_and_begin_with_their_board() {
        let identity = Identity::parse("02:00:00:00:00:01").unwrap();
        let origin = Origin::new(AccountName::parse("server1@d").unwrap(), identity);
        let key = fact(&board(), &Subject::device("PJSIP/100").unwrap(), &origin);
        assert_eq!(key, "d|server1@d|02:00:00:00:00:01|device/PJSIP/100");
        assert!(key.starts_with(&prefix(&board())));
    }

    #[test]
    fn what_nobody_wrote_is_refused() {
        for key in [
            "",
            "device/x",
            "d|device/x",
            "d|a|device/x",
            "d|a|02:00:00:00:00:01|device/%41",
            "d|a|b|c|d",
        ] {
            assert_eq!(parse_fact(key), None, "{key}");
        }
    }
}
