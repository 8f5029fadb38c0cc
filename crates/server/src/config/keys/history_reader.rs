//! Who may read the past: a role, or an account by its address.

use lampfield_accounts::BareJid;

use super::Role;
use crate::config::reader::{Given, Refused};
use crate::config::value::Value;
use crate::config::value::text;

/// One entry of `history.read`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HistoryReader {
    /// All accounts of this role.
    Role(Role),
    /// This account, whatever its role.
    Account(BareJid),
}

// === impl HistoryReader ===

impl Value for HistoryReader {
    fn kind() -> String {
        "role or address".to_owned()
    }

    fn parse(given: Given<'_>) -> Result<Self, Refused> {
        let typed = text(given)?;
        if !typed.contains('@') {
            return Role::parse(given).map(Self::Role).map_err(|refused| {
                let message =
                    format!("\"{typed}\" is neither a role nor the address of an account");
                let instead =
                    "a role is \"pbx\", \"user\" or \"admin\", an address \"NAME@DOMAIN\"";
                Refused { message, ..refused }.hint(instead)
            });
        }
        let address = BareJid::parse(typed).ok().filter(|jid| jid.local().is_some());
        address.map(Self::Account).ok_or_else(|| {
            Refused::new(format!("\"{typed}\" is not the address of an account"))
                .hint("write \"NAME@DOMAIN\", or a role: \"pbx\", \"user\" or \"admin\"")
        })
    }

    fn show(&self) -> Option<String> {
        match self {
            Self::Role(role) => role.show(),
            Self::Account(jid) => Some(toml::Value::from(jid.as_str()).to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use toml::de::DeValue;

    use super::*;

    fn read(typed: &str) -> Result<HistoryReader, Refused> {
        let toml = format!("\"{typed}\"");
        let value = DeValue::parse(&toml).expect("a TOML value");
        HistoryReader::parse(Given { value: &value, folder: Path::new("/") })
    }

    #[test]
    fn roles_and_addresses_are_told_apart() {
        assert_eq!(read("admin"), Ok(HistoryReader::Role(Role::Admin)));
        let anna = read("Anna@a.example").expect("an address");
        assert_eq!(anna.show().as_deref(), Some("\"anna@a.example\""));
        let refused = read("owner").expect_err("no role");
        assert!(refused.message.contains("neither a role nor"), "{}", refused.message);
        assert!(refused.hint.is_some_and(|hint| hint.contains("NAME@DOMAIN")));
        for wrong in ["owner", "anna", "@a.example", "", "anna@"] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }
}
