//! Telling requests apart: gets are queries, sets are commands.

use lampfield_xmpp_stream::Element;

use super::command::{self, Command};
use super::error::Malformed;
use super::query::{self, Query};
use crate::services::Verb;

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PubsubRequest {
    /// To be told something.
    Query(Query),
    /// To change something.
    Command(Command),
}

/// Reads the payload of an IQ.
pub fn parse(verb: Verb, payload: Element<'_>) -> Result<PubsubRequest, Malformed> {
    match verb {
        Verb::Get => query::parse(payload).map(PubsubRequest::Query),
        Verb::Set => command::parse(payload).map(PubsubRequest::Command),
    }
}
