//! Who may log in and what they may do, for every door.
//!
//! The [`AccountBook`] keeps the accounts and checks passwords; a [`Pace`] bounds how often one address
//! does something dear, a [`LogLimit`] how many lines of the log one client can cause. Whoever comes
//! through one door has the same account, the same throttle and the same limits at all others. An
//! account is named by its bare JID, also where no XMPP is spoken.
//!
//! Everything belongs to the core thread: parts are shared by `Rc` and never borrowed across an
//! `await`. Nothing here may know a protocol, a connection or a fact.

mod account;
mod book;
mod derivations;
mod error;
mod held;
mod invite;
mod key_file;
mod log_limit;
mod network;
mod pace;
mod record;
mod throttle;

pub use account::{Account, Legacy, Role, Source};
pub use book::{
    AccountBook, AccountChange, BookLimits, Declared, JoinPolicy, NewAccount, NewPassword,
    Reconciled, Turn,
};
pub use error::AccountError;
pub use invite::{Invitation, Rotation};
pub use key_file::{AccountKeys, KeyFileError};
pub use log_limit::{LogLimit, Whom};
pub use network::Network;
pub use pace::{Pace, TooFast};
