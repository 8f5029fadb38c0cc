//! Passwords that derive from the account key, so that an invitation can be printed again.

use std::rc::Rc;

use lampfield_xmpp_stream::BareJid;
use lampfield_xmpp_stream::sasl::hmac_sha256;

use super::Account;

/// An account with the password to print for its operator.
#[derive(Clone, Debug)]
pub struct Invitation {
    /// The account.
    pub account: Rc<Account>,
    /// Like `hq2f-88zn-w6kd-tr4m`: 80 bits.
    pub password: String,
}

/// Whether an invitation replaces the password there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rotation {
    /// The same again.
    Keep,
    /// A new one; the old one no longer works.
    Rotate,
}

/// Digits and letters that are not taken for one another when read aloud or copied by hand.
const LETTERS: [char; 32] = [
    '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'j',
    'k', 'm', 'n', 'p', 'q', 'r', 's', 't', 'v', 'w', 'x', 'y', 'z',
];

/// The password of `jid`'s invitation number `generation`.
pub fn password(key: &[u8; 32], jid: &BareJid, generation: u32) -> String {
    let text = [jid.as_str().as_bytes(), &[0], &generation.to_be_bytes()].concat();
    let bytes = hmac_sha256(key, &text);
    let mut out = String::with_capacity(19);
    for (index, byte) in bytes.iter().take(16).enumerate() {
        if index > 0 && index % 4 == 0 {
            out.push('-');
        }
        // Five of each byte's bits: 80 in all.
        out.extend(LETTERS.get(usize::from(byte & 31)));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_look_alike_and_differ() {
        let jid = BareJid::parse("pbx-c@a.example").expect("a JID");
        let other = BareJid::parse("pbx-d@a.example").expect("a JID");
        let first = password(&[1; 32], &jid, 0);
        assert_eq!(first, password(&[1; 32], &jid, 0));
        assert_ne!(first, password(&[1; 32], &jid, 1));
        assert_ne!(first, password(&[1; 32], &other, 0));
        assert_ne!(first, password(&[2; 32], &jid, 0));
        assert_eq!(first.len(), 19);
        assert!(first.split('-').all(|group| group.len() == 4), "{first}");
    }
}
