//! The list of all operations, and the one way to have one done. Every face comes by [`Desk::run`] or [`Desk::watch`], so
//! that nothing is done that the actor may not do, and no change is made that nobody can read about.

use crate::actor::Actor;
use crate::argument::{Arguments, notable};
use crate::audit::{AuditEntry, Try};
use crate::definition::Definition;
use crate::desk::{Desk, now};
use crate::failure::{Exit, Failure};
use crate::host::Host;
use crate::nearest::nearest;
use crate::operation::{
    Audit, Clear, DomainAdd, DomainChange, DomainList, DomainRemove, History, Invite, List, LogSet,
    Operation, Perform, Reload, RotateCertificate, RotateInviteKey, Set, Status, UserAdd,
    UserChange, UserForgetResource, UserList, UserPasswd, UserRemove, Watch, Why,
};
use crate::watchers::Watching;

/// What follows from the list of operations: that of their definitions, and the way from a name to what is done.
macro_rules! operations {
    ($($operation:ident,)+) => {
        /// The definitions of all operations.
        pub const OPERATIONS: &[&Definition] = &[$($operation::DEFINITION),+];

        /// Does what is called by this name; of what answers more than once, up to its first line. `None` where nothing
        /// is called so.
        async fn by_name<H: Host>(
            name: &str,
            desk: &Desk<H>,
            actor: &Actor,
            arguments: Arguments,
        ) -> Option<Result<serde_json::Value, Failure>> {
            $(if name == $operation::DEFINITION.name {
                // Each has its own size, and the largest would count for all.
                return Some(Box::pin(desk.act_on::<$operation>(actor, arguments)).await);
            })+
            None
        }
    };
}

operations! {
    Status,
    Why,
    History,
    Watch,
    List,
    Set,
    Clear,
    UserAdd,
    UserList,
    UserChange,
    UserPasswd,
    UserForgetResource,
    UserRemove,
    Invite,
    DomainList,
    DomainAdd,
    DomainChange,
    DomainRemove,
    LogSet,
    Reload,
    RotateInviteKey,
    RotateCertificate,
    Audit,
}

/// The definition of the operation of this name.
///
/// # Errors
/// There is none; the nearest are named.
pub fn defined(name: &str) -> Result<&'static Definition, Failure> {
    OPERATIONS.iter().find(|definition| definition.name == name).copied().ok_or_else(|| {
        let message = format!("there is no operation \"{name}\"");
        let failure = Failure::new(Exit::Usage, "unknown-operation", message);
        let near = nearest(name, OPERATIONS.iter().map(|definition| definition.name), 3);
        match near.is_empty() {
            true => failure,
            false => failure.line("nearest", near.join("  ")),
        }
    })
}

impl<H: Host> Desk<H> {
    /// Does something by its name, and gives the document that answers it.
    ///
    /// # Errors
    /// There is no such operation, the actor may not do it, an argument is wrong, or it cannot be done.
    pub async fn run(
        &self,
        actor: &Actor,
        name: &str,
        arguments: Arguments,
    ) -> Result<serde_json::Value, Failure> {
        defined(name)?;
        let done = by_name(name, self, actor, arguments).await;
        done.unwrap_or_else(|| Err(Failure::bug(format!("{name} cannot be run"))))
    }

    /// Begins a watch: changes follow one by one.
    ///
    /// # Errors
    /// As [`Desk::run`].
    pub fn watch(&self, actor: &Actor, arguments: Arguments) -> Result<Watching, Failure> {
        actor.check(Watch::DEFINITION)?;
        Watch::read(arguments)?.begin(self, actor)
    }

    /// Does something that was not written as JSON.
    ///
    /// # Errors
    /// As [`Desk::run`].
    pub async fn act<O: Perform<H>>(
        &self,
        actor: &Actor,
        operation: O,
    ) -> Result<O::Answer, Failure> {
        let arguments = operation.write();
        self.perform(actor, &arguments, Ok(operation)).await
    }

    /// The same for something that was, and gives its document in that form.
    async fn act_on<O: Perform<H>>(
        &self,
        actor: &Actor,
        arguments: Arguments,
    ) -> Result<serde_json::Value, Failure> {
        let answer = self.perform(actor, &arguments, O::read(arguments.clone())).await?;
        serde_json::to_value(answer).map_err(Failure::bug)
    }

    /// The only place where anything is done.
    async fn perform<O: Perform<H>>(
        &self,
        actor: &Actor,
        arguments: &Arguments,
        operation: Result<O, Failure>,
    ) -> Result<O::Answer, Failure> {
        let noted =
            O::DEFINITION.changes().then(|| self.note(actor, arguments, operation.as_ref().ok()));
        let done = self.attempt(actor, operation).await;
        if let Some(noted) = noted {
            match &done {
                Ok(answer) => noted.done(O::lamp(answer)),
                Err(refused) => noted.refused(&refused.code),
            }
        }
        done
    }

    async fn attempt<O: Perform<H>>(
        &self,
        actor: &Actor,
        operation: Result<O, Failure>,
    ) -> Result<O::Answer, Failure> {
        actor.check(O::DEFINITION)?;
        operation?.perform(self, actor).await
    }

    /// An entry of the audit log, which is written when the try has ended. What somebody of one board tries is told on
    /// that board, also what was meant for another.
    fn note<O: Perform<H>>(
        &self,
        actor: &Actor,
        arguments: &Arguments,
        operation: Option<&O>,
    ) -> Try<'_> {
        let about = || operation.and_then(|operation| operation.about(self));
        let board = actor.board().cloned().or_else(about);
        let (definition, arguments) = (O::DEFINITION, notable(O::DEFINITION, arguments));
        self.audit.begin(AuditEntry::new(
            now(),
            actor.kind(),
            definition.name,
            arguments,
            board.as_ref(),
        ))
    }
}
