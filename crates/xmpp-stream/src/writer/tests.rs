use super::*;
use crate::element::{Element, Scope, Stanza};
use crate::limits::StanzaLimits;
use crate::ns;
use crate::stream_error::StreamCondition;

fn written(write: impl FnOnce(&mut Vec<u8>)) -> String {
    let mut out = Vec::new();
    write(&mut out);
    String::from_utf8(out).expect("UTF-8")
}

#[test]
fn writes_elements_without_white_space() {
    let text = written(|out| {
        Tag::open(out, "iq").attr("type", "result").attr_opt("to", None).children(|out| {
            Tag::open(out, "query").xmlns("jabber:iq:roster").children(|out| {
                Tag::open(out, "item").attr("jid", "a@b").empty();
                Tag::open(out, "name").text("x");
                Tag::open(out, "raw").raw(b"<y/>");
                Tag::open(out, "n").attr_number("v", 7).children(|_| ());
            });
        });
    });
    assert_eq!(
        text,
        "<iq type='result'><query xmlns='jabber:iq:roster'><item jid='a@b'/><name>x</name>\
         <raw><y/></raw><n v='7'/></query></iq>"
    );
}

#[test]
fn escapes_attributes_as_little_as_xml_allows() {
    for (value, expected) in [
        ("a>b:c@d e", "'a>b:c@d e'"),
        ("it's", "\"it's\""),
        ("\"quoted\"", "'\"quoted\"'"),
        ("'\"", "'&apos;\"'"),
        ("a&b<c", "'a&amp;b&lt;c'"),
        ("a\nb\tc", "'a&#10;b&#9;c'"),
        ("a\u{1}b\u{ffff}c\u{fffd}ï", "'a\u{fffd}b\u{fffd}c\u{fffd}ï'"),
    ] {
        assert_eq!(written(|out| push_attr_value(out, value)), expected);
    }
}

#[test]
fn escapes_text_as_little_as_xml_allows() {
    for (text, expected) in [
        ("it's \"so\" > that", "it's \"so\" > that"),
        ("a&b<c", "a&amp;b&lt;c"),
        ("x]]>y", "x]]&gt;y"),
        ("a\r\nb", "a&#13;\nb"),
        ("nul\0", "nul\u{fffd}"),
    ] {
        assert_eq!(written(|out| escape_text(out, text)), expected);
    }
}

#[test]
fn writes_the_stream_with_literal_names() {
    let header = written(|out| {
        StreamOpen {
            content: ns::CLIENT,
            from: Some("a.example"),
            to: None,
            id: Some("7"),
            lang: Some("en"),
            version: Some("1.0"),
        }
        .write(out);
    });
    assert_eq!(
        header,
        "<?xml version='1.0'?><stream:stream xmlns:stream='http://etherx.jabber.org/streams' \
         xmlns='jabber:client' from='a.example' id='7' xml:lang='en' version='1.0'>"
    );
    assert_eq!(written(|out| stream_features(out, |_| ())), "<stream:features/>");
    assert_eq!(
        written(|out| stream_error(out, &StreamCondition::Conflict.with("replaced"))),
        "<stream:error><conflict xmlns='urn:ietf:params:xml:ns:xmpp-streams'/>\
         <text xmlns='urn:ietf:params:xml:ns:xmpp-streams'>replaced</text></stream:error>"
    );
}

fn rewritten(text: &str, write: impl FnOnce(&mut Vec<u8>, Element<'_>)) -> String {
    let scope = Scope::with_default(ns::CLIENT);
    let stanza = Stanza::parse(text.as_bytes(), &scope, &StanzaLimits::AUTHENTICATED).expect("XML");
    written(|out| write(out, stanza.root()))
}

#[test]
fn copies_without_the_prefixes_it_came_with() {
    let text = "<x:a xmlns:x='urn:1' k='v' x:k='w' xml:lang='en'>t<x:b/><c/></x:a>";
    assert_eq!(
        rewritten(text, |out, element| copy(out, element, ns::CLIENT)),
        "<a xmlns='urn:1' k='v' xmlns:a1='urn:1' a1:k='w' xml:lang='en'>t<b/>\
         <c xmlns='jabber:client'/></a>"
    );
}

#[test]
fn forwards_with_our_addresses_and_in_the_senders_language() {
    let forwarded = |text: &str, lang| {
        let (from, to) = (Some("a@a/r"), Some("b@a/s"));
        rewritten(text, |out, stanza| forward(out, stanza, ns::CLIENT, (from, to), lang, |_| true))
    };
    let text = "<message from='liar@a' id='1' to='b@a'><body>x</body></message>";
    assert_eq!(
        forwarded(text, None),
        "<message from='a@a/r' to='b@a/s' id='1'><body>x</body></message>"
    );
    assert_eq!(
        forwarded(text, Some("de")),
        "<message from='a@a/r' to='b@a/s' xml:lang='de' id='1'><body>x</body></message>"
    );
    assert_eq!(
        forwarded("<message xml:lang=''/>", Some("de")),
        "<message from='a@a/r' to='b@a/s' xml:lang=''/>"
    );
}
