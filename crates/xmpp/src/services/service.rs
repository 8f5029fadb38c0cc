//! What a service is: the requests it answers, and the hooks by which it takes part in the rest.
//!
//! Every hook has a default that does nothing, so a service names only what concerns it. The order in
//! which services are asked is that of [`Services::standard`](super::Services::standard).

use std::pin::Pin;
use std::rc::Rc;

use lampfield_accounts::Account;
use lampfield_xmpp_stream::{BareJid, Element, FullJid, StanzaCondition, StanzaError, StreamError};

use crate::context::{Context, Taken};
use crate::session::Session;

/// Whom a request is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scope {
    /// The server: the domain itself, or no address at all where that means the server.
    Server,
    /// An account: a bare JID, or no address at all, which means the sender's own.
    Account,
    /// The PubSub service of a domain.
    PubSub,
}

/// Whether an IQ asks or tells (RFC 6120 section 8.2.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    /// `type='get'`: asks, and changes nothing.
    Get,
    /// `type='set'`: is to change something.
    Set,
}

/// An IQ request for the server or an account it keeps.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// The logged-in session that has sent the request.
    pub session: &'a Rc<Session>,
    /// Whether it is for the server or for an account.
    pub scope: Scope,
    /// The bare JID it is addressed to: the account, the domain or the service.
    pub to: &'a BareJid,
    /// Whether it asks or tells.
    pub verb: Verb,
    /// The id to be answered.
    pub id: &'a str,
    /// The one child of the IQ.
    pub payload: Element<'a>,
}

/// What a service makes of a request.
#[derive(Debug)]
pub enum Answer {
    /// A result with this payload; empty for none.
    Result(Vec<u8>),
    /// An error, without an echo of the request.
    Error(StanzaError),
    /// The service answers by itself, now or later.
    Handled,
}

/// What becomes of a session, in the order in which it happens.
#[derive(Debug, Clone, Copy)]
pub enum SessionEvent<'a> {
    /// It has bound its address and can be found there.
    Bound {
        /// Who had the address before. It is found no more, and its stream ends after this.
        replaced: Option<&'a Rc<Session>>,
    },
    /// It has said that it is there, or how; the presence service has told everybody.
    Available {
        /// Whether it was not there before.
        first: bool,
    },
    /// It has said that it goes, and everybody was told. It may come again.
    Unavailable,
    /// Its stream has ended, whatever it had said before. It is not found any more; only the presence
    /// service has still to tell that it is gone, where its place in the order is.
    Ended(SessionEnd<'a>),
}

/// Why a session has ended, which decides whether its facts end at once.
#[derive(Debug, Clone, Copy)]
pub enum SessionEnd<'a> {
    /// The client has closed its stream.
    Goodbye,
    /// The connection is gone without a word.
    Lost,
    /// The same, and the client does not know yet: the line to it is cut.
    Cut,
    /// The server has ended the stream, for what came in on it or because of somebody else.
    Refused(&'a StreamError),
}

/// Something that a service does by itself for as long as the server runs.
pub type BackgroundTask = Pin<Box<dyn Future<Output = ()>>>;

/// A part of the server: it owns some namespaces, or it takes part in what others do, or both.
pub trait Service {
    /// What it answers: IQ payload namespaces, each with whom they are addressed to.
    fn handles(&self) -> &'static [(Scope, &'static str)] {
        &[]
    }

    /// The features that service discovery shows for it.
    fn features(&self) -> &'static [(Scope, &'static str)] {
        &[]
    }

    /// Answers a request in one of the namespaces that it handles.
    fn iq(&self, context: &Rc<Context>, request: &Request<'_>) -> Answer {
        let _ = (context, request);
        Answer::Error(StanzaCondition::ServiceUnavailable.into())
    }

    /// A client has answered a question of the server's own, with this id.
    fn answered(&self, context: &Rc<Context>, session: &Rc<Session>, id: &str) {
        let _ = (context, session, id);
    }

    /// A session has sent a message. Who takes it sees to it; the next service is asked otherwise.
    ///
    /// # Errors
    /// What the sender is told, unless the message is an error itself. Nobody else is asked then.
    fn message(
        &self,
        context: &Rc<Context>,
        from: &Rc<Session>,
        message: Element<'_>,
    ) -> Result<Taken, StanzaError> {
        let _ = (context, from, message);
        Ok(Taken::No)
    }

    /// A session has sent a presence of whatever type.
    ///
    /// # Errors
    /// As [`Service::message`].
    fn presence(
        &self,
        context: &Rc<Context>,
        from: &Rc<Session>,
        presence: Element<'_>,
    ) -> Result<Taken, StanzaError> {
        let _ = (context, from, presence);
        Ok(Taken::No)
    }

    /// A session has sent an IQ to somebody's resource.
    ///
    /// # Errors
    /// As [`Service::message`].
    fn client_iq(
        &self,
        context: &Rc<Context>,
        from: &Rc<Session>,
        to: &FullJid,
        iq: Element<'_>,
    ) -> Result<Taken, StanzaError> {
        let _ = (context, from, to, iq);
        Ok(Taken::No)
    }

    /// Something has become of a session.
    fn session(&self, context: &Rc<Context>, session: &Rc<Session>, event: SessionEvent<'_>) {
        let _ = (context, session, event);
    }

    /// The accounts for which the service keeps something that only an account can have.
    fn accounts(&self, context: &Context) -> Vec<BareJid> {
        let _ = context;
        Vec::new()
    }

    /// An account is new or has changed.
    fn account_noted(&self, context: &Rc<Context>, account: &Account) {
        let _ = (context, account);
    }

    /// An account is gone: what the service keeps for it goes too.
    fn forget(&self, context: &Rc<Context>, account: &BareJid) {
        let _ = (context, account);
    }

    /// What it does by itself. Asked once, when the door opens.
    fn tasks(&self, context: &Rc<Context>) -> Vec<BackgroundTask> {
        let _ = context;
        Vec::new()
    }
}
