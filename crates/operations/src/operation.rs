//! The operations: one definition for each, with what it does when it is run. A family that belongs together is one file
//! in `operation/`; the list of them is in `run.rs`.

mod accounts;
mod audit;
mod by_hand;
mod domain;
mod giving;
mod history;
mod invite;
mod list;
mod log;
mod past;
mod recall;
mod reload;
mod rotate;
mod seen;
mod status;
mod stored;
mod subject;
mod user;
mod user_change;
mod walk;
mod watch;
mod why;

use std::future::Future;

use lampfield_board::BoardName;
use serde::Serialize;
use serde::de::DeserializeOwned;

pub use audit::Audit;
pub use by_hand::{Clear, Set};
pub use domain::{DomainAdd, DomainChange, DomainList, DomainRemove};
pub use history::History;
pub use invite::Invite;
pub use list::{List, Order};
pub use log::LogSet;
pub use reload::Reload;
pub use rotate::{RotateCertificate, RotateInviteKey};
pub use status::Status;
pub use user::{UserAdd, UserForgetResource, UserList, UserPasswd, UserRemove};
pub use user_change::UserChange;
pub use watch::Watch;
pub use why::Why;

use crate::actor::Actor;
use crate::argument::Arguments;
use crate::definition::Definition;
use crate::desk::Desk;
use crate::failure::Failure;
use crate::host::Host;

/// One thing that can be done, with its arguments. Made by [`operation!`] from a definition.
pub trait Operation: Sized {
    /// What is known of it before anybody asks.
    const DEFINITION: &'static Definition;

    /// The document that answers it.
    type Answer: Serialize + DeserializeOwned;

    /// Reads the arguments.
    ///
    /// # Errors
    /// The first that is missing, unknown or cannot be one.
    fn read(arguments: Arguments) -> Result<Self, Failure>;

    /// Writes the arguments, for whoever asks from outside.
    fn write(&self) -> Arguments;
}

/// What an operation does. Nobody calls it but the [`Desk`], which has checked the actor before.
pub trait Perform<H: Host>: Operation {
    /// Does what was asked and answers, or says why it could not.
    fn perform(
        self,
        desk: &Desk<H>,
        actor: &Actor,
    ) -> impl Future<Output = Result<Self::Answer, Failure>>;

    /// The board that it is about, for the audit log; asked where the actor may touch all. None where it is about the
    /// whole server, or what was said means no board.
    fn about(&self, desk: &Desk<H>) -> Option<BoardName> {
        let _about_the_server = desk;
        None
    }

    /// The lamp that it was about, in full, for the audit log: what was typed may be a part of the name. None where it was about
    /// no lamp.
    fn lamp(answer: &Self::Answer) -> Option<&str> {
        let _about_no_lamp = answer;
        None
    }
}

/// Makes the type of an operation and its [`Definition`] of one text. The documentation of the type and of its fields is
/// the help that every face shows.
macro_rules! operation {
    (
        $(#[doc = $about:literal])+
        pub struct $operation:ident = $name:literal {
            $($(#[doc = $help:literal])+ $argument:ident: $type:ty $(= $default:literal)?,)*
        }
        $scope:ident, $effect:expr, $reach:ident, $answer:ident($schema:literal) -> $document:ty
    ) => {
        $(#[doc = $about])+
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub struct $operation {
            $($(#[doc = $help])+ pub $argument: $type,)*
        }

        impl $crate::operation::Operation for $operation {
            const DEFINITION: &'static $crate::definition::Definition = &$crate::definition::Definition {
                name: $name,
                about: concat!($($about),+).trim_ascii_start(),
                arguments: &[$($crate::definition::Argument {
                    name: $crate::argument::plain(stringify!($argument)),
                    about: concat!($($help),+).trim_ascii_start(),
                    form: <$type as $crate::argument::ArgumentValue>::FORM,
                    need: $crate::operation::operation!(@need $type $(, $default)?),
                },)*],
                scope: $crate::scope::Scope::$scope,
                effect: $effect,
                reach: $crate::definition::Reach::$reach,
                answer: $crate::definition::Answer::$answer($schema),
            };

            type Answer = $document;

            fn read(arguments: $crate::argument::Arguments) -> Result<Self, $crate::failure::Failure> {
                $crate::argument::check_known(Self::DEFINITION, &arguments)?;
                #[allow(unused_mut, unused_variables, reason = "an operation may have no arguments")]
                let mut arguments = arguments;
                Ok(Self {
                    $($argument: $crate::argument::take(
                        &mut arguments,
                        $crate::argument::plain(stringify!($argument)),
                        $crate::operation::operation!(@default $($default)?),
                    )?,)*
                })
            }

            fn write(&self) -> $crate::argument::Arguments {
                let arguments: [(&str, serde_json::Value); _] = [$((
                    $crate::argument::plain(stringify!($argument)),
                    $crate::argument::ArgumentValue::write(&self.$argument),
                ),)*];
                let arguments = arguments.into_iter().filter(|(_, value)| !value.is_null());
                arguments.map(|(name, value)| (name.to_owned(), value)).collect()
            }
        }
    };
    (@need $type:ty) => { <$type as $crate::argument::ArgumentValue>::NEED };
    (@need $type:ty, $default:literal) => { $crate::definition::Need::Default($default) };
    (@default) => { None };
    (@default $default:literal) => { Some($default) };
}
use operation;
