//! The stream of a PBX as far as it has come: what it has said, and what of that the server has still to hear. No I/O.

use std::rc::Rc;

use lampfield_xmpp_stream::writer::stream_close;
use lampfield_xmpp_stream::{
    Frame, Framer, Scope, Stanza, StanzaLimits, StreamCondition, StreamError, StreamHeader, Tag,
    ns, sasl,
};
use zeroize::Zeroizing;

use crate::outgoing::Outgoing;
use crate::own_id::STREAM;
use crate::reading::{Read, Word, read};
use crate::words::{Own, Words};

/// The stream of a PBX, from its side.
#[derive(Debug)]
pub struct PbxStream {
    framer: Framer,
    headers: Vec<StreamHeader>,
    scope: Rc<Scope>,
    line: Line,
    /// The server has taken its login.
    pub is_let_in: bool,
    /// Its login, word for word, with its password.
    pub login: Option<Login>,
    /// Its binding, word for word.
    pub binding: Option<Rc<[u8]>>,
    /// What it said last of everything.
    pub words: Words,
    outgoing: Outgoing,
    /// What it is answered for the server, which will hear its word later.
    pub answers: Vec<u8>,
}

/// A login, of which nothing is left in memory when the PBX has gone.
pub type Login = Rc<Zeroizing<Box<[u8]>>>;

/// The PBX has ended its stream by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Goodbye;

/// How its line to the server is.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Line {
    /// Not there yet: all that the PBX says waits for it.
    #[default]
    New,
    Up,
    /// Lost: only words are kept, all of which are said again.
    Down,
    /// It was there when the PBX closed its stream, and is its last.
    Leaving,
}

// === impl PbxStream ===

impl Default for PbxStream {
    fn default() -> Self {
        Self {
            framer: Framer::new(StanzaLimits::STRANGER),
            headers: Vec::new(),
            scope: Rc::default(),
            line: Line::New,
            is_let_in: false,
            login: None,
            binding: None,
            words: Words::default(),
            outgoing: Outgoing::default(),
            answers: Vec::new(),
        }
    }
}

impl PbxStream {
    /// Hears more of the PBX.
    ///
    /// # Errors
    /// What ends its stream.
    pub fn hear(&mut self, input: &mut &[u8]) -> Result<Option<Goodbye>, StreamError> {
        // Taken out, because what it hands out lies in it.
        let mut framer = std::mem::replace(&mut self.framer, Framer::new(StanzaLimits::STRANGER));
        let outcome = self.hear_with(&mut framer, input);
        self.framer = framer;
        outcome
    }

    fn hear_with(
        &mut self,
        framer: &mut Framer,
        input: &mut &[u8],
    ) -> Result<Option<Goodbye>, StreamError> {
        while let Some(frame) = framer.next(input)? {
            let begins_anew = match frame {
                Frame::Open(header) => self.open(*header).map(|()| false)?,
                Frame::Stanza(bytes) => self.stanza(bytes)?,
                Frame::Close => return Ok(Some(Goodbye)),
            };
            if begins_anew {
                framer.reset(StanzaLimits::AUTHENTICATED);
            }
        }
        Ok(None)
    }

    /// The domain that the stream is for, once that is known.
    pub fn domain(&self) -> Option<&str> {
        self.headers.first()?.to.as_deref()
    }

    /// The account that the login names: its text, and not its password, is for the log.
    pub fn account(&self) -> Option<String> {
        let login = Stanza::parse(self.login.as_ref()?, &self.scope, &StanzaLimits::AUTHENTICATED);
        let message = Zeroizing::new(sasl::decode(&login.ok()?.root().text()).ok()?);
        let name = message.split(|byte| *byte == 0).nth(1)?;
        Some(format!("{}@{}", String::from_utf8_lossy(name), self.domain()?))
    }

    /// How many steps of its login it has taken: a header, the login, a second header, the binding.
    pub fn steps(&self) -> usize {
        let taken = [
            !self.headers.is_empty(),
            self.login.is_some(),
            self.has_begun_anew(),
            self.binding.is_some(),
        ];
        taken.into_iter().take_while(|is_taken| *is_taken).count()
    }

    /// Whether the stream after the login has begun.
    pub fn has_begun_anew(&self) -> bool {
        self.headers.len() > 1
    }

    /// The server is there, for the first time or again.
    pub fn line_is_up(&mut self) {
        if self.line == Line::Down {
            self.outgoing.restart(self.words.repeated());
        }
        self.line = Line::Up;
    }

    /// The server is gone. Says whether it was there.
    pub fn line_is_down(&mut self) -> bool {
        let was_up = self.line == Line::Up;
        if was_up {
            self.line = Line::Down;
            self.words.news.line_is_down();
            self.outgoing.restart(Vec::new());
        }
        was_up
    }

