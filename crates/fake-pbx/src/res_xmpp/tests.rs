//! The table of what each odd stanza does to a real Asterisk, as it was seen, and what it says by
//! itself.

use super::*;

const SERVICE: &str = "pubsub.asterisk.example";

fn module() -> ResXmpp {
    let settings = Settings::new("127.0.0.1:5222", "asterisk.example", "server1", "x");
    let mut module = ResXmpp::new(Settings { eid: "02:00:00:00:00:01".to_owned(), ..settings });
    module.logged_in("server1@asterisk.example/astvoip1");
    module.take_words();
    module
}

fn event(from: &str, inside: &str) -> String {
    format!(
        "<message from='{from}' type='headline'>\
         <event xmlns='http://jabber.org/protocol/pubsub#event'>{inside}</event></message>"
    )
}

fn items(inside: &str) -> String {
    event(SERVICE, &format!("<items node='device_state'>{inside}</items>"))
}

fn state(word: &str) -> String {
    format!(
        "<state xmlns='http://asterisk.org' eid='02:00:00:00:00:02' cachable='1'>{word}</state>"
    )
}

fn hear(module: &mut ResXmpp, stanza: &str) {
    module.hear(&Node::parse(stanza).unwrap()).unwrap();
}

fn said(stanza: &str) -> Result<ResXmpp, &'static str> {
    let mut module = module();
    let heard = module.hear(&Node::parse(stanza).unwrap());
    heard.map(|()| module).map_err(|crash| crash.what)
}

#[test]
fn what_crashes_an_asterisk_crashes_this_one() {
    let mailbox = |inside: &str| {
        items(&format!("<item id='m@d'><mailbox eid='02:00:00:00:00:02'>{inside}</mailbox></item>"))
    };
    let pubsub = "<pubsub xmlns='http://jabber.org/protocol/pubsub'>";
    for stanza in [
        items("<item id='Custom:a'/>"),
        items("<item id='Custom:a'>just text</item>"),
        items("<item id='Custom:a'><state cachable='1'>INUSE</state></item>"),
        items(&format!("<item id='Custom:a'>{}</item>", state(""))),
        items(&format!("<item id='Custom:a'>{}</item>", state(" "))),
        items(&format!("<item>{}</item>", state("INUSE"))),
        mailbox("<NEWMSGS>1</NEWMSGS>"),
        mailbox("<OLDMSGS>1</OLDMSGS>"),
        "<presence/>".to_owned(),
        format!("<iq type='error'>{pubsub}<publish node='a'/></pubsub><error type='cancel'/></iq>"),
        format!("<iq type='error'>{pubsub}<publish node='a'/></pubsub></iq>"),
        format!("<iq type='error'>{pubsub}</pubsub><error code='404'/></iq>"),
    ] {
        assert!(said(&stanza).is_err(), "{stanza}");
    }
}

#[test]
fn what_asterisk_ignores_changes_nothing() {
    let item = format!("<item id='Custom:a'>{}</item>", state("INUSE"));
    let inuse = format!("<items node='device_state'>{item}</items>");
    let own = inuse.replace("00:02", "00:01");
    let prefixed = inuse.replace("<state ", "<a:state ").replace("</state", "</a:state");
    for stanza in [
        event(SERVICE, "<items node='device_state'><retract id='Custom:a'/></items>"),
        event(SERVICE, "<purge node='device_state'/>"),
        event(SERVICE, &own),
        event(SERVICE, &prefixed),
        event("pubsub.asterisk.example/x", &inuse),
        event("PubSub.asterisk.example", &inuse),
        event(SERVICE, &inuse).replace("headline", "error"),
        event(SERVICE, &inuse).replace(&format!("from='{SERVICE}'"), ""),
        "<iq type='error'><error type='cancel'/></iq>".to_owned(),
        "<iq type='error'><pubsub><publish node='a'/></pubsub><error code='403'/></iq>".to_owned(),
        "<iq type='set'><query xmlns='jabber:iq:roster'><item jid='a@b'/></query></iq>".to_owned(),
        "<iq type='get' id='x'><ping xmlns='urn:xmpp:ping'/></iq>".to_owned(),
        "<presence from='stranger@asterisk.example/x'/>".to_owned(),
        "<message from='a@b'><body>x</body></message>".to_owned(),
    ] {
        let mut module = said(&stanza).unwrap();
        assert_eq!(module.cache().states().count(), 0, "{stanza}");
        assert_eq!(module.take_words(), "", "{stanza}");
    }
}

#[test]
fn what_it_hears_is_kept_as_asterisk_keeps_it() {
    let item = |id: &str, content: &str| items(&format!("<item id='{id}'>{content}</item>"));
    let module = said(&item("Custom:a&amp;b", &state("  inuse"))).unwrap();
    assert_eq!(module.state("Custom:a&amp;b"), DeviceState::InUse);
    let module = said(&item("Custom:a", &state("INUSE "))).unwrap();
    assert_eq!(module.cache().said("Custom:a").len(), 1);
    assert_eq!(module.state("Custom:a"), DeviceState::Unknown);
    let two = format!("<item id='a'>{}</item><item id='b'>{}</item>", state("BUSY"), state("BUSY"));
    let module = said(&items(&two)).unwrap();
    assert_eq!((module.state("a"), module.state("b")), (DeviceState::Busy, DeviceState::Unknown));
    let passing = state("RINGING").replace("'1'", "'0'");
    let module = said(&item("Local/x", &passing)).unwrap();
    assert_eq!((module.cache().states().count(), module.cache().mark()), (0, 1));
    let counts =
        "<mailbox eid='02:00:00:00:00:02'><NEWMSGS>3</NEWMSGS><OLDMSGS>1</OLDMSGS></mailbox>";
    let module = said(&item("1000@default", counts)).unwrap();
    assert_eq!(module.cache().mailbox("1000@default"), Some(Messages { new: 3, old: 1 }));
}

