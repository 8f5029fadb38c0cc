//! Presence for one address in particular (RFC 6121 section 4.6), which need not be a contact. Who
//! got it also hears of the end.

use std::rc::Rc;

use lampfield_xmpp_stream::{Element, Jid, StanzaError};

use super::may_see;
use crate::context::{Context, StanzaKind, Taken, Undelivered};
use crate::services::relay;
use crate::session::Session;

/// Takes a presence with an address, available or not.
///
/// # Errors
/// `resource-constraint`, see [`crate::session::Directed`], and as [`pass_on`].
pub fn stanza(
    context: &Rc<Context>,
    session: &Rc<Session>,
    to: &Jid,
    stanza: Element<'_>,
) -> Result<(), StanzaError> {
    let is_here = to.local().is_some() && context.domains.served(Some(to.domain())).is_some();
    if stanza.attr("type") == Some("unavailable") {
        session.directed.borrow_mut().remove(to);
    } else if !(is_here && session.is_available() && may_see(context, &to.to_bare(), &session.bare))
    {
        // Who sees the account anyhow hears of the end by the broadcast.
        session.directed.borrow_mut().add(to)?;
    }
    if pass_on(context, session, to, stanza)? == Taken::No && !is_here {
        // Nobody at all has heard of it, and nobody will.
        session.directed.borrow_mut().remove(to);
    }
    Ok(())
}

/// Passes a presence on as it is, but for caps that are not for everybody: to one resource, or to those
/// of an account that are available; where there are none, to whoever knows of some elsewhere. Who has
/// too much to read misses it.
///
/// # Errors
/// As [`Context::deliver_elsewhere`].
pub fn pass_on(
    context: &Context,
    session: &Session,
    to: &Jid,
    stanza: Element<'_>,
) -> Result<Taken, StanzaError> {
    let caps = context.caps_for(&to.to_bare());
    let out = relay::passed_on_but(session, to.as_str(), stanza, |child| caps.lets_see(child));
    let mut resources = context.router.matching(to);
    resources.retain(|resource| to.resource().is_some() || resource.is_available());
    if resources.is_empty() {
        let undelivered = Undelivered::new(StanzaKind::Presence, &session.jid, to, &out);
        return context.deliver_elsewhere(&undelivered);
    }
    for resource in &resources {
        let _ = relay::hand_over(session, resource, &out);
    }
    Ok(Taken::Yes)
}