    /// The PBX has closed its stream: when its line to the server is lost it does not get another one,
    /// which would take the place of the PBX's next stream. Says whether it has one.
    pub fn leave(&mut self) -> bool {
        let is_up = self.line == Line::Up;
        if is_up {
            self.line = Line::Leaving;
        }
        is_up
    }

    /// Ends the stream to the server.
    pub fn say_goodbye(&mut self) {
        let mut goodbye = Vec::new();
        stream_close(&mut goodbye);
        // At the limit the server sees a loss.
        let _ = self.outgoing.push(&goodbye);
    }

    /// Whether the PBX has closed its stream.
    pub fn is_leaving(&self) -> bool {
        self.line == Line::Leaving
    }

    /// The server has answered this.
    pub fn answered(&mut self, id: &str) {
        self.words.answered(id);
    }

    /// Takes about so many bytes for the server.
    pub fn take(&mut self, about: usize) -> Vec<u8> {
        self.outgoing.take(&mut self.words, about)
    }

    fn open(&mut self, header: StreamHeader) -> Result<(), StreamError> {
        let domain = header.to.as_deref().unwrap_or_default();
        if domain.is_empty() {
            return Err(StreamCondition::HostUnknown.with("the stream header names no domain"));
        }
        if header.id.as_deref() == Some(STREAM) {
            let text = "another relay connects here: its --to must name the server";
            return Err(StreamCondition::UnsupportedFeature.with(text));
        }
        if self.headers.first().is_some_and(|first| first.to != header.to) {
            return Err(StreamCondition::HostUnknown.with("another domain on the same stream"));
        }
        if !self.headers.is_empty() && !self.is_let_in {
            return Err(StreamCondition::NotAuthorized.with("log in first"));
        }
        self.scope = Rc::new(header.scope.clone());
        self.headers.push(header);
        Ok(())
    }

    /// Takes a stanza. Says whether a new stream begins after it.
    fn stanza(&mut self, bytes: &[u8]) -> Result<bool, StreamError> {
        match read(bytes, &Rc::clone(&self.scope))? {
            Read::Login(mechanism) => return self.login(&mechanism, bytes),
            Read::StartTls => {
                let text = "a relay offers the PBX no TLS: set usetls=no in xmpp.conf, then module reload \
                    res_xmpp.so";
                return Err(StreamCondition::UnsupportedFeature.with(text));
            }
            Read::OldLogin => {
                let text = "a relay cannot repeat this login: set usesasl=yes in xmpp.conf, then module \
                    reload res_xmpp.so";
                return Err(StreamCondition::UnsupportedFeature.with(text));
            }
            _ if !self.has_begun_anew() => {
                return Err(StreamCondition::NotAuthorized.with("log in first"));
            }
            Read::Binding => self.binding = Some(bytes.into()),
            Read::Word(Word { subject, repeated, id }) => {
                self.words.say(subject.clone(), repeated).map_err(too_much)?;
                let goes = self.line != Line::Down && self.outgoing.push_word(&subject, bytes);
                self.words.news.add(subject, id.filter(|_| goes));
                if !goes {
                    taken_over(&mut self.answers, bytes, &self.scope);
                }
            }
            other => {
                self.keep(other, bytes);
                if self.line != Line::Down {
                    self.outgoing.push(bytes).map_err(too_much)?;
                }
            }
        }
        Ok(false)
    }

    fn login(&mut self, mechanism: &str, bytes: &[u8]) -> Result<bool, StreamError> {
        if mechanism != "PLAIN" {
            return Err(StreamCondition::PolicyViolation.with("only PLAIN was offered"));
        }
        if self.login.is_some() {
            return Err(StreamCondition::PolicyViolation.with("a second login"));
        }
        self.login = Some(Rc::new(Zeroizing::new(bytes.into())));
        Ok(true)
    }

    fn keep(&mut self, read: Read, bytes: &[u8]) {
        match read {
            Read::Retraction(subject) => {
                self.words.forget(&subject);
                self.outgoing.forget(|gone| *gone == subject);
            }
            Read::Deletion(node) => {
                self.words.forget_node(&node);
                self.outgoing.forget(|gone| gone.node == node);
            }
            Read::Part(part, name, stanza) => {
                let own = id(bytes).map(|id| Own { id, stanza: bytes.into() });
                self.words.set_part(part, &name, stanza, own);
            }
            _ => {}
        }
    }
}

/// The id of a request, which is answered, as the server reads it.
fn id(bytes: &[u8]) -> Option<Box<str>> {
    let scope = Scope::with_default(ns::CLIENT);
    let stanza = Stanza::parse(bytes, &scope, &StanzaLimits::AUTHENTICATED).ok()?;
    let root = stanza.root();
    root.attr("id").filter(|_| root.name() == "iq").map(Into::into)
}

