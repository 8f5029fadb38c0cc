//! Presence for one address in particular (RFC 6121 section 4.6), which need not be a contact. Who
//! got it also hears of the end.

use std::rc::Rc;

use lampfield_xmpp_stream::{Element, Jid, StanzaError};

use super::may_see;
use crate::context::Context;
use crate::services::relay;
use crate::session::Session;

/// Takes a presence with an address, available or not.
///
/// # Errors
/// `resource-constraint`, see [`crate::session::Directed`].
pub fn stanza(
    context: &Rc<Context>,
    session: &Rc<Session>,
    to: &Jid,
    stanza: Element<'_>,
) -> Result<(), StanzaError> {
    // There are no servers beyond this one, and nobody at a bare domain wants to know.
    if to.local().is_none() || context.domains.served(Some(to.domain())).is_none() {
        return Ok(());
    }
    if stanza.attr("type") == Some("unavailable") {
        session.directed.borrow_mut().remove(to);
    } else if !(session.is_available() && may_see(context, &to.to_bare(), &session.bare)) {
        // Who sees the account anyhow hears of the end by the broadcast.
        session.directed.borrow_mut().add(to)?;
    }
    pass_on(context, session, to, stanza);
    Ok(())
}

/// Passes a presence on as it is, but for caps that are not for everybody: to one resource, or to those of an account that are available.
/// Who has too much to read misses it.
pub fn pass_on(context: &Context, session: &Session, to: &Jid, stanza: Element<'_>) {
    let caps = context.caps_for(&to.to_bare());
    let out = relay::passed_on_but(session, to.as_str(), stanza, |child| caps.lets_see(child));
    let resources = context.router.matching(to);
    let concerned = |resource: &&Rc<Session>| to.resource().is_some() || resource.is_available();
    for resource in resources.iter().filter(concerned) {
        let _ = relay::hand_over(session, resource, &out);
    }
}
