use super::*;
use crate::ns;
use crate::stream_error::StreamCondition as C;

static NONE: Scope = Scope::NONE;

fn parse(text: &str) -> Result<Stanza<'_>, StreamError> {
    Stanza::parse(text.as_bytes(), &NONE, &StanzaLimits::AUTHENTICATED)
}

fn refusal(text: &str) -> C {
    parse(text).expect_err(text).condition
}

const PUBLISH: &str = "<iq to='pubsub.asterisk.example' from='server1@asterisk.example/astvoip1' \
    type='set' id='aaaap'><pubsub xmlns='http://jabber.org/protocol/pubsub'>\
    <publish node='device_state'><item id='Custom:mystate'><state xmlns='http://asterisk.org' \
    eid='02:00:00:00:00:01' cachable='1'>INUSE</state></item></publish></pubsub></iq>";

#[test]
fn reads_asterisks_publish() {
    const PUBSUB: &str = "http://jabber.org/protocol/pubsub";
    let scope = Scope::with_default(ns::CLIENT);
    let stanza =
        Stanza::parse(PUBLISH.as_bytes(), &scope, &StanzaLimits::AUTHENTICATED).expect("a publish");
    let iq = stanza.root();
    assert!(iq.is(ns::CLIENT, "iq"));
    assert_eq!(iq.attr("type"), Some("set"));
    let publish = iq.child(PUBSUB, "pubsub").and_then(|p| p.child(PUBSUB, "publish"));
    let item = publish.and_then(Element::first_child).expect("an item");
    assert_eq!((item.name(), item.attr("id")), ("item", Some("Custom:mystate")));
    let state = item.first_child().expect("a payload");
    assert!(state.is("http://asterisk.org", "state"));
    assert_eq!(state.text(), "INUSE");
    assert_eq!(
        state.raw(),
        "<state xmlns='http://asterisk.org' eid='02:00:00:00:00:01' cachable='1'>INUSE</state>"
    );
    assert_eq!(iq.raw(), PUBLISH);
}

#[test]
fn walks_children_and_text_in_order() {
    let stanza = parse("<a>1<b>x<c/>y</b>2<d/><e>z</e></a>").expect("well-formed");
    let root = stanza.root();
    let seen: Vec<String> = root
        .nodes()
        .map(|node| match node {
            Node::Element(e) => format!("<{}>{}", e.name(), e.text()),
            Node::Text(text) => text.to_owned(),
        })
        .collect();
    assert_eq!(seen, ["1", "<b>xy", "2", "<d>", "<e>z"]);
    assert_eq!(root.text(), "12");
    assert_eq!(root.children().count(), 3);
    assert!(root.child("", "c").is_none(), "a grandchild is not a child");
    assert_eq!(root.child_text("", "e").as_deref(), Some("z"));
}

#[test]
fn joins_text_with_entities_and_cdata() {
    let stanza = parse("<a b='&lt;&#x41;&quot;'>1&amp;2<![CDATA[<&]]>&#51;\r\n4</a>").unwrap();
    assert_eq!(stanza.root().attr("b"), Some("<A\""));
    assert_eq!(stanza.root().nodes().count(), 1);
    assert_eq!(stanza.root().text(), "1&2<&3\n4");
}

#[test]
fn borrows_what_needs_no_change() {
    let stanza = parse("<a b='c'>text</a>").unwrap();
    assert!(matches!(stanza.attrs.first(), Some(Attr { value: Cow::Borrowed(_), .. })));
    assert!(matches!(stanza.items.last(), Some(Item::Text(Cow::Borrowed(_)))));
}

#[test]
fn normalises_blanks_in_attributes_but_not_their_references() {
    let stanza = parse("<a b='1\t2\r\n3&#10;4'/>").unwrap();
    assert_eq!(stanza.root().attr("b"), Some("1 2 3\n4"));
}

