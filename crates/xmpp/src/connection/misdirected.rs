//! PubSub requests to an address that has no PubSub service: mostly a `pubsub_node` that is spelt
//! wrong. Asterisk logs the error it gets at debug level at most, so the operator is told here.

use lampfield_accounts::{LogLimit, Role};
use lampfield_xmpp_stream::Element;

use crate::domains::Domains;
use crate::services::pubsub::codec::ns::{OWNER, PUBSUB};
use crate::session::Session;
use crate::xmpp_conf::LOAD_ANEW;

/// Characters of the address that are shown: it is the client's text.
const SHOWN: usize = 64;

/// Writes a line, of which the same account causes only a few, if a request that found no service
/// was meant for a PubSub service, and has `status` tell it of a PBX.
pub(super) fn note(
    domains: &Domains,
    limit: &LogLimit,
    session: &Session,
    iq: Element<'_>,
    payload: Element<'_>,
) {
    let Some(to) = iq.attr("to").filter(|_| matches!(payload.ns(), PUBSUB | OWNER)) else { return };
    // People's clients try the services of accounts (XEP-0163), which is no mistake.
    if to.contains('@') && session.account.borrow().role != Role::Pbx {
        return;
    }
    let Some(domain) = domains.served(Some(session.bare.domain())) else { return };
    let asked: String = to.chars().take(SHOWN).collect();
    if session.is_pbx() && !session.looks_in_vain(&asked) {
        return;
    }
    if limit.allows("no such service", &session.bare) {
        tracing::warn!(
            code = "no-such-service", account = %session.bare, ?asked,
            "there is no PubSub service at this address: set pubsub_node={} in its xmpp.conf, then {LOAD_ANEW}",
            domain.pubsub_name
        );
    }
}
