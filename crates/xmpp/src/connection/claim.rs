//! Who a client says it is while it logs in: for the log, where PBXs behind one address must be
//! told apart. It is a stranger's text: nothing may be decided by it, and it is bounded and escaped
//! wherever it is shown.

use std::fmt;
use std::net::IpAddr;

use lampfield_accounts::{AccountBook, Whom};
use lampfield_xmpp_stream::{BareJid, Domain};

/// Characters of a name that are shown.
const SHOWN: usize = 64;

/// The name under which a client tries to log in, as it was given.
#[derive(Debug, Clone)]
pub(super) struct Claim {
    name: Box<str>,
    domain: Domain,
}

// === impl Claim ===

impl Claim {
    /// The account `name` of `domain`; only the beginning of a name that is too long for one.
    pub(super) fn new(name: &str, domain: &Domain) -> Self {
        let name: String = name.chars().take(SHOWN + 1).collect();
        Self { name: name.into(), domain: domain.clone() }
    }

    /// What a client's first message claims: the second part of PLAIN (RFC 4616), the field `n` of
    /// SCRAM (RFC 5802). Its later messages claim nothing.
    pub(super) fn read(message: &[u8], domain: &Domain) -> Option<Self> {
        let text = String::from_utf8_lossy(message);
        let plain = text.split('\0').nth(1);
        let name = plain.or_else(|| text.split(',').find_map(|field| field.strip_prefix("n=")))?;
        Some(Self::new(name, domain))
    }

    /// The account that it would be; none if no account can have that name.
    pub(super) fn account(&self) -> Option<BareJid> {
        BareJid::from_parts(&self.name, &self.domain).ok()
    }

    /// Whom lines about this login are about.
    pub(super) fn whom(&self, accounts: &AccountBook, peer: IpAddr) -> Whom {
        self.account().map_or(peer.into(), |jid| accounts.whom(&jid, peer))
    }
}

impl fmt::Display for Claim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for character in self.name.chars().take(SHOWN) {
            write!(f, "{}", character.escape_debug())?;
        }
        let cut = if self.name.chars().count() > SHOWN { "..." } else { "" };
        write!(f, "{cut}@{}", self.domain)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claimed(message: &str) -> Option<String> {
        let domain = Domain::parse("example.org").unwrap();
        Claim::read(message.as_bytes(), &domain).map(|claim| claim.to_string())
    }

    #[test]
    fn both_kinds_of_first_messages_claim_a_name() {
        let name = Some("server1@example.org".to_owned());
        assert_eq!(claimed("\0server1\0secret"), name);
        assert_eq!(claimed("other@example.org\0server1\0n=secret"), name);
        assert_eq!(claimed("n,,n=server1,r=nonce"), name);
        assert_eq!(claimed("p=tls-exporter,a=other,n=server1,r=nonce"), name);
        assert_eq!(claimed("c=biws,r=nonce,p=proof"), None);
        assert_eq!(claimed(""), None);
    }

    #[test]
    fn whatever_is_claimed_is_one_short_line() {
        let shown = claimed(&format!("\0{}\0x", "\x1b[2J\n\"".repeat(1_000))).unwrap();
        assert!(shown.len() < 700 && !shown.contains(char::is_control), "{shown}");
        assert!(shown.ends_with("...@example.org"), "{shown}");
    }
}
