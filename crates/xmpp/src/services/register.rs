//! In-band registration (XEP-0077): making an account before a login where the domain allows it,
//! and afterwards a new password or the end of the account.
//!
//! It never touches an account other than the asker's own, and never makes anything but the role
//! `user`.

use std::net::IpAddr;
use std::pin::Pin;
use std::rc::Rc;

use lampfield_accounts::{AccountError, AccountSource, NewAccount, NewPassword, Role, TooFast};
use lampfield_xmpp_stream::{
    BareJid, Domain, Element, ErrorType, StanzaCondition, StanzaError, Tag,
};

use super::{Answer, Request, Scope, Service, Verb, reply};
use crate::context::Context;
use crate::session::Session;
use crate::settings::ClearTextAuth;

/// The namespace of in-band registration (XEP-0077).
pub const NAMESPACE: &str = "jabber:iq:register";

/// An answer that may have to wait for a password to be hashed and stored.
pub type Later = Pin<Box<dyn Future<Output = Answer>>>;

/// Lets those who have logged in change their password or leave for good.
#[derive(Debug)]
pub struct Register;

/// What a registration set asks for.
#[derive(Debug, PartialEq, Eq)]
enum Wish {
    /// This account with this password.
    Have(String, String),
    /// The account is to be removed.
    Leave,
}

/// Where an answer goes that comes later.
struct Reply {
    session: Rc<Session>,
    /// Whom the request was for; none if it named nobody.
    from: Option<BareJid>,
    id: String,
}

/// Answers somebody who has not logged in, on a domain that takes registrations.
pub fn before_login(
    context: &Rc<Context>,
    domain: &Domain,
    verb: Verb,
    query: Element<'_>,
    peer: IpAddr,
) -> Later {
    if verb == Verb::Get {
        return ready(Answer::Result(form(None)));
    }
    match wish(query).and_then(|wish| newcomer(context, domain, wish, peer)) {
        Ok(new) => {
            let context = Rc::clone(context);
            Box::pin(async move {
                let made = context.accounts.add(new).await;
                answer(made.map(|account| {
                    tracing::info!(account = %account.jid, %peer, "registered in-band");
                }))
            })
        }
        Err(error) => ready(Answer::Error(error)),
    }
}

fn newcomer(
    context: &Context,
    domain: &Domain,
    wish: Wish,
    peer: IpAddr,
) -> Result<NewAccount, StanzaError> {
    let Wish::Have(name, password) = wish else {
        return Err(StanzaCondition::UnexpectedRequest.with("log in to leave"));
    };
    let jid = BareJid::from_parts(&name, domain)
        .map_err(|error| StanzaCondition::NotAcceptable.with(error.to_string()))?;
    context.registrations.step(peer).map_err(too_fast)?;
    let password = NewPassword::Given(password);
    Ok(NewAccount::usual(jid, password, Role::User, AccountSource::InBand))
}

// === impl Reply ===

impl Reply {
    fn to(request: &Request<'_>) -> Self {
        let session = Rc::clone(request.session);
        let from = (*request.to != session.bare).then(|| request.to.clone());
        Self { session, from, id: request.id.to_owned() }
    }

    fn send(&self, answer: Answer) {
        let mut out = Vec::new();
        let from = self.from.as_ref().map(BareJid::as_str);
        let to = Some(self.session.jid.as_str());
        match answer {
            Answer::Result(payload) => reply::result(&mut out, &self.id, from, to, &payload),
            Answer::Error(error) => reply::error(&mut out, &self.id, from, to, &error),
            Answer::Handled => return,
        }
        self.session.send(&out);
    }
}

// === impl Register ===

impl Service for Register {
    fn handles(&self) -> &'static [(Scope, &'static str)] {
        &[(Scope::Server, NAMESPACE)]
    }

    fn features(&self) -> &'static [(Scope, &'static str)] {
        self.handles()
    }

    fn iq(&self, context: &Rc<Context>, request: &Request<'_>) -> Answer {
        let account = &request.session.bare;
        // Without an address the server is meant that keeps the account.
        if request.to != account && request.to.as_str() != account.domain() {
            return Answer::Error(
                StanzaCondition::NotAllowed.with("your account is not kept here"),
            );
        }
        let name = account.local().unwrap_or_default();
        let done = match (request.verb, wish(request.payload)) {
            (Verb::Get, _) => return Answer::Result(form(Some(name))),
            (Verb::Set, Ok(Wish::Have(who, password))) => {
                change_password(context, request, &who, password)
            }
            (Verb::Set, Ok(Wish::Leave)) => leave(context, request),
            (Verb::Set, Err(error)) => Err(error),
        };
        match done {
            Ok(()) => Answer::Handled,
            Err(error) => Answer::Error(error),
        }
    }
}

fn change_password(
    context: &Rc<Context>,
    request: &Request<'_>,
    who: &str,
    password: String,
) -> Result<(), StanzaError> {
    let session = request.session;
    let domain = Domain::parse(session.bare.domain());
    if !domain.is_ok_and(|d| BareJid::from_parts(who, &d).is_ok_and(|jid| jid == session.bare)) {
        return Err(StanzaCondition::NotAllowed.with("only your own password can be changed"));
    }
    if !session.link.is_encrypted() && context.settings.clear_text_auth == ClearTextAuth::Refused {
        return Err(StanzaCondition::NotAllowed.with("passwords are changed inside TLS only"));
    }
    context.registrations.step(session.link.peer().ip()).map_err(too_fast)?;
    let (context, reply) = (Rc::clone(context), Reply::to(request));
    tokio::task::spawn_local(async move {
        let changed = context.accounts.set_password(&reply.session.bare, &password).await;
        reply.send(answer(changed));
    });
    Ok(())
}

