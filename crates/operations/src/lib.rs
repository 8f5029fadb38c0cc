//! What can be done with a Lampfield, each thing defined once: a command today, a route, a form and a script's function
//! as soon as those faces exist.
//!
//! A [`Definition`] names an operation with its arguments and their help, the [`Scope`] that it needs, what it changes and
//! which document answers it. Whoever does something is an [`Actor`] with scopes, perhaps of one board only. The [`Desk`]
//! is the one way in: it checks the actor, reads the arguments, does it and notes what was changed.
//!
//! No operation runs a program or opens a file that the caller names. Nothing in here knows a protocol; what an operation
//! needs of the program and its doors is in [`Host`].

mod actor;
mod argument;
mod audit;
mod definition;
mod desk;
pub mod document;
pub mod failure;
pub mod filter;
mod history_readers;
mod host;
pub mod moment;
pub mod nearest;
pub mod operation;
mod run;
mod scope;
pub mod time;
mod trouble;
mod typed_lamp;
mod visible;
mod watchers;

pub use actor::{Actor, ActorKind, OWNER};
pub use argument::{ArgumentValue, Arguments, Hidden, Since, Span, Spoken, notable};
pub use audit::{AuditEntry, AuditLog};
pub use definition::{Answer, Argument, Definition, Effect, Form, Need, Reach};
pub use desk::Desk;
pub use history_readers::HistoryReaders;
pub use host::{
    Connected, DomainChanges, DomainSource, HeldOfDomain, Host, Machine, NewDomain, Served,
};
pub use lampfield_hub::shell_words as shell;
pub use operation::Operation;
pub use run::{OPERATIONS, defined};
pub use scope::{Scope, Scopes, UnknownScope};
pub use visible::{make_visible, visible, visible_json};
pub use watchers::{Watchers, Watching};
