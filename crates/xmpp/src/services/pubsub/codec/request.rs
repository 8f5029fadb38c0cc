//! Telling requests apart: gets are queries, sets are commands.

use lampfield_xmpp_stream::Element;

use super::command::{self, Command};
use super::error::Malformed;
use super::query::{self, Query};
use crate::services::Verb;

/// A request to the service: to be told something or to change it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PubsubRequest {
    /// An IQ `get`, which changes nothing.
    Query(Query),
    /// An IQ `set`, which is to change something.
    Command(Command),
}

/// Reads the payload of an IQ.
pub fn parse(verb: Verb, payload: Element<'_>) -> Result<PubsubRequest, Malformed> {
    match verb {
        Verb::Get => query::parse(payload).map(PubsubRequest::Query),
        Verb::Set => command::parse(payload).map(PubsubRequest::Command),
    }
}
