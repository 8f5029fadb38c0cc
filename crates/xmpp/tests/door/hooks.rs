//! Services and resolvers of somebody else's: what they are shown, and what they can do.

use std::cell::RefCell;
use std::rc::Rc;

use lampfield_xmpp::context::{Context, Resolver, StanzaKind, Taken, Undelivered};
use lampfield_xmpp::services::{Service, SessionEvent};
use lampfield_xmpp::session::Session;
use lampfield_xmpp_stream::{Element, FullJid, StanzaCondition, StanzaError};

use super::client::Client;
use super::house::{house, house_with};

/// Writes down what it is shown, takes what is for `secret`, and refuses what is for `enemy`.
#[derive(Default)]
struct Witness {
    seen: RefCell<Vec<String>>,
}

// === impl Witness ===

impl Witness {
    fn note(&self, line: String) {
        self.seen.borrow_mut().push(line);
    }

    fn judge(&self, what: &str, from: &Session, stanza: Element<'_>) -> Result<Taken, StanzaError> {
        let (to, kind) = (stanza.attr("to").unwrap_or("-"), stanza.attr("type").unwrap_or("-"));
        self.note(format!("{} {what} {to} {kind}", name(from)));
        match to {
            "secret@example.org" => Ok(Taken::Yes),
            "enemy@example.org" => Err(StanzaCondition::NotAllowed.with("no")),
            _ => Ok(Taken::No),
        }
    }

    /// Everything since the last time.
    fn takes(&self) -> Vec<String> {
        self.seen.take()
    }
}

impl Service for Witness {
    fn message(
        &self,
        _: &Rc<Context>,
        from: &Rc<Session>,
        message: Element<'_>,
    ) -> Result<Taken, StanzaError> {
        self.judge("message", from, message)
    }

    fn presence(
        &self,
        _: &Rc<Context>,
        from: &Rc<Session>,
        presence: Element<'_>,
    ) -> Result<Taken, StanzaError> {
        self.judge("presence", from, presence)
    }

    fn client_iq(
        &self,
        _: &Rc<Context>,
        from: &Rc<Session>,
        to: &FullJid,
        iq: Element<'_>,
    ) -> Result<Taken, StanzaError> {
        assert_eq!(iq.attr("to"), Some(to.as_str()));
        self.judge("iq", from, iq)
    }

    fn session(&self, context: &Rc<Context>, session: &Rc<Session>, event: SessionEvent<'_>) {
        let is_found = context.router.session(&session.jid).is_some();
        let event = match event {
            SessionEvent::Bound { replaced } => format!("bound {}", replaced.is_some()),
            SessionEvent::Available { first } => format!("available {first}"),
            SessionEvent::Unavailable => "unavailable".to_owned(),
            SessionEvent::Ended(why) => format!("ended {why:?}"),
        };
        self.note(format!("{} {event}, found {is_found}", name(session)));
    }
}

fn name(session: &Session) -> &str {
    session.jid.local().unwrap_or_default()
}

/// Keeps messages for those who are away, and everything for a domain that is not served here.
#[derive(Default)]
struct Keeper {
    kept: RefCell<Vec<(StanzaKind, String, Vec<u8>)>>,
}

/// The domain that the keeper speaks for.
const ELSEWHERE: &str = "elsewhere.example";

// === impl Keeper ===

impl Keeper {
    fn kept_for(&self, to: &str) -> Vec<String> {
        let kept = self.kept.borrow();
        let stanzas = kept.iter().filter(|(_, of, _)| of == to);
        stanzas.map(|(_, _, stanza)| String::from_utf8(stanza.clone()).unwrap()).collect()
    }
}

impl Resolver for Keeper {
    fn deliver(&self, context: &Context, found: &Undelivered<'_>) -> Result<Taken, StanzaError> {
        let account = context.accounts.get(&found.to.to_bare());
        let is_ours = found.to.domain() == ELSEWHERE
            || found.kind == StanzaKind::Message && account.is_some();
        if !is_ours {
            return Ok(Taken::No);
        }
        let kept = (found.kind, found.to.to_string(), found.stanza.to_vec());
        self.kept.borrow_mut().push(kept);
        Ok(Taken::Yes)
    }
}

