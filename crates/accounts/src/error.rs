//! Why the account book refused a login or a change. Each text can be shown to a person as it is.

use lampfield_fabric::StoreError;
use lampfield_xmpp_stream::BareJid;
use lampfield_xmpp_stream::sasl::PasswordError;

/// Why an account could not be added, changed or removed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AccountError {
    /// There is an account of that address already.
    #[error("{0} exists already")]
    Exists(BareJid),
    /// There is no account of that address.
    #[error("there is no account {0}")]
    Missing(BareJid),
    /// It stands in the configuration file, and can only be changed there.
    #[error("{0} is declared in the configuration: change it there and reload")]
    Declared(BareJid),
    /// Somebody has chosen its password, so it cannot be printed.
    #[error("the password of {0} was set by hand and cannot be printed again: only a new one can")]
    OwnPassword(BareJid),
    /// Its password was made with a key that is not in the data folder any more.
    #[error(
        "{0} has a password that was made with another accounts.key, so it cannot be printed \
         again: it still works, and --rotate replaces it"
    )]
    OtherKey(BareJid),
    /// The name before the `@` is missing.
    #[error("{0} names a domain, not an account")]
    NoName(BareJid),
    /// Its domain is being removed, or was.
    #[error("{0} cannot be added: its domain has been removed")]
    DomainRemoved(BareJid),
    /// The password that was given cannot be used, for the reason named.
    #[error("{0}: {1}")]
    Password(BareJid, PasswordError),
    /// As many accounts exist as [`BookLimits::accounts`](crate::BookLimits::accounts) allows, this number.
    #[error("there are {0} accounts already, which is the limit")]
    Full(usize),
    /// Too many passwords are being hashed at this moment; it can be tried again.
    #[error("too many logins at the moment, try again later")]
    Busy,
    /// The kernel gives no random numbers, so no key can be made.
    #[error("the kernel provides no random numbers")]
    NoRandom,
    /// The change is in the book, but not on the disk yet; the store goes on trying.
    #[error("done, but not stored yet: {0}")]
    NotStored(String),
    /// The store has refused to keep the change.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why a login was refused. Each door says it in its own protocol's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum LoginError {
    /// The name or the password is wrong; which of them, nobody learns.
    #[error("wrong name or password")]
    NotAuthorized,
    /// Too much was tried for this account from this address. The password was not looked at: the
    /// right one would have been refused as well.
    #[error("too many wrong passwords from this address; this attempt was not checked")]
    Throttled,
    /// It cannot be decided now: too many passwords are being hashed, or the account that this login
    /// would make cannot be made. The same may work later.
    #[error("the login cannot be checked now")]
    Unavailable,
}