/// The result goes out first: the account's streams end with the account.
fn leave(context: &Rc<Context>, request: &Request<'_>) -> Result<(), StanzaError> {
    let account = context.accounts.get(&request.session.bare);
    if !account.is_some_and(|a| a.role == Role::User && a.source != AccountSource::Config) {
        return Err(StanzaCondition::NotAllowed.with("only the operator can remove this account"));
    }
    Reply::to(request).send(Answer::Result(Vec::new()));
    let (context, jid) = (Rc::clone(context), request.session.bare.clone());
    tokio::task::spawn_local(async move {
        match context.accounts.remove(&jid).await {
            Ok(()) => tracing::info!(account = %jid, "left for good"),
            Err(error) => tracing::error!(account = %jid, "not removed as asked: {error}"),
        }
    });
    Ok(())
}

fn answer(done: Result<(), AccountError>) -> Answer {
    match done {
        Ok(()) => Answer::Result(Vec::new()),
        Err(error) => Answer::Error(condition(&error).with(error.to_string())),
    }
}

fn condition(error: &AccountError) -> StanzaCondition {
    match error {
        AccountError::Exists(_) => StanzaCondition::Conflict,
        AccountError::Missing(_) | AccountError::DomainRemoved(_) => StanzaCondition::ItemNotFound,
        AccountError::Declared(_) | AccountError::OwnPassword(_) => StanzaCondition::NotAllowed,
        AccountError::NoName(_) | AccountError::Password(..) => StanzaCondition::NotAcceptable,
        _ => StanzaCondition::ResourceConstraint,
    }
}

fn too_fast(error: TooFast) -> StanzaError {
    StanzaCondition::ResourceConstraint.with(error.to_string()).kind(ErrorType::Wait)
}

fn ready(answer: Answer) -> Later {
    Box::pin(std::future::ready(answer))
}

/// Reads a registration set.
fn wish(query: Element<'_>) -> Result<Wish, StanzaError> {
    if query.child(NAMESPACE, "remove").is_some() {
        return Ok(Wish::Leave);
    }
    let field = |name| query.child_text(NAMESPACE, name).filter(|text| !text.is_empty());
    match (field("username"), field("password")) {
        (Some(name), Some(password)) => Ok(Wish::Have(name.into_owned(), password.into_owned())),
        _ => Err(StanzaCondition::NotAcceptable.with("a name and a password are needed")),
    }
}

/// What can be filled in: by a stranger, or by an account of this name.
fn form(name: Option<&str>) -> Vec<u8> {
    let mut out = Vec::new();
    Tag::open(&mut out, "query").xmlns(NAMESPACE).children(|out| {
        if name.is_some() {
            Tag::open(out, "registered").empty();
        } else {
            Tag::open(out, "instructions").text("Choose a name and a password.");
        }
        Tag::open(out, "username").text(name.unwrap_or_default());
        Tag::open(out, "password").empty();
    });
    out
}

#[cfg(test)]
mod tests {
    use lampfield_xmpp_stream::{Scope as XmlScope, Stanza, StanzaLimits};

    use super::*;

    fn wished(children: &str) -> Result<Wish, StanzaCondition> {
        let xml = format!("<query xmlns='{NAMESPACE}'>{children}</query>");
        let scope = XmlScope::NONE;
        let stanza = Stanza::parse(xml.as_bytes(), &scope, &StanzaLimits::STRANGER).unwrap();
        wish(stanza.root()).map_err(|error| error.condition)
    }

    #[test]
    fn a_set_is_a_wish_or_not_acceptable() {
        let both = "<username>bob</username><password>secret</password>";
        assert_eq!(wished(both), Ok(Wish::Have("bob".into(), "secret".into())));
        assert_eq!(wished("<remove/>"), Ok(Wish::Leave));
        for lacking in ["", "<username>bob</username>", "<username/><password>x</password>"] {
            assert_eq!(wished(lacking), Err(StanzaCondition::NotAcceptable), "{lacking}");
        }
    }

    #[test]
    fn the_form_says_who_is_registered() {
        assert_eq!(
            String::from_utf8(form(None)).unwrap(),
            "<query xmlns='jabber:iq:register'><instructions>Choose a name and a password.\
             </instructions><username/><password/></query>"
        );
        assert_eq!(
            String::from_utf8(form(Some("bob"))).unwrap(),
            "<query xmlns='jabber:iq:register'><registered/><username>bob</username><password/>\
             </query>"
        );
    }

    #[test]
    fn every_refusal_of_the_book_has_its_condition() {
        let bob = BareJid::parse("bob@example.org").unwrap();
        assert_eq!(condition(&AccountError::Exists(bob.clone())), StanzaCondition::Conflict);
        assert_eq!(condition(&AccountError::Declared(bob)), StanzaCondition::NotAllowed);
        assert_eq!(condition(&AccountError::Full(1)), StanzaCondition::ResourceConstraint);
        assert_eq!(condition(&AccountError::Busy), StanzaCondition::ResourceConstraint);
    }
}