#[test]
fn resolves_namespaces_at_every_depth() {
    let text = "<x:a xmlns:x='urn:1' xmlns='urn:2' x:k='v' k='w' xml:lang='en'>\
        <b xmlns:x='urn:3'><x:c/></b><x:d/><e xmlns=''/></x:a>";
    let stanza = parse(text).unwrap();
    let a = stanza.root();
    assert!(a.is("urn:1", "a"));
    assert_eq!((a.attr("k"), a.attr_ns("urn:1", "k")), (Some("w"), Some("v")));
    assert_eq!(a.attr_ns(ns::XML, "lang"), Some("en"));
    let b = a.child("urn:2", "b").expect("b");
    assert!(b.child("urn:3", "c").is_some());
    assert!(a.child("urn:1", "d").is_some(), "an inner declaration ends with its element");
    assert!(a.child("", "e").is_some());
}

#[test]
fn finds_prefixes_that_the_stream_declared() {
    let mut scope = Scope::with_default(ns::CLIENT);
    scope.declare("x", "urn:x");
    let stanza = Stanza::parse(b"<iq><x:q/></iq>", &scope, &StanzaLimits::AUTHENTICATED).unwrap();
    assert!(stanza.root().is(ns::CLIENT, "iq"));
    assert!(stanza.root().child("urn:x", "q").is_some());
}

#[test]
fn refuses_what_is_not_well_formed() {
    for text in [
        "",
        "text",
        "<a>",
        "<a></b>",
        "<a/><b/>",
        "<a/>x",
        "</a>",
        "<a b/>",
        "<a b=c/>",
        "<a b='c/>",
        "<a b='1'c='2'/>",
        "<a b='1' b='2'/>",
        "<a b='<'/>",
        "<1/>",
        "<a:/>",
        "<:a/>",
        "<a:b:c/>",
        "< a/>",
        "<a 1='2'/>",
        "<a>]]></a>",
        "<a>&amp</a>",
        "<a>&;</a>",
        "<a>& </a>",
        "<a>&#0;</a>",
        "<a>&#xD800;</a>",
        "<a b='&#1;'/>",
        "<a>\u{1}</a>",
        "<a b='\u{fffe}'/>",
        "<a/ >",
        "<>",
        "<a><></a>",
        "<a><![CDATA[</a>",
        "<a xmlns:b=''/>",
        "<a xmlns:xmlns='urn:b'/>",
        "<a xmlns:xml='urn:b'/>",
        "<a xmlns:b='http://www.w3.org/XML/1998/namespace'/>",
        "<a xmlns:b='1' xmlns:b='2'/>",
        "<a xmlns:b='urn:1' xmlns:c='urn:1' b:x='' c:x=''/>",
        "<a xmlns='1' xmlns='1'/>",
    ] {
        assert_eq!(refusal(text), C::NotWellFormed, "{text}");
    }
}

#[test]
fn refuses_what_xmpp_forbids() {
    for text in
        ["<!--x--><a/>", "<a><!--x--></a>", "<a><?x y?></a>", "<a>&who;</a>", "<a b='&who;'/>"]
    {
        assert_eq!(refusal(text), C::RestrictedXml, "{text}");
    }
}

#[test]
fn refuses_unbound_prefixes() {
    for text in
        ["<x:a/>", "<a x:b=''/>", "<a><b xmlns:x='urn:x'/><x:c/></a>", "<xmlns:a/>", "<xml:a/>"]
    {
        assert_eq!(refusal(text), C::BadNamespacePrefix, "{text}");
    }
}

#[test]
fn refuses_what_is_not_utf8() {
    let error = Stanza::parse(b"<a>\xff</a>", &NONE, &StanzaLimits::AUTHENTICATED);
    assert_eq!(error.expect_err("not UTF-8").condition, C::UnsupportedEncoding);
}

#[test]
fn limits_the_declarations_in_force() {
    let declare = |count: usize| {
        let inner: String = (0..count).map(|number| format!("<a xmlns:n{number}='u'>")).collect();
        let outer: String = (0..40).map(|number| format!(" xmlns:o{number}='u'")).collect();
        format!("<a{outer}>{inner}{}</a>", "</a>".repeat(count))
    };
    assert!(parse(&declare(24)).is_ok());
    assert_eq!(refusal(&declare(25)), C::PolicyViolation);
    let one_after_the_other = format!("<a>{}</a>", "<b xmlns='u' xmlns:p='v'/>".repeat(5_000));
    assert!(parse(&one_after_the_other).is_ok(), "only those in force count");
}

