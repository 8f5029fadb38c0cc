//! Which accounts may read the past, which tells more of people than a lamp does.

use lampfield_accounts::{BareJid, Role};
use lampfield_board::AccountName;

/// The roles and accounts of `history.read`. The owner of the data folder is not among them and may always: whoever can
/// open the store can read it without asking.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistoryReaders {
    /// All accounts of these roles.
    pub roles: Vec<Role>,
    /// And these, whatever their role.
    pub accounts: Vec<AccountName>,
}

// === impl HistoryReaders ===

impl HistoryReaders {
    /// Whether an account may read the past, by its role or its name.
    #[must_use]
    pub fn include(&self, role: Role, jid: &BareJid) -> bool {
        let is_named = |name: &AccountName| name.as_str() == jid.as_str();
        self.roles.contains(&role) || self.accounts.iter().any(is_named)
    }
}

/// Admins only, until the configuration says otherwise.
impl Default for HistoryReaders {
    fn default() -> Self {
        Self { roles: vec![Role::Admin], accounts: Vec::new() }
    }
}
