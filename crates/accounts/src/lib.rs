//! Who may log in and what they may do, for every door.
//!
//! The [`AccountBook`] keeps the accounts and checks passwords; a [`Pace`] bounds how often one address
//! does something dear, a [`LogLimit`] how many lines of the log one client can cause. Whoever comes
//! through one door has the same account, the same throttle and the same limits at all others. An
//! account is named by its bare JID, also where no XMPP is spoken.
//!
//! A door that is given a password asks [`AccountBook::check_password`], whatever it came in. One that
//! is given a proof of a password asks [`AccountBook::turn_for_proof`] first, checks the proof itself
//! by [`AccountBook::keys_or_fake`] and says so if it was right. Both need the address of the client
//! itself, not of a proxy before it: tries are counted by it.
//!
//! Everything belongs to the core thread: parts are shared by `Rc` and never borrowed across an
//! `await`. Nothing here may know a stream, a connection or a fact: of `xmpp-stream` there are the names of accounts and
//! the keys of SASL, which stand for a password at every door.

mod account;
mod book;
mod derivations;
mod error;
mod generation;
mod index;
mod invite;
mod key_file;
mod log_limit;
mod network;
mod pace;
mod record;
mod throttle;
mod weakness;

pub use account::{ALLOWED_NAMES, Account, AccountSource, LegacyAuth, Role};
pub use book::{
    AccountBook, AccountChange, AccountChanges, BookLimits, DeclaredAccount, JoinPolicy, LoginTurn,
    NewAccount, NewPassword, Reconciled,
};
pub use error::{AccountError, LoginError};
pub use invite::{Invitation, Rotation};
pub use key_file::{AccountKeys, KeyFileError};
pub use log_limit::{LogLimit, Whom};
pub use network::Network;
pub use pace::{Pace, TooFast};
pub use weakness::weakness;

/// What an account is named by at every door.
pub use lampfield_xmpp_stream::BareJid;