/// Answers a word that the relay keeps until the server can be told.
fn taken_over(out: &mut Vec<u8>, bytes: &[u8], scope: &Scope) {
    if let Ok(stanza) = Stanza::parse(bytes, scope, &StanzaLimits::AUTHENTICATED) {
        let root = stanza.root();
        Tag::open(out, "iq")
            .attr("type", "result")
            .attr_opt("id", root.attr("id"))
            .attr_opt("from", root.attr("to"))
            .attr_opt("to", root.attr("from"))
            .empty();
    }
}

fn too_much(error: impl ToString) -> StreamError {
    StreamCondition::ResourceConstraint.with(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str = "<?xml version='1.0'?><stream:stream xmlns='jabber:client' \
        xmlns:stream='http://etherx.jabber.org/streams' to='example.org' version='1.0'>";
    const LOGIN: &str =
        "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>AGEAYg==</auth>";
    const BIND: &str =
        "<iq type='set' id='a'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>";

    fn hears(stream: &mut PbxStream, text: &str) -> Result<Option<Goodbye>, StreamError> {
        // In two pieces, as a network may have it.
        let (first, second) = text.split_at(text.len() / 2);
        match stream.hear(&mut first.as_bytes())? {
            None => stream.hear(&mut second.as_bytes()),
            end => Ok(end),
        }
    }

    fn publish(item: &str, state: &str, id: &str) -> String {
        format!(
            "<iq to='pubsub.example.org' type='set' id='{id}'>\
             <pubsub xmlns='http://jabber.org/protocol/pubsub'><publish node='device_state'>\
             <item id='{item}'><state xmlns='http://asterisk.org' eid='e'>{state}</state></item>\
             </publish></pubsub></iq>"
        )
    }

    /// One whose line is up.
    fn logged_in() -> PbxStream {
        let mut stream = PbxStream::default();
        hears(&mut stream, &format!("{HEADER}{LOGIN}")).unwrap();
        stream.is_let_in = true;
        hears(&mut stream, &format!("{HEADER}{BIND}")).unwrap();
        assert!(stream.login.is_some() && stream.binding.is_some());
        stream.line_is_up();
        assert!(stream.take(usize::MAX).is_empty(), "a login is not passed on as it comes");
        stream
    }

    fn taken(stream: &mut PbxStream) -> String {
        String::from_utf8(stream.take(usize::MAX)).unwrap()
    }

    #[test]
    fn the_account_of_a_login_is_known_and_nothing_is_made_of_what_is_none() {
        assert_eq!(logged_in().account().as_deref(), Some("a@example.org"));
        let mut stream = PbxStream::default();
        assert_eq!(stream.account(), None);
        hears(&mut stream, &format!("{HEADER}{}", LOGIN.replace("AGEAYg==", "no base64"))).unwrap();
        assert_eq!(stream.account(), None);
    }

    #[test]
    fn what_is_said_goes_on_as_it_is_and_again_after_a_loss() {
        let mut stream = logged_in();
        let ping = "<iq type='get' id='p'><ping xmlns='urn:xmpp:ping'/></iq>";
        let first = publish("A", "INUSE", "aaaaa");
        hears(&mut stream, &format!("{first}{ping}")).unwrap();
        assert_eq!(taken(&mut stream), format!("{first}{ping}"));
        assert!(stream.line_is_down() && stream.answers.is_empty());
        hears(&mut stream, &format!("{}{ping}", publish("A", "BUSY", "aaaab"))).unwrap();
        assert!(taken(&mut stream).is_empty());
        let answers = String::from_utf8(std::mem::take(&mut stream.answers)).unwrap();
        assert_eq!(answers, "<iq type='result' id='aaaab' from='pubsub.example.org'/>");
        stream.line_is_up();
        let again = taken(&mut stream);
        assert!(again.contains("BUSY") && again.contains("id='lampfield-relay'"), "{again}");
        assert!(!again.contains("INUSE") && !again.contains("ping"), "{again}");
    }

    #[test]
    fn what_the_pbx_still_waits_for_is_asked_again_in_its_own_words() {
        let roster = "<iq type='get' id='roster'><query xmlns='jabber:iq:roster'/></iq>";
        let mut stream = logged_in();
        hears(&mut stream, roster).unwrap();
        assert_eq!(taken(&mut stream), roster);
        stream.line_is_down();
        stream.line_is_up();
        assert_eq!(taken(&mut stream), roster, "no answer has come");
        stream.answered("roster");
        stream.line_is_down();
        stream.line_is_up();
        assert!(taken(&mut stream).contains("id='lampfield-relay'"), "the PBX has had its answer");
    }

    #[test]
    fn a_count_is_news_until_the_server_has_answered_it() {
        let count =
            |id: &str| publish("1@default", "x", id).replace("device_state", "message_waiting");
        let is_news = |stream: &mut PbxStream| taken(stream).contains("id='lampfield-relay-news'");
        let mut stream = logged_in();
        hears(&mut stream, &count("aaaaa")).unwrap();
        assert_eq!(taken(&mut stream), count("aaaaa"));
        for _ in 0..2 {
            stream.line_is_down();
            stream.line_is_up();
            assert!(is_news(&mut stream), "it may have been lost with the line, each time");
        }
        stream.answered("lampfield-relay-news");
        stream.line_is_down();
        stream.line_is_up();
        assert!(!is_news(&mut stream), "the server has had it");
        hears(&mut stream, &(count("aaaab") + &count("aaaac"))).unwrap();
        taken(&mut stream);
        stream.answered("aaaab");
        stream.line_is_down();
        stream.line_is_up();
        assert!(is_news(&mut stream), "it has answered the one before");
    }

    #[test]
    fn a_word_after_a_retraction_goes_after_it_on_a_slow_line_too() {
        let mut stream = logged_in();
        let long = "x".repeat(20_000);
        for item in 0..20 {
            hears(&mut stream, &publish(&item.to_string(), &long, "aaaaa")).unwrap();
        }
        let retract = "<iq type='set' id='r'><pubsub xmlns='http://jabber.org/protocol/pubsub'>\
            <retract node='device_state'><item id='A'/></retract></pubsub></iq>";
        let delete = "<iq type='set' id='d'>\
            <pubsub xmlns='http://jabber.org/protocol/pubsub#owner'>\
            <delete node='device_state'/></pubsub></iq>";
        for end in [retract, delete] {
            hears(&mut stream, &publish("A", "BUSY", "aaaaa")).unwrap();
            hears(&mut stream, end).unwrap();
        }
        hears(&mut stream, &publish("A", "INUSE", "aaaaa")).unwrap();
        let all = taken(&mut stream);
        assert!(all.rfind("INUSE") > all.find(delete));
    }

    #[test]
    fn every_word_is_answered_once_by_the_server_or_the_relay() {
        let mut stream = logged_in();
        let (mut ids, mut by_relay) = (Vec::new(), String::new());
        for round in 0..2_000 {
            let id = format!("id{round}");
            hears(&mut stream, &publish(&format!("D{}", round % 500), "INUSE", &id)).unwrap();
            by_relay += std::str::from_utf8(&stream.answers).unwrap();
            stream.answers.clear();
            ids.push(id);
        }
        let by_server = taken(&mut stream);
        for id in ids {
            let id = format!("id='{id}'");
            let answers = by_relay.matches(&id).count() + by_server.matches(&id).count();
            assert_eq!(answers, 1, "{id}");
        }
    }

    #[test]
    fn a_goodbye_comes_last_and_once() {
        let mut stream = logged_in();
        assert_eq!(hears(&mut stream, "</stream:stream>"), Ok(Some(Goodbye)));
        assert!(stream.leave());
        assert!(!stream.leave());
        stream.say_goodbye();
        assert_eq!(taken(&mut stream), "</stream:stream>");
        assert!(!stream.line_is_down() && stream.is_leaving());
    }

    #[test]
    fn who_leaves_while_the_line_is_lost_has_nobody_to_tell() {
        let mut stream = logged_in();
        assert!(stream.line_is_down());
        assert!(!stream.leave());
    }

    #[test]
    fn who_asks_for_tls_is_told_to_leave_it_out() {
        let ask = "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>";
        let refused = hears(&mut PbxStream::default(), &format!("{HEADER}{ask}")).unwrap_err();
        assert!(refused.text.contains("usetls=no"), "{refused}");
    }

    #[test]
    fn what_a_relay_cannot_repeat_is_refused() {
        let second = format!("{HEADER}{LOGIN}{HEADER}");
        let other = HEADER.replace("example.org", "example.com");
        for (let_in, text) in [
            (false, HEADER.replace(" to='example.org'", "")),
            (false, second.clone()),
            (false, format!("{HEADER}{BIND}")),
            (false, format!("{HEADER}{}", LOGIN.replace("PLAIN", "DIGEST-MD5"))),
            (true, format!("{HEADER}{LOGIN}{other}")),
            (true, format!("{second}{LOGIN}")),
            (false, format!("{HEADER}<iq type='set' id='a'><query xmlns='jabber:iq:auth'/></iq>")),
        ] {
            let mut stream = PbxStream { is_let_in: let_in, ..PbxStream::default() };
            assert!(hears(&mut stream, &text).is_err(), "{text}");
        }
    }
}