#[test]
fn limits_depth_attributes_and_length() {
    let nested = |n: usize| format!("{}{}", "<a>".repeat(n), "</a>".repeat(n));
    let most = StanzaLimits::AUTHENTICATED;
    assert!(parse(&nested(most.depth)).is_ok());
    assert_eq!(refusal(&nested(most.depth + 1)), C::PolicyViolation);
    assert_eq!(refusal(&nested(20_000)), C::PolicyViolation);

    let with = |n: usize| {
        let attrs: String = (0..n).map(|i| format!(" a{i}=''")).collect();
        format!("<a{attrs}/>")
    };
    assert!(parse(&with(most.attributes)).is_ok());
    assert_eq!(refusal(&with(most.attributes + 1)), C::PolicyViolation);

    let long = |n: usize| format!("<a>{}</a>", "x".repeat(n - 7));
    assert!(parse(&long(most.stanza_bytes)).is_ok());
    assert_eq!(refusal(&long(most.stanza_bytes + 1)), C::PolicyViolation);
}

mod random {
    use proptest::prelude::*;

    use super::*;

    /// Documents from pieces that often fit together.
    fn document() -> impl Strategy<Value = String> {
        let piece = prop::sample::select(vec![
            "<a>",
            "</a>",
            "<b x='1'>",
            "</b>",
            "<c/>",
            "<p:d xmlns:p='urn:p' p:x='y'/>",
            "<p:e/>",
            "<f xmlns='urn:f'>",
            "</f>",
            "text",
            "&amp;",
            "&#65;",
            "&#x0;",
            "&zz;",
            "<![CDATA[x<]]>",
            "]]>",
            " ",
            "\t\r\n",
            "<g y=\"&lt;'\"/>",
            "<h x='1'y='2'/>",
            "<i x='1' x='2'/>",
            "<j k=l/>",
            "<ü/>",
            "<-/>",
            "\u{1}",
            "\u{fffe}",
            "\u{10ffff}",
            "<k a='<'/>",
            "<l xmlns:q=''/>",
            "<m / >",
            "<n a = '1'\n b\t=\r'2' />",
            "</a >",
            "<p xml:space='1'/>",
        ]);
        (prop::bool::ANY, prop::collection::vec(piece, 0..8)).prop_map(|(wrap, pieces)| {
            let inside = pieces.concat();
            if wrap { format!("<root>{inside}</root>") } else { inside }
        })
    }

    /// What rxml, which is strict about everything XMPP forbids, says of a document.
    fn oracle(text: &str) -> bool {
        use rxml::Parse;
        let mut parser = rxml::Parser::default();
        let mut input = text.as_bytes();
        loop {
            match parser.parse(&mut input, true) {
                Ok(Some(_)) => {}
                Ok(None) => return true,
                Err(_) => return false,
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1_000))]

        #[test]
        fn agrees_with_a_strict_parser(text in document()) {
            // Blanks before the element are the framer's business here.
            let text = text.trim();
            prop_assert_eq!(parse(text).is_ok(), oracle(text), "{:?}: {:?}", text, parse(text).err());
        }

        #[test]
        fn takes_any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = Stanza::parse(&bytes, &NONE, &StanzaLimits::AUTHENTICATED);
        }

        #[test]
        fn writes_what_it_reads(text in document()) {
            let Ok(stanza) = parse(text.trim()) else { return Ok(()) };
            let mut out = Vec::new();
            crate::writer::copy(&mut out, stanza.root(), "");
            let again = Stanza::parse(&out, &NONE, &StanzaLimits::AUTHENTICATED).expect("our own");
            prop_assert!(same(stanza.root(), again.root()), "{} / {:?}", text, again.root());
        }
    }

    fn same(a: Element<'_>, b: Element<'_>) -> bool {
        let attrs = a.attrs().eq(b.attrs());
        let nodes = a.nodes().count() == b.nodes().count();
        let inside = a.nodes().zip(b.nodes()).all(|pair| match pair {
            (Node::Element(a), Node::Element(b)) => same(a, b),
            (Node::Text(a), Node::Text(b)) => a == b,
            _ => false,
        });
        a.is(b.ns(), b.name()) && attrs && nodes && inside
    }
}
