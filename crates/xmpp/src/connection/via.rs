//! What a relay says of the PBX whose stream it carries, between the login and the binding:
//! `<via xmlns='urn:lampfield:relay:0' address='192.0.2.7'/>`.
//!
//! It is for people to read. Anybody who can log in may say it, so nothing may be decided by the
//! address: limits, throttles and bans go by the socket's own.

use std::net::IpAddr;

use lampfield_xmpp_stream::{Element, ns};

use super::stream::Stream;

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
            Some(address) if self.via.is_none() => self.via = Some(address.to_canonical()),
            _ => ignore_via(self),
        }
    }
}

/// Says that a report was of no use, to whoever looks for it.
pub(super) fn ignore_via(stream: &Stream) {
    tracing::debug!(peer = %stream.link.peer(), "what a relay reports was ignored");
}