impl Service for Keeper {
    fn session(&self, _: &Rc<Context>, session: &Rc<Session>, event: SessionEvent<'_>) {
        if let SessionEvent::Available { first: true } = event {
            let own = |to: &str| to == session.bare.as_str();
            let due =
                self.kept.borrow_mut().extract_if(.., |(_, to, _)| own(to)).collect::<Vec<_>>();
            due.iter().for_each(|(_, _, stanza)| session.send(stanza));
        }
    }
}

/// Refuses what is for one name at the keeper's domain.
struct Censor;

impl Resolver for Censor {
    fn deliver(&self, _: &Context, found: &Undelivered<'_>) -> Result<Taken, StanzaError> {
        match found.to.local() {
            Some("closed") => Err(StanzaCondition::Gone.with("closed")),
            _ => Ok(Taken::No),
        }
    }
}

#[test]
fn a_service_sees_how_sessions_come_and_go() {
    let witness = Rc::new(Witness::default());
    let service = Rc::clone(&witness);
    house_with(vec![service], async move |door| {
        let mut user = Client::login(&door, "user").await;
        assert_eq!(witness.takes(), ["user bound false, found true"]);
        user.send("<presence/>").await;
        user.expect("<presence").await;
        user.send("<presence to='a@example.org'/><presence><show>away</show></presence>").await;
        user.expect("<show>away</show>").await;
        user.send("<presence type='unavailable'/>").await;
        user.expect("type='unavailable'").await;
        let seen = [
            "user presence - -",
            "user available true, found true",
            "user presence a@example.org -",
            "user presence - -",
            "user available false, found true",
            "user presence - unavailable",
            "user unavailable, found true",
        ];
        assert_eq!(witness.takes(), seen);

        let mut newer = Client::login(&door, "user").await;
        user.expect("<conflict").await;
        user.expect("</stream:stream>").await;
        assert_eq!(witness.takes()[0], "user bound true, found true");
        newer.send("</stream:stream>").await;
        newer.expect("</stream:stream>").await;
        assert!(witness.takes().contains(&"user ended Goodbye, found false".to_owned()));

        drop(Client::login(&door, "a").await);
        let mut b = Client::login(&door, "b").await;
        b.send("<message from='c@example.org' to='c@example.org'/>").await;
        b.expect("</stream:stream>").await;
        let seen = witness.takes();
        let ended = |name: &str, why: &str| {
            let begin = format!("{name} ended {why}");
            seen.iter().any(|line| line.starts_with(&begin))
        };
        assert!(ended("a", "Lost") && ended("b", "Refused(StreamError"), "{seen:?}");
    });
}

#[test]
fn a_service_takes_refuses_or_passes_what_clients_say() {
    let witness = Rc::new(Witness::default());
    let service = Rc::clone(&witness);
    house_with(vec![service], async move |door| {
        let mut user = Client::login(&door, "user").await;
        let mut other = Client::login_as(&door, "user", "other").await;
        witness.takes();
        for to in ["secret", "enemy"] {
            user.send(&format!("<message id='m' to='{to}@example.org'/>")).await;
            user.send(&format!("<presence id='p' to='{to}@example.org'/>")).await;
            user.send(&format!("<message type='error' to='{to}@example.org'/>")).await;
        }
        let refusal = |name: &str, id: &str| {
            format!(
                "<{name} from='enemy@example.org' to='user@example.org/desk' type='error' \
                 id='{id}'><error type='cancel'"
            )
        };
        let heard = user.expect(&refusal("message", "m")).await;
        assert!(!heard.contains("secret"), "{heard}");
        let heard = user.expect(&refusal("presence", "p")).await;
        user.send(
            "<iq type='get' id='i' to='user@example.org/other'><ping xmlns='urn:xmpp:ping'/></iq>",
        )
        .await;
        other.expect("<ping").await;
        assert!(!heard.contains("secret"), "{heard}");
        let seen = witness.takes();
        assert_eq!(seen.len(), 7, "{seen:?}");
        assert_eq!(seen[6], "user iq user@example.org/other get");
    });
}

