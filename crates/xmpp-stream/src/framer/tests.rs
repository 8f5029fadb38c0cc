use proptest::prelude::*;

use super::*;
use crate::stream_error::StreamCondition as C;

const HEADER: &str = "<?xml version='1.0'?><stream:stream xmlns:stream='http://etherx.jabber.org/streams' \
     xmlns='jabber:client' to='asterisk.example' version='1.0'>";

/// What came out, in a form that outlives the framer's buffer.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Seen {
    Open,
    Stanza(String),
    Close,
    Error(C),
}

fn feed(framer: &mut Framer, mut input: &[u8], seen: &mut Vec<Seen>) {
    loop {
        match framer.next(&mut input) {
            Ok(None) => return,
            Ok(Some(Frame::Open(_))) => seen.push(Seen::Open),
            Ok(Some(Frame::Stanza(bytes))) => {
                seen.push(Seen::Stanza(String::from_utf8_lossy(bytes).into()));
            }
            Ok(Some(Frame::Close)) => seen.push(Seen::Close),
            Err(error) => return seen.push(Seen::Error(error.condition)),
        }
    }
}

fn frames(parts: &[&[u8]]) -> Vec<Seen> {
    let mut framer = Framer::new(Limits::AUTHENTICATED);
    let mut seen = Vec::new();
    for part in parts {
        feed(&mut framer, part, &mut seen);
        if matches!(seen.last(), Some(Seen::Error(_))) {
            break;
        }
    }
    seen
}

fn in_stream(text: &str) -> Vec<Seen> {
    let seen = frames(&[HEADER.as_bytes(), text.as_bytes()]);
    assert_eq!(seen.first(), Some(&Seen::Open));
    seen.into_iter().skip(1).collect()
}

fn stanza(text: &str) -> Seen {
    Seen::Stanza(text.to_owned())
}

#[test]
fn cuts_stanzas_at_their_ends() {
    let stanzas = [
        "<presence/>",
        "<a><b/>text<c></c></a>",
        "<a b='>' c=\"'/>\"/>",
        "<a><![CDATA[</a>]]]]><![CDATA[>]]></a>",
        "<a><![CDATA[]]]></a>",
        "<a\n/>",
        "<a></a >",
    ];
    let text = stanzas.join(" \n");
    assert_eq!(in_stream(&text), stanzas.map(stanza));
}

#[test]
fn hands_out_what_came_whole_without_a_copy_and_keeps_nothing() {
    let mut framer = Framer::new(Limits::AUTHENTICATED);
    let bytes = [HEADER, "<presence/>\n"].concat();
    let mut input = bytes.as_bytes();
    assert!(matches!(framer.next(&mut input), Ok(Some(Frame::Open(_)))));
    let Ok(Some(Frame::Stanza(stanza))) = framer.next(&mut input) else { panic!("no stanza") };
    assert!(bytes.as_bytes().as_ptr_range().contains(&stanza.as_ptr()));
    assert_eq!(framer.next(&mut input), Ok(None));
    assert_eq!((framer.buffered(), framer.partial.capacity()), (0, 0));
}

#[test]
fn frees_its_buffer_after_a_split_stanza() {
    let mut framer = Framer::new(Limits::AUTHENTICATED);
    let mut seen = Vec::new();
    for part in [HEADER, "<pres", "ence/>"] {
        feed(&mut framer, part.as_bytes(), &mut seen);
    }
    assert_eq!(seen, [Seen::Open, stanza("<presence/>")]);
    assert_eq!(framer.partial.capacity(), 0);
}

#[test]
fn reads_asterisks_header() {
    let mut framer = Framer::new(Limits::STRANGER);
    let mut input = HEADER.as_bytes();
    let Ok(Some(Frame::Open(header))) = framer.next(&mut input) else { panic!("no header") };
    assert_eq!(header.to.as_deref(), Some("asterisk.example"));
    assert_eq!(header.version, Some((1, 0)));
    assert_eq!(header.scope.default_ns(), crate::ns::CLIENT);
}

#[test]
fn reads_headers_of_older_and_odder_peers() {
    let text = "<s:stream to=\"a\" xmlns:s='http://etherx.jabber.org/streams' xml:lang='de' \
        xmlns=\"jabber:component:accept\" odd='1' xmlns:x='urn:x' x:odd='2' >";
    let mut framer = Framer::new(Limits::STRANGER);
    let mut input = text.as_bytes();
    let Ok(Some(Frame::Open(header))) = framer.next(&mut input) else { panic!("no header") };
    assert_eq!(header.version, None);
    assert_eq!(header.lang.as_deref(), Some("de"));
    assert_eq!(header.scope.default_ns(), crate::ns::COMPONENT);
    input = b"</s:stream >";
    assert_eq!(framer.next(&mut input), Ok(Some(Frame::Close)));
}

