//! The control socket: how commands talk to the running server. One request and its answer are one
//! JSON line each; only a watch goes on for longer. The socket lies in the data folder, which is
//! closed to everybody but its owner, and that is the whole access rule.

pub mod client;
pub mod line;
pub mod listener;

use lampfield_operations::Arguments;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::failure::Failure;

/// What a command asks: an operation by its name, with its arguments.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// The name of the operation: `user add`.
    pub run: String,
    /// What is said to it. It may hold a password, which crosses the socket readably and is shown nowhere else.
    pub with: Arguments,
}

/// What the server answers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Answer {
    /// The document of the operation.
    Document(Value),
    /// To `watch`: lines follow until one side closes.
    Watching,
    /// The operation failed, and this is why.
    Failed(Failure),
}
