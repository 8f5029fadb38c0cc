//! Asterisk's module `res_xmpp` without its socket: what it says at its login and later, and what it
//! makes of each thing that it hears. What kills the module kills this one too.

use std::collections::BTreeMap;

use crate::cache::{Cache, Messages};
use crate::device::DeviceState;
use crate::ids::Ids;
use crate::settings::{Layout, Settings};
use crate::stanza::{self, DEVICES, Envelope, MAILBOXES};
use crate::xml::Node;

/// The section of `xmpp.conf`, which is part of the names of buddies' devices.
const CONNECTION: &str = "lampfield";

/// Addresses that it remembers as buddies; further ones stay strangers. Asterisk has no limit.
const MOST_BUDDIES: usize = 20_000;

/// What a server said that makes Asterisk 16 to 22 end with a segmentation fault.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this would have crashed a real Asterisk: {what}: {stanza}")]
pub struct Crash {
    /// What is wrong with it.
    pub what: &'static str,
    /// The whole stanza as it came, to be reported.
    pub stanza: String,
}

/// The module of one process, with the cache of its Asterisk.
#[derive(Debug)]
pub struct ResXmpp {
    settings: Settings,
    /// The address that the server gave, while it is logged in.
    jid: Option<String>,
    is_connected: bool,
    ids: Ids,
    /// By bare address; whether each is there.
    buddies: BTreeMap<String, bool>,
    cache: Cache,
    out: String,
    unanswered: usize,
}

// === impl ResXmpp ===

impl ResXmpp {
    /// The module as it is loaded.
    pub fn new(settings: Settings) -> Self {
        let buddies = settings.buddies.iter().map(|buddy| (bare(buddy).to_owned(), false));
        Self {
            jid: None,
            is_connected: false,
            ids: Ids::default(),
            buddies: buddies.collect(),
            cache: Cache::default(),
            out: String::new(),
            unanswered: 0,
            settings,
        }
    }

    /// Who it is and where it logs in.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// What it has heard and said.
    pub fn cache(&self) -> &Cache {
        &self.cache
    }

    /// `xmpp show connections`: it is logged in and was given its roster.
    pub fn is_connected(&self) -> bool {
        self.is_connected
    }

    /// Its full address, while it is logged in.
    pub fn jid(&self) -> Option<&str> {
        self.jid.as_deref()
    }

    /// How much of what it said to the PubSub service has no answer yet.
    pub fn unanswered(&self) -> usize {
        self.unanswered
    }

    /// What `DEVICE_STATE()` reads: the aggregate, or its own driver's word where that is unknown.
    pub fn state(&self, device: &str) -> DeviceState {
        match self.cache.state(device) {
            DeviceState::Unknown => self.own_state(device).unwrap_or_default(),
            state => state,
        }
    }

    /// How many bytes wait to be written.
    pub fn waiting(&self) -> usize {
        self.out.len()
    }

    /// A device of its own changes; a repeat is no event.
    pub fn set_state(&mut self, device: &str, state: DeviceState) {
        let eid = self.settings.eid.clone();
        if self.cache.hear_state(device, &eid, state) {
            self.publish_state(device, state, true);
        }
    }

    /// A channel passes that nobody keeps a state of, as each `Local/` channel.
    pub fn set_passing(&mut self, device: &str, state: DeviceState) {
        self.cache.hear_passing(device, state);
        self.publish_state(device, state, false);
    }

    /// The counts of a mailbox change. What is said while there is no stream is never said again.
    pub fn set_mailbox(&mut self, mailbox: &str, messages: Messages) {
        self.cache.hear_mailbox(mailbox, messages);
        self.ask(|envelope, settings| {
            let Settings { layout, eid, .. } = settings;
            stanza::publish_mailbox(envelope, *layout, eid, mailbox, messages)
        });
    }

    /// What is to be written now.
    pub(crate) fn take_words(&mut self) -> String {
        std::mem::take(&mut self.out)
    }

    /// The id for its bind.
    pub(crate) fn id_of_bind(&mut self) -> String {
        self.ids.for_others()
    }

    /// It is logged in: says everything at once, as Asterisk does.
    pub(crate) fn logged_in(&mut self, jid: &str) {
        self.enter(jid);
        self.announce();
        self.out += stanza::ROSTER;
        self.out += &stanza::presence(jid);
    }

    /// It has this address.
    pub(crate) fn enter(&mut self, jid: &str) {
        self.jid = Some(jid.to_owned());
    }

