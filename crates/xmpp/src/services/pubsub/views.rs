//! Nodes that stand under the addresses of the PubSub services and are kept elsewhere. Whoever keeps them answers for
//! them; PubSub only asks whether a request is theirs.

use std::rc::Rc;

use super::engine::Holder;
use crate::context::Context;
use crate::services::{Answer, Request};

/// Whoever keeps such nodes.
pub trait Views {
    /// The names that service discovery lists among the nodes of a service.
    fn listed(&self) -> Vec<&'static str>;

    /// Whether nobody may make a node of this name.
    fn is_reserved(&self, node: &str) -> bool;

    /// Whether a request is answered by [`Views::answer`] and not by the generic service. `holder` tells whose the
    /// generic node of a name is.
    fn claims(&self, request: &Request<'_>, holder: &dyn Fn(&str) -> Holder) -> bool;

    /// Answers a request that was claimed.
    fn answer(&self, context: &Rc<Context>, request: &Request<'_>) -> Answer;
}