#[test]
fn its_own_word_counts_where_the_others_know_nothing() {
    let mut module = module();
    module.set_state("Custom:a", DeviceState::Invalid);
    hear(&mut module, &items(&format!("<item id='Custom:a'>{}</item>", state("UNKNOWN"))));
    assert_eq!(module.cache().state("Custom:a"), DeviceState::Unknown);
    assert_eq!(module.state("Custom:a"), DeviceState::Invalid);
}

#[test]
fn a_login_says_everything_in_asterisks_order() {
    let mut module = module();
    module.set_state("Custom:a", DeviceState::InUse);
    module.set_mailbox("1000@default", Messages { new: 1, old: 0 });
    module.take_words();
    module.lost();
    module.set_state("Custom:a", DeviceState::Busy);
    module.set_mailbox("1000@default", Messages { new: 2, old: 0 });
    assert_eq!(module.take_words(), "");
    module.logged_in("server1@asterisk.example/astvoip1");
    let words = module.take_words();
    let order = [
        "<unsubscribe jid='server1@asterisk.example' node='device_state'/>",
        "<unsubscribe jid='server1@asterisk.example' node='message_waiting'/>",
        "<publish node='device_state'><item id='Custom:a'><state xmlns='http://asterisk.org' \
         eid='02:00:00:00:00:01' cachable='1'>BUSY</state></item></publish>",
        "<subscribe jid='server1@asterisk.example' node='device_state'/>",
        "<subscribe jid='server1@asterisk.example' node='message_waiting'/>",
        "<iq type='get' id='roster'>",
        "<presence from='server1@asterisk.example/astvoip1'><status>I am available</status>",
    ];
    let places: Vec<_> = order.iter().map(|part| words.find(part)).collect();
    assert!(places.is_sorted() && places[0].is_some(), "{places:?} {words}");
    // A mailbox is never repeated.
    assert!(!words.contains("NEWMSGS"), "{words}");
}

#[test]
fn a_repeat_is_said_to_nobody() {
    let mut module = module();
    module.set_state("Custom:a", DeviceState::InUse);
    assert!(module.take_words().contains("INUSE"));
    module.set_state("Custom:a", DeviceState::InUse);
    assert_eq!(module.take_words(), "");
}

#[test]
fn a_node_that_is_missing_is_created_and_the_publish_repeated() {
    let mut module = module();
    let publish = format!(
        "<publish node='device_state'><item id='Custom:a'>{}</item></publish>",
        state("INUSE")
    );
    let refused = format!(
        "<iq type='error' id='x' from='{SERVICE}'><pubsub>{publish}</pubsub>\
         <error code='404' type='cancel'><item-not-found/></error></iq>"
    );
    hear(&mut module, &refused);
    let words = module.take_words();
    let parts = ["<create node='device_state'/>", "<affiliations node='device_state'>", &publish];
    let places: Vec<_> = parts.iter().map(|part| words.find(part)).collect();
    assert!(places.is_sorted() && places[0].is_some(), "{places:?} {words}");
    let end = "</pubsub><error code='404' type='cancel'><item-not-found/></error></iq>";
    assert!(words.ends_with(end), "{words}");
    let subscribe = refused.replace(&publish, "<subscribe node='device_state' jid='a@b'/>");
    hear(&mut module, &subscribe);
    let words = module.take_words();
    assert!(words.contains("<create") && !words.contains("<subscribe"), "{words}");
}

#[test]
fn buddies_are_asked_what_they_can_do_and_become_devices() {
    let mut module = module();
    let roster = "<iq type='result' id='roster'><query xmlns='jabber:iq:roster'>\
                  <item jid='server2@asterisk.example' subscription='both'/></query></iq>";
    assert!(!module.is_connected());
    hear(&mut module, roster);
    assert!(module.is_connected());
    let there = "<presence from='server2@asterisk.example/x'/>";
    hear(&mut module, there);
    let words = module.take_words();
    assert!(words.contains("disco#info") && words.contains("XMPP/lampfield/server2@"), "{words}");
    hear(&mut module, there);
    assert_eq!(module.take_words(), "");
    let ns = "http://jabber.org/protocol/disco#info";
    hear(&mut module, &format!("<iq type='get' id='q' from='a@b/c'><query xmlns='{ns}'/></iq>"));
    let words = module.take_words();
    assert!(words.contains(" to='a@b/c'") && words.contains("name='asterisk'"), "{words}");
}

#[test]
fn collections_have_a_node_for_each_device() {
    let settings = Settings::new("127.0.0.1:5222", "a.example", "server1", "x");
    let mut module = ResXmpp::new(Settings { layout: Layout::Collections, ..settings });
    module.logged_in("server1@a.example/x");
    let words = module.take_words();
    assert!(words.contains("<options><x xmlns='jabber:x:data' type='submit'>"), "{words}");
    module.set_state("Custom:o'b", DeviceState::InUse);
    let words = module.take_words();
    let publish = "<publish node='Custom:o&apos;b'><item id='Custom:o&apos;b'>";
    assert!(words.contains(publish), "{words}");
    module.set_passing("Local/x", DeviceState::InUse);
    assert!(module.take_words().contains("</publish><publish-options><x"));
}