#[test]
fn refuses_wrong_headers() {
    let good = "xmlns:s='http://etherx.jabber.org/streams'";
    for (header, condition) in [
        ("<stream:stream to='a'>".to_owned(), C::BadNamespacePrefix),
        ("<s:stream xmlns:s='urn:else'>".to_owned(), C::InvalidNamespace),
        ("<stream xmlns='jabber:client'>".to_owned(), C::InvalidNamespace),
        (format!("<s:other {good}>"), C::BadFormat),
        (format!("<s:stream {good}/>"), C::BadFormat),
        (format!("<s:stream {good} to='a' to='b'>"), C::NotWellFormed),
        (format!("<s:stream {good} to='a'from='b'>"), C::NotWellFormed),
        (format!("<s:stream {good} to=a>"), C::NotWellFormed),
        (format!("<s:stream {good} to='&who;'>"), C::RestrictedXml),
        ("</s:stream>".to_owned(), C::NotWellFormed),
        ("hello".to_owned(), C::BadFormat),
        ("<!DOCTYPE a><a>".to_owned(), C::RestrictedXml),
        ("<?php ?><a>".to_owned(), C::RestrictedXml),
        ("<?xml version='1.0' encoding='ISO-8859-1'?>".to_owned(), C::UnsupportedEncoding),
        ("<?xml version='1.0'?><?xml version='1.0'?>".to_owned(), C::RestrictedXml),
    ] {
        assert_eq!(frames(&[header.as_bytes()]), [Seen::Error(condition)], "{header}");
    }
}

#[test]
fn refuses_what_xmpp_forbids_inside_a_stream() {
    for (text, condition) in [
        ("<!-- -->", C::RestrictedXml),
        ("<a><!-- --></a>", C::RestrictedXml),
        ("<a><?pi?></a>", C::RestrictedXml),
        ("<!DOCTYPE a>", C::RestrictedXml),
        ("<?xml version='1.0'?>", C::RestrictedXml),
        ("<![CDATA[a]]>", C::RestrictedXml),
        ("<a><![CDAT[]]></a>", C::RestrictedXml),
        ("text<a/>", C::BadFormat),
        ("\0", C::BadFormat),
        ("</other>", C::NotWellFormed),
    ] {
        assert_eq!(in_stream(text), [Seen::Error(condition)], "{text}");
    }
}

#[test]
fn stops_at_the_end_of_the_stream() {
    assert_eq!(in_stream("<a/></stream:stream>junk<b/>"), [stanza("<a/>"), Seen::Close]);
}

#[test]
fn limits_the_length_of_a_stanza_wherever_it_is_cut() {
    let limits = Limits { stanza_bytes: 300, ..Limits::STRANGER };
    let long = format!("<a>{}</a>", "x".repeat(300));
    for size in [1, 7, 1000] {
        let mut framer = Framer::new(limits);
        let mut seen = Vec::new();
        feed(&mut framer, HEADER.as_bytes(), &mut seen);
        for part in long.as_bytes().chunks(size) {
            feed(&mut framer, part, &mut seen);
            assert!(framer.buffered() <= 300);
            if seen.len() > 1 {
                break;
            }
        }
        assert_eq!(seen, [Seen::Open, Seen::Error(C::PolicyViolation)]);
    }
}

#[test]
fn limits_depth_before_the_stanza_is_complete() {
    let deep = "<a>".repeat(Limits::AUTHENTICATED.depth);
    assert_eq!(in_stream(&deep), []);
    assert_eq!(in_stream(&format!("{deep}<a>")), [Seen::Error(C::PolicyViolation)]);
}

#[test]
fn starts_again_after_a_reset() {
    let mut framer = Framer::new(Limits::STRANGER);
    let mut seen = Vec::new();
    feed(&mut framer, [HEADER, "<auth/>"].concat().as_bytes(), &mut seen);
    framer.reset(Limits::AUTHENTICATED);
    feed(&mut framer, [HEADER, "<iq/>"].concat().as_bytes(), &mut seen);
    assert_eq!(seen, [Seen::Open, stanza("<auth/>"), Seen::Open, stanza("<iq/>")]);
}

/// Pieces of markup, right and wrong, that random streams are made of.
fn pieces() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "<a>",
        "</a>",
        "<b/>",
        "<b x='1'/>",
        "<b x=\"/>\"/>",
        "text",
        " ",
        "\n",
        "&amp;",
        "<![CDATA[",
        "]]>",
        "]",
        ">",
        "<",
        "/",
        "?",
        "!",
        "ü",
        "<!",
        "<?xml",
        "?>",
        "</stream:stream>",
        "'",
        "\"",
    ]);
    prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn finds_the_same_however_the_stream_is_split(
        body in pieces(),
        cuts in prop::collection::vec(0usize..400, 0..12),
    ) {
        let text = [HEADER, &body].concat();
        let whole = frames(&[text.as_bytes()]);
        let mut parts = Vec::new();
        let mut rest = text.as_bytes();
        for cut in cuts {
            let (part, after) = rest.split_at(cut.min(rest.len()));
            parts.push(part);
            rest = after;
        }
        parts.push(rest);
        prop_assert_eq!(&frames(&parts), &whole);
        let bytes: Vec<&[u8]> = text.as_bytes().chunks(1).collect();
        prop_assert_eq!(&frames(&bytes), &whole);
    }

    #[test]
    fn takes_any_bytes(parts in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..64), 0..8)) {
        let parts: Vec<&[u8]> = parts.iter().map(Vec::as_slice).collect();
        frames(&parts);
        let mut after_header = vec![HEADER.as_bytes()];
        after_header.extend(parts);
        frames(&after_header);
    }
}
