//! What a relay says of the PBX whose stream it carries, between the login and the binding:
//! `<via xmlns='urn:lampfield:relay:0' address='192.0.2.7' stream='5f0c...'/>`.
//!
//! Anybody who can log in may say it. The address is for people to read: limits, throttles and bans
//! go by the socket's own. The stream tells a relay that has lost its line, however often, from two
//! PBXs that take one address from each other.

use std::net::IpAddr;

use lampfield_xmpp_stream::{Element, ns};

use super::stream::Stream;
use crate::session::Via;

/// The longest name of a stream, in bytes.
const MOST_STREAM: usize = 64;

/// Whether somebody speaks as a relay does.
pub(super) fn is_via(element: Element<'_>) -> bool {
    element.is(ns::RELAY, "via")
}

// === impl Stream ===

impl Stream {
    /// Takes the first address that can be one. What comes besides ends nothing: a relay of another
    /// version is no reason to keep a PBX out.
    pub(super) fn note_via(&mut self, element: Element<'_>) {
        let address = element.attr("address").and_then(|address| address.parse::<IpAddr>().ok());
        match address {
            Some(address) if self.via.is_none() => {
                let stream = element.attr("stream").filter(|stream| stream.len() <= MOST_STREAM);
                let stream = stream.map(Into::into);
                self.via = Some(Via { address: address.to_canonical(), stream });
            }
            _ => ignore_via(self),
        }
    }
}

/// Says that a report was of no use, to whoever looks for it.
pub(super) fn ignore_via(stream: &Stream) {
    tracing::debug!(peer = %stream.link.peer(), "what a relay reports was ignored");
}
