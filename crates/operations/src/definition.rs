//! What is known of an operation before anybody asks for it: enough to make a verb, a route, a form or a function of it.

use crate::scope::Scope;

/// One thing that can be done.
#[derive(Debug)]
pub struct Definition {
    /// Its words, with blanks between them: `user add`.
    pub name: &'static str,
    /// What it does, in a sentence.
    pub about: &'static str,
    /// The arguments that it takes, in the order in which they are shown.
    pub arguments: &'static [Argument],
    /// The scope that an actor needs for it.
    pub scope: Scope,
    /// Whether it changes anything, and what.
    pub effect: Effect,
    /// Whether it is about one board or the whole server.
    pub reach: Reach,
    /// The form of the answer: one document or many lines.
    pub answer: Answer,
}

/// One argument, as commands, routes and forms show it.
#[derive(Debug)]
pub struct Argument {
    /// Lower case, words joined by `_`.
    pub name: &'static str,
    /// What it means, and how it is written.
    pub about: &'static str,
    /// The form in which it is written.
    pub form: Form,
    /// What stands if nothing is written.
    pub need: Need,
}

/// What can be written for an argument. In JSON all are texts but where it says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Any text that its operation can read.
    Text,
    /// Several texts; in JSON a list of them.
    Texts,
    /// A text that is shown and logged nowhere.
    Secret,
    /// Yes or no; in JSON true or false.
    Switch,
    /// A whole number from 0 on; in JSON a number.
    Number,
    /// A moment: `14:03`, `-10m`, `2026-11-21T14:03:00Z`.
    Moment,
    /// How far to look back, or from when on: `10m`, `2h`, `14:03`, `2026-11-21T14:03:00Z`.
    Since,
    /// How long: `10s`, `5min`, `2h`.
    Span,
    /// The word for a kind of subject.
    Kind,
    /// Anything; in JSON as it is.
    Json,
}

/// What stands if nothing is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// Without it the operation is refused.
    Required,
    /// It may be left out, and then nothing stands for it.
    Optional,
    /// It may be left out, and then this stands, written as a person would.
    Default(&'static str),
}

/// Whether an operation changes anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// It only looks, and leaves no entry in the audit log.
    Reads,
    /// It changes this, and stands in the audit log.
    Changes(&'static str),
}

/// Whether an operation is about one board or the whole server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// One board and the domains that have it.
    Board,
    /// The whole server, with every board.
    Server,
}

/// The form in which an operation answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// One document of this schema.
    Document(&'static str),
    /// One document after another, until one side ends it.
    Lines(&'static str),
}

// === impl Definition ===

impl Definition {
    /// The argument of this name.
    #[must_use]
    pub fn argument(&self, name: &str) -> Option<&'static Argument> {
        self.arguments.iter().find(|argument| argument.name == name)
    }

    /// Whether it changes anything.
    #[must_use]
    pub const fn changes(&self) -> bool {
        matches!(self.effect, Effect::Changes(_))
    }
}