    /// What it says to the PubSub service when it is logged in.
    pub(crate) fn announce(&mut self) {
        let (account, layout) = (self.settings.account(), self.settings.layout);
        for node in [DEVICES, MAILBOXES] {
            self.ask(|envelope, _| stanza::unsubscribe(envelope, &account, node));
        }
        for (device, state) in self.cache.said_by(&self.settings.eid) {
            self.publish_state(&device, state, true);
        }
        for node in [DEVICES, MAILBOXES] {
            self.ask(|envelope, _| stanza::subscribe(envelope, &account, node, layout));
        }
    }

    /// The stream has ended.
    pub(crate) fn lost(&mut self) {
        self.jid = None;
        self.is_connected = false;
        self.unanswered = 0;
        self.out.clear();
        self.buddies.values_mut().for_each(|is_there| *is_there = false);
    }

    /// A read that begins with a blank makes it ping its server, and so do 50 idle seconds.
    pub(crate) fn ping(&mut self) {
        if let Some(jid) = &self.jid {
            self.out += &stanza::ping(&self.ids.for_others(), jid, &self.settings.domain);
        }
    }

    /// Hears one stanza.
    ///
    /// # Errors
    /// It kills an Asterisk.
    pub fn hear(&mut self, stanza: &Node) -> Result<(), Crash> {
        let heard = match stanza.name.as_str() {
            "iq" => self.hear_iq(stanza),
            "message" => self.hear_message(stanza),
            "presence" => self.hear_presence(stanza),
            _ => Ok(()),
        };
        heard.map_err(|what| Crash { what, stanza: stanza.to_string() })
    }

    fn own_state(&self, device: &str) -> Option<DeviceState> {
        let mut said = self.cache.said(device).iter();
        said.find(|(eid, _)| *eid == self.settings.eid).map(|(_, state)| *state)
    }

    fn publish_state(&mut self, device: &str, state: DeviceState, is_kept: bool) {
        if self.settings.layout == Layout::Autocreate {
            self.create(device, None);
        }
        self.ask(|envelope, settings| {
            let Settings { layout, eid, .. } = settings;
            stanza::publish_state(envelope, *layout, eid, device, state, is_kept)
        });
    }

    fn create(&mut self, node: &str, collection: Option<&str>) {
        self.ask(|envelope, _| stanza::create(envelope, node, collection));
        self.ask(|envelope, settings| stanza::affiliations(envelope, node, &settings.buddies));
    }

    /// Says something to the PubSub service, if there is a stream.
    fn ask(&mut self, write: impl FnOnce(Envelope<'_>, &Settings) -> String) {
        let Some(from) = &self.jid else { return };
        let (id, service) = (self.ids.for_pubsub(), &self.settings.service);
        self.out += &write(Envelope { from, service, id: &id }, &self.settings);
        self.unanswered += 1;
    }

    fn hear_iq(&mut self, iq: &Node) -> Result<(), &'static str> {
        let kind = iq.attr("type").unwrap_or_default();
        if matches!(kind, "result" | "error") && iq.attr("from") == Some(&self.settings.service) {
            self.unanswered = self.unanswered.saturating_sub(1);
        }
        match (kind, iq.attr("id")) {
            ("error", _) => return self.hear_error(iq),
            ("result", Some("roster")) => self.hear_roster(iq),
            ("get", id) => self.answer(iq, id.unwrap_or_default()),
            // A roster push is not even answered.
            _ => {}
        }
        Ok(())
    }