#[test]
fn a_resolver_keeps_what_the_router_would_give_up() {
    let keeper = Rc::new(Keeper::default());
    let service = Rc::clone(&keeper);
    house_with(vec![service], async move |door| {
        door.door.context.add_resolver(keeper.clone());
        let mut a = Client::login(&door, "a").await;
        for body in ["one", "two"] {
            let message = format!("<message to='user@example.org'><body>{body}</body></message>");
            a.send(&message).await;
        }
        a.send("<message id='m' to='nobody@example.org'/>").await;
        let heard = a.expect("<service-unavailable").await;
        assert!(heard.contains("<message from='nobody@example.org'"), "{heard}");
        assert_eq!(keeper.kept_for("user@example.org").len(), 2);

        let mut user = Client::login(&door, "user").await;
        user.send("<presence/>").await;
        let heard = user.expect("<body>two</body>").await;
        let place = |what: &str| heard.find(what).unwrap_or_else(|| panic!("{what}: {heard}"));
        assert!(place("<presence") < place("<body>one</body>"), "{heard}");
        assert!(heard.contains("from='a@example.org/desk' to='user@example.org'"), "{heard}");
        assert!(keeper.kept_for("user@example.org").is_empty());
    });
}

#[test]
fn resolvers_are_asked_in_order_for_domains_that_are_not_served_too() {
    let ping =
        |to: &str| format!("<iq type='get' id='i' to='{to}'><ping xmlns='urn:xmpp:ping'/></iq>");
    house(async move |door| {
        let keeper = Rc::new(Keeper::default());
        door.door.context.add_resolver(Rc::new(Censor));
        door.door.context.add_resolver(keeper.clone());
        let mut user = Client::login(&door, "user").await;
        let bot = format!("bot@{ELSEWHERE}/x");
        user.send(&format!("<presence to='{bot}'/><message to='{bot}'/>")).await;
        user.send(&(ping(&bot) + &ping(ELSEWHERE) + &ping("third.example"))).await;
        let heard = user.expect("<remote-server-not-found").await;
        assert!(heard.contains("<iq type='error' id='i' from='third.example'"), "{heard}");
        assert_eq!(keeper.kept_for(ELSEWHERE).len(), 1);
        assert_eq!(keeper.kept_for(&bot).len(), 3);

        user.send(&format!("<message id='m' to='closed@{ELSEWHERE}'/>")).await;
        user.expect("<gone").await;
        user.send("</stream:stream>").await;
        user.expect("</stream:stream>").await;
        let end = keeper.kept_for(&bot).pop().unwrap();
        let begin = "<presence from='user@example.org/desk' to='bot@elsewhere.example/x' \
             type='unavailable'";
        assert!(end.starts_with(begin), "who has seen it come hears that it goes: {end}");
    });
}

#[test]
fn resolvers_are_asked_for_probes_and_subscriptions_to_domains_that_are_not_served() {
    house(async move |door| {
        let keeper = Rc::new(Keeper::default());
        door.door.context.add_resolver(Rc::new(Censor));
        door.door.context.add_resolver(keeper.clone());
        let mut user = Client::login(&door, "user").await;
        let bot = format!("bot@{ELSEWHERE}");
        let kinds = ["probe", "subscribe", "subscribed", "unsubscribe", "unsubscribed"];
        for kind in kinds {
            user.send(&format!("<presence type='{kind}' id='1' to='{bot}'/>")).await;
            user.send(&format!("<presence type='{kind}' id='2' to='closed@{ELSEWHERE}'/>")).await;
            let heard = user.expect("<gone").await;
            assert!(!heard.contains("id='1'") && !heard.contains(&bot), "{kind}: {heard}");
            user.send(&format!("<presence type='{kind}' id='3' to='bot@third.example'/>")).await;
            let heard = user.expect("<remote-server-not-found").await;
            assert!(heard.contains("to='user@example.org/desk' type='error' id='3'"), "{heard}");
        }
        let kept = keeper.kept_for(&bot);
        assert_eq!(kept.len(), kinds.len(), "{kept:?}");
        for (kind, stanza) in kinds.iter().zip(&kept) {
            // A step is a matter between accounts (RFC 6121 section 3.1.2).
            let from = if *kind == "probe" { "user@example.org/desk" } else { "user@example.org" };
            let begin = format!("<presence from='{from}' to='{bot}' type='{kind}' id='1'");
            assert!(stanza.starts_with(&begin), "{stanza}");
        }
    });
}
