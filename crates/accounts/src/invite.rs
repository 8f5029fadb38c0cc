//! Passwords that derive from the account key, so that an invitation can be printed again.

use std::rc::Rc;

use lampfield_xmpp_stream::BareJid;
use lampfield_xmpp_stream::sasl::hmac_sha256;

use crate::account::Account;
use crate::generation::Generation;

/// An account with the password to print for its operator.
#[derive(Clone, Debug)]
pub struct Invitation {
    /// The account as it is now, whether new or not.
    pub account: Rc<Account>,
    /// Four groups of four characters, such as `hq2f-88zn-w6kd-tr4m`: 80 bits, from the account key.
    pub password: String,
}

/// Whether an invitation replaces the password there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rotation {
    /// The password stays as it is and is printed again.
    Keep,
    /// A new one; the old one no longer works.
    Rotate,
}

/// Digits and letters that are not taken for one another when read aloud or copied by hand.
const LETTERS: [char; 32] = [
    '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'j',
    'k', 'm', 'n', 'p', 'q', 'r', 's', 't', 'v', 'w', 'x', 'y', 'z',
];

/// The password of `jid`'s invitation `generation`.
pub(crate) fn password(key: &[u8; 32], jid: &BareJid, generation: Generation) -> String {
    let text = [jid.as_str().as_bytes(), &[0], &generation.bytes()].concat();
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
        let generation = Generation::draw().expect("random numbers");
        let first = password(&[1; 32], &jid, generation);
        assert_eq!(first, password(&[1; 32], &jid, generation));
        assert_ne!(first, password(&[1; 32], &jid, Generation::draw().expect("random numbers")));
        assert_ne!(first, password(&[1; 32], &other, generation));
        assert_ne!(first, password(&[2; 32], &jid, generation));
        assert_eq!(first.len(), 19);
        assert!(first.split('-').all(|group| group.len() == 4), "{first}");
    }

    #[test]
    fn passwords_of_counted_generations_are_what_they_were() {
        let jid = BareJid::parse("pbx-c@a.example").expect("a JID");
        for (stored, was) in [("0", "wjy4-z5xm-jcce-84hc"), ("1", "ya20-hmq7-j9sx-qezr")] {
            let counted: Generation = serde_json::from_str(stored).expect("as in an old row");
            assert_eq!(password(&[1; 32], &jid, counted), was);
        }
    }
}
