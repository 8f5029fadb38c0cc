use std::sync::Arc;

use lampfield_board::{AccountName, Ending, Kind, Origin, Protocol, Revision, Version, WallTime};
use lampfield_xmpp_stream::{Scope, Stanza, StanzaLimits};

use lampfield_board::FactState;

use super::*;

fn read(item: &str, node: &str) -> Result<FactItem, ItemError> {
    let scope = Scope::with_default("http://jabber.org/protocol/pubsub");
    let stanza = Stanza::parse(item.as_bytes(), &scope, &StanzaLimits::AUTHENTICATED).unwrap();
    parse(stanza.root(), node)
}

const EID: &str = "02:00:00:00:00:01";

#[test]
fn a_state_as_asterisk_writes_it() {
    let item = read(
        "<item id='PJSIP/100'><state xmlns='http://asterisk.org' eid='02:00:00:00:00:01' \
         cachable='1'>INUSE</state></item>",
        "device_state",
    );
    let expected = FactItem {
        subject: Subject::device("PJSIP/100").unwrap(),
        eid: EID.parse().unwrap(),
        value: DeviceState::InUse.into(),
        cachable: Cachable::Yes,
    };
    assert_eq!(item, Ok(expected));
}

#[test]
fn a_mailbox_and_a_leaf_without_an_item_id() {
    let counts = "<mailbox xmlns='http://asterisk.org' eid='02:00:00:00:00:01'>\
                  <NEWMSGS>3</NEWMSGS><OLDMSGS>1</OLDMSGS></mailbox>";
    let item = read(&format!("<item>{counts}</item>"), "1000@default").unwrap();
    assert_eq!(item.subject, Subject::mailbox("1000@default").unwrap());
    assert_eq!(item.value, MessageCount::new(3, 1).into());
}

#[test]
fn words_without_case_and_unknown_words() {
    let state = |word: &str| {
        let text = format!(
            "<item id='x/y'><state xmlns='http://asterisk.org' eid='{EID}'>{word}</state></item>"
        );
        read(&text, "").unwrap().value
    };
    assert_eq!(state("ringinuse"), DeviceState::RingInUse.into());
    assert_eq!(state("what"), DeviceState::Unknown.into());
    assert_eq!(state(" BUSY "), DeviceState::Busy.into());
}

#[test]
fn what_would_crash_a_peer_is_refused() {
    let cases = [
        ("<item id='x/y'/>", ItemError::NoPayload),
        ("<item id='x/y'><state xmlns='http://asterisk.org'>BUSY</state></item>", ItemError::NoEid),
        (
            "<item id='x/y'><state xmlns='http://asterisk.org' eid='02:00:00:00:00:01'/></item>",
            ItemError::NoState,
        ),
        (
            "<item id='1@d'><mailbox xmlns='http://asterisk.org' eid='02:00:00:00:00:01'>\
             <NEWMSGS>1</NEWMSGS></mailbox></item>",
            ItemError::NoCount("OLDMSGS"),
        ),
        (
            "<item><state xmlns='http://asterisk.org' eid='02:00:00:00:00:01'>BUSY</state></item>",
            ItemError::NoId,
        ),
        ("<item id='x/y'><other xmlns='http://asterisk.org'/></item>", ItemError::NoPayload),
    ];
    for (text, expected) in cases {
        assert_eq!(read(text, ""), Err(expected), "{text}");
    }
    let bad_eid = "<item id='x/y'><state xmlns='http://asterisk.org' eid='zz'>BUSY</state></item>";
    assert!(matches!(read(bad_eid, ""), Err(ItemError::Eid(_))));
}

fn change(subject: Subject, state: FactState, cachable: Cachable) -> Change {
    Change {
        revision: Revision::new(1),
        subject_id: None,
        subject,
        origin: Arc::new(Origin::new(
            AccountName::parse("a@d").unwrap(),
            EID.parse::<Eid>().unwrap(),
        )),
        state,
        was: None,
        lamp: None,
        lamp_was: None,
        version: Version::new(1, 1),
        said_at: WallTime::from_millis(0),
        protocol: Protocol::Xmpp,
        cachable,
    }
}

fn written(change: &Change) -> String {
    let mut out = Vec::new();
    write_event(&mut out, change);
    String::from_utf8(out).unwrap()
}

#[test]
fn notifications_are_what_asterisk_reads() {
    let ringing = FactState::Live(DeviceState::Ringing.into());
    let text = written(&change(Subject::device("PJSIP/1").unwrap(), ringing, Cachable::No));
    assert_eq!(
        text,
        "><event xmlns='http://jabber.org/protocol/pubsub#event'><items node='device_state'>\
         <item id='PJSIP/1'><state xmlns='http://asterisk.org' eid='02:00:00:00:00:01' \
         cachable='0'>RINGING</state></item></items></event></message>"
    );
    let count = FactState::Live(MessageCount::new(3, 1).into());
    let text = written(&change(Subject::mailbox("1@d").unwrap(), count, Cachable::Yes));
    assert!(text.contains("<item id='1@d'><mailbox xmlns='http://asterisk.org'"), "{text}");
    assert!(text.contains("<NEWMSGS>3</NEWMSGS><OLDMSGS>1</OLDMSGS>"), "{text}");
}

#[test]
fn a_withdrawal_reads_unknown_and_may_be_kept() {
    let device = Subject::device("PJSIP/1").unwrap();
    let text = written(&change(device, FactState::Withdrawn(Ending::Lost), Cachable::Yes));
    assert!(text.contains("cachable='1'>UNKNOWN</state>"), "{text}");
    let mailbox = Subject::mailbox("1@d").unwrap();
    assert_eq!(mailbox.kind(), Kind::Mailbox);
    let text = written(&change(mailbox, FactState::Withdrawn(Ending::Lost), Cachable::Yes));
    assert!(text.contains("<NEWMSGS>0</NEWMSGS><OLDMSGS>0</OLDMSGS>"), "{text}");
}

#[test]
fn quotes_in_a_name_stay_raw_wherever_xml_allows() {
    // COMPAT(asterisk<=22): it does not decode entities in attributes.
    let name = Subject::device("Custom:it's here").unwrap();
    let text = written(&change(name, FactState::Withdrawn(Ending::Lost), Cachable::Yes));
    assert!(text.contains("<item id=\"Custom:it's here\">"), "{text}");
}