    /// An error that repeats the request is looked into, from whomever it comes.
    fn hear_error(&mut self, iq: &Node) -> Result<(), &'static str> {
        let Some(request) = iq.child("pubsub") else { return Ok(()) };
        let code = iq.child("error").and_then(|error| error.attr("code"));
        let code = code.ok_or("an error that repeats <pubsub> and has no code")?;
        if code != "404" {
            return Ok(());
        }
        let refused = request.children().next().ok_or("a 404 that repeats an empty <pubsub>")?;
        let Some(node) = refused.attr("node").map(str::to_owned) else { return Ok(()) };
        self.create(&node, self.collection_of(refused));
        // What it could not subscribe to it creates, and never subscribes to again.
        if refused.name == "publish" {
            let error = iq.child("error").map(Node::to_string).unwrap_or_default();
            let refused = refused.to_string();
            self.ask(|envelope, _| stanza::again(envelope, &refused, &error));
        }
        Ok(())
    }

    /// Below which collection a node belongs that is found missing.
    fn collection_of(&self, refused: &Node) -> Option<&'static str> {
        let content = refused.child("item")?.children().next()?;
        match (self.settings.layout, content.name.as_str()) {
            (Layout::Collections, "state") => Some(DEVICES),
            (Layout::Collections, "mailbox") => Some(MAILBOXES),
            _ => None,
        }
    }

    /// Of all questions it answers one: what it can do.
    fn answer(&mut self, iq: &Node, id: &str) {
        let asked = iq.child("query").and_then(|query| query.attr("xmlns"));
        let is_disco = asked == Some("http://jabber.org/protocol/disco#info");
        if let (true, Some(jid)) = (is_disco, &self.jid) {
            self.out += &stanza::answer_disco(id, jid, iq.attr("from"));
        }
    }

    /// Taken at any time, also unasked. Whose presence it has not is asked for it (autoregister).
    fn hear_roster(&mut self, iq: &Node) {
        self.is_connected = true;
        let items = iq.child("query").into_iter().flat_map(Node::children);
        for item in items.filter(|item| item.name == "item") {
            let Some(jid) = item.attr("jid") else { continue };
            self.befriend(jid);
            if matches!(item.attr("subscription"), Some("none" | "from")) {
                self.out += &stanza::subscription(jid);
            }
        }
    }

    fn befriend(&mut self, jid: &str) {
        let buddy = bare(jid);
        if self.buddies.len() < MOST_BUDDIES && buddy != self.settings.account() {
            self.buddies.entry(buddy.to_owned()).or_insert(false);
        }
    }

    fn hear_presence(&mut self, presence: &Node) -> Result<(), &'static str> {
        let from = presence.attr("from").ok_or("a presence from nobody")?;
        match presence.attr("type") {
            Some("subscribe") => {
                self.befriend(from);
                self.out += &stanza::approval(from);
            }
            Some("subscribed") => self.befriend(from),
            None => self.buddy_is(from, true),
            Some("unavailable") => self.buddy_is(from, false),
            Some(_) => {}
        }
        Ok(())
    }

    /// A buddy is a device: the others hear whether it is there.
    fn buddy_is(&mut self, from: &str, is_there: bool) {
        let Some(known) = self.buddies.get_mut(bare(from)) else { return };
        let was_there = std::mem::replace(known, is_there);
        if let (true, false, Some(jid)) = (is_there, was_there, &self.jid) {
            self.out += &stanza::ask_disco(&self.ids.for_others(), jid, from);
        }
        let state = if is_there { DeviceState::NotInUse } else { DeviceState::Unavailable };
        self.set_state(&format!("XMPP/{CONNECTION}/{}", bare(from)), state);
    }

    /// A notification. Only the first item is looked at, and only from its own service.
    fn hear_message(&mut self, message: &Node) -> Result<(), &'static str> {
        let is_event = message.attr("type") != Some("error")
            && message.attr("from") == Some(&self.settings.service);
        let items = message.child("event").and_then(|event| event.child("items"));
        let Some(item) = items.and_then(|items| items.child("item")).filter(|_| is_event) else {
            return Ok(());
        };
        let name = item.attr("id").ok_or("an item without an id")?;
        let content = item.children().next().ok_or("an item without a payload")?;
        match content.name.as_str() {
            "state" => self.hear_state(name, content),
            "mailbox" => self.hear_mailbox(name, content),
            _ => Ok(()),
        }
    }

    fn hear_state(&mut self, device: &str, content: &Node) -> Result<(), &'static str> {
        let eid = content.attr("eid").ok_or("a state without an EID")?;
        let word = content.text();
        if word.is_empty() {
            return Err("a state without a word");
        }
        let state = DeviceState::read(&word);
        if eid.eq_ignore_ascii_case(&self.settings.eid) {
            return Ok(());
        }
        match content.attr("cachable") {
            Some("0") => self.cache.hear_passing(device, state),
            _ => drop(self.cache.hear_state(device, &eid.to_ascii_lowercase(), state)),
        }
        Ok(())
    }

    fn hear_mailbox(&mut self, mailbox: &str, content: &Node) -> Result<(), &'static str> {
        let eid = content.attr("eid").ok_or("a mailbox without an EID")?;
        let count = |name| content.child(name).map(|count| count.text().parse().unwrap_or(0));
        let new = count("NEWMSGS").ok_or("a mailbox without NEWMSGS")?;
        let old = count("OLDMSGS").ok_or("a mailbox without OLDMSGS")?;
        if !eid.eq_ignore_ascii_case(&self.settings.eid) {
            self.cache.hear_mailbox(mailbox, Messages { new, old });
        }
        Ok(())
    }
}

/// An address without its resource.
fn bare(jid: &str) -> &str {
    jid.split('/').next().unwrap_or_default()
}

#[cfg(test)]
mod tests;
