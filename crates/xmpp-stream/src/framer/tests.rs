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

/// Reads a part of a stream as a connection does: every stanza is parsed.
fn feed(framer: &mut Framer, mut input: &[u8], seen: &mut Vec<Seen>) {
    let scope = crate::Scope::with_default(crate::ns::CLIENT);
    loop {
        match framer.next(&mut input) {
            Ok(None) => return,
            Ok(Some(Frame::Open(_))) => seen.push(Seen::Open),
            Ok(Some(Frame::Stanza(bytes))) => {
                match crate::Stanza::parse(bytes, &scope, &StanzaLimits::AUTHENTICATED) {
                    Ok(_) => seen.push(Seen::Stanza(String::from_utf8_lossy(bytes).into())),
                    Err(error) => return seen.push(Seen::Error(error.condition)),
                }
            }
            Ok(Some(Frame::Close)) => seen.push(Seen::Close),
            Err(error) => return seen.push(Seen::Error(error.condition)),
        }
    }
}

fn frames(parts: &[&[u8]]) -> Vec<Seen> {
    let mut framer = Framer::new(StanzaLimits::AUTHENTICATED);
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
    let mut framer = Framer::new(StanzaLimits::AUTHENTICATED);
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
    let mut framer = Framer::new(StanzaLimits::AUTHENTICATED);
    let mut seen = Vec::new();
    for part in [HEADER, "<pres", "ence/>"] {
        feed(&mut framer, part.as_bytes(), &mut seen);
    }
    assert_eq!(seen, [Seen::Open, stanza("<presence/>")]);
    assert_eq!(framer.partial.capacity(), 0);
}

#[test]
fn reads_asterisks_header() {
    let mut framer = Framer::new(StanzaLimits::STRANGER);
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
    let mut framer = Framer::new(StanzaLimits::STRANGER);
    let mut input = text.as_bytes();
    let Ok(Some(Frame::Open(header))) = framer.next(&mut input) else { panic!("no header") };
    assert_eq!(header.version, None);
    assert_eq!(header.lang.as_deref(), Some("de"));
    assert_eq!(header.scope.default_ns(), "jabber:component:accept");
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
        (format!("<s:stream {good} odd='a' odd='b'>"), C::NotWellFormed),
        (format!("<s:stream {good} x:odd='a'>"), C::BadNamespacePrefix),
        (
            format!("<s:stream {good} xmlns:x='u' xmlns:y='u' x:odd='a' y:odd='b'>"),
            C::NotWellFormed,
        ),
        ("<?xml encoding='utf-8'?>".to_owned(), C::NotWellFormed),
        ("<?xml version='1.0' odd='1'?>".to_owned(), C::NotWellFormed),
        ("<?xml encoding='utf-8' version='1.0'?>".to_owned(), C::NotWellFormed),
        ("<?xml version='1.0' version='1.0'?>".to_owned(), C::NotWellFormed),
        ("<?xml version='1.1'?>".to_owned(), C::NotWellFormed),
        ("\u{c}<?xml version='1.0'?>".to_owned(), C::NotWellFormed),
        (format!("<s:stream {good} to='&who;'>"), C::RestrictedXml),
        ("</s:stream>".to_owned(), C::NotWellFormed),
        ("hello".to_owned(), C::NotWellFormed),
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
        ("\0", C::NotWellFormed),
        ("</other>", C::NotWellFormed),
    ] {
        assert_eq!(in_stream(text), [Seen::Error(condition)], "{text}");
    }
}

/// What each of these begins can never become right, whatever comes after it.
const BEYOND_REPAIR: &[(&[u8], C)] = &[
    (b"<iq><a></iq>", C::NotWellFormed),
    (b"<iq><a><b/></a></wrong>", C::NotWellFormed),
    (b"<iq><a><b></a>", C::NotWellFormed),
    (b"<iq><a><ab></a>", C::NotWellFormed),
    (b"<iq><a><b></a></b>", C::NotWellFormed),
    (b"<iq><x:a xmlns:x='y'></a>", C::NotWellFormed),
    (b"<iq><a><b></stream:stream>", C::NotWellFormed),
    (b"<iq><a></ a>", C::NotWellFormed),
    (b"<iq><a></>", C::NotWellFormed),
    (b"<iq><a></a<", C::NotWellFormed),
    (b"<iq <presence", C::NotWellFormed),
    (b"<iq id='<", C::NotWellFormed),
    (b"<iq id='1><presence id='1'>", C::NotWellFormed),
    (b"<iq a='1' a='2'>", C::NotWellFormed),
    (b"<iq a='1'b='2'>", C::NotWellFormed),
    (b"<iq a=1>", C::NotWellFormed),
    (b"<iq a>", C::NotWellFormed),
    (b"<iq xmlns:x='1' xmlns:x='1'>", C::NotWellFormed),
    (b"<1q>", C::NotWellFormed),
    (b"<a:b:c>", C::NotWellFormed),
    (b"< iq>", C::NotWellFormed),
    (b"<iq>a & b", C::NotWellFormed),
    (b"<iq>&;", C::NotWellFormed),
    (b"<iq>&#0;", C::NotWellFormed),
    (b"<iq>&#xD800;", C::NotWellFormed),
    (b"<iq>&nbsp;", C::RestrictedXml),
    (b"<iq a='&nbsp;'>", C::RestrictedXml),
    (b"<iq a='&'>", C::NotWellFormed),
    (b"<iq>]]><a>", C::NotWellFormed),
    (b"<iq>\x01", C::NotWellFormed),
    (b"<iq a='\0", C::NotWellFormed),
    (b"<iq>\xef\xbf\xbe", C::NotWellFormed),
    (b"<iq>\xff", C::UnsupportedEncoding),
    (b"<iq>\xc3(", C::UnsupportedEncoding),
    (b"<iq>\xc0\x80", C::UnsupportedEncoding),
    (b"<iq>\xed\xa0\x80", C::UnsupportedEncoding),
    (b"<iq><![CDATA[\x02", C::NotWellFormed),
    (b"<iq><![CDATA[&]]>&;", C::NotWellFormed),
    (b"<iq><!-", C::RestrictedXml),
    (b"<iq><?", C::RestrictedXml),
    (b"<?", C::RestrictedXml),
    (b"\0", C::NotWellFormed),
    (b"\xfe\xff\0<", C::UnsupportedEncoding),
    (b"</wrong>", C::NotWellFormed),
    (b"text", C::BadFormat),
    (b"<stream:stream ", C::UnsupportedStanzaType),
    (b"<stream:stream>", C::UnsupportedStanzaType),
    (b"<stream:stream/>", C::UnsupportedStanzaType),
];

#[test]
fn ends_at_once_what_nothing_can_mend() {
    for (bytes, condition) in BEYOND_REPAIR {
        let text = String::from_utf8_lossy(bytes);
        let expected = [Seen::Open, Seen::Error(*condition)];
        for split in 0..bytes.len() {
            let (before, after) = bytes.split_at(split);
            let seen = frames(&[HEADER.as_bytes(), before, after]);
            assert_eq!(seen, expected, "{text}, split at {split}");
        }
        let single = std::iter::once(HEADER.as_bytes()).chain(bytes.chunks(1));
        assert_eq!(frames(&single.collect::<Vec<_>>()), expected, "{text}, byte by byte");
    }
}

#[test]
fn waits_for_what_may_still_become_right() {
    let whole = "<a b='>&#x41;ü' c=\"'\"\n><b/>&#0000000000000065;]]<![CDATA[</a>]]&]]>&amp;<ü:c \
        xmlns:ü='u'>\u{10ffff}</ü:c ></a\t>";
    for end in 0..whole.len() {
        let part = whole.as_bytes().get(..end).unwrap_or_default();
        assert_eq!(frames(&[HEADER.as_bytes(), part]), [Seen::Open], "{end}");
        let single = std::iter::once(HEADER.as_bytes()).chain(part.chunks(1));
        assert_eq!(frames(&single.collect::<Vec<_>>()), [Seen::Open], "{end}, byte by byte");
    }
    assert_eq!(in_stream(whole), [stanza(whole)]);
}

#[test]
fn refuses_bad_beginnings_of_a_stream() {
    for (bytes, condition) in [
        (&b"\xef\xbb\xbf<?xml version='1.0'?>"[..], C::NotWellFormed),
        (b"\xff\xfe<\0?\0", C::UnsupportedEncoding),
        (b"<\0?\0x\0", C::NotWellFormed),
        (b"<stream:stream <", C::NotWellFormed),
        (b"<stream:stream to='\x01", C::NotWellFormed),
        (b"<?xml version='1.0' \x01", C::NotWellFormed),
        (b"<stream:stream to='\xff", C::UnsupportedEncoding),
        (b"GET / HTTP/1.1\r\n\r\n", C::NotWellFormed),
    ] {
        let text = String::from_utf8_lossy(bytes);
        assert_eq!(frames(&[bytes]), [Seen::Error(condition)], "{text}");
        let single: Vec<_> = bytes.chunks(1).collect();
        assert_eq!(frames(&single), [Seen::Error(condition)], "{text}, byte by byte");
    }
}

#[test]
fn stops_at_the_end_of_the_stream() {
    assert_eq!(in_stream("<a/></stream:stream>junk<b/>"), [stanza("<a/>"), Seen::Close]);
}

#[test]
fn limits_the_length_of_a_stanza_wherever_it_is_cut() {
    let limits = StanzaLimits { stanza_bytes: 300, ..StanzaLimits::STRANGER };
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
    let deep = "<a>".repeat(StanzaLimits::AUTHENTICATED.depth);
    assert_eq!(in_stream(&deep), []);
    assert_eq!(in_stream(&format!("{deep}<a>")), [Seen::Error(C::PolicyViolation)]);
}

#[test]
fn starts_again_after_a_reset() {
    let mut framer = Framer::new(StanzaLimits::STRANGER);
    let mut seen = Vec::new();
    feed(&mut framer, [HEADER, "<auth/>"].concat().as_bytes(), &mut seen);
    framer.reset(StanzaLimits::AUTHENTICATED);
    feed(&mut framer, [HEADER, "<iq/>"].concat().as_bytes(), &mut seen);
    assert_eq!(seen, [Seen::Open, stanza("<auth/>"), Seen::Open, stanza("<iq/>")]);
}

/// Pieces of markup, right and wrong, that random streams are made of.
fn pieces() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "<a>",
        "</a>",
        "<c>",
        "</c>",
        "<b/>",
        "<b x='1'/>",
        "<b x=\"/>\"/>",
        "text",
        " ",
        "\n",
        "&amp;",
        "&",
        ";",
        "#65",
        "<b x='1' x='2'/>",
        "\u{1}",
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

/// Of several faults in one stanza, which is found first depends on the splits.
fn known(mut seen: Vec<Seen>) -> Vec<Seen> {
    if let Some(Seen::Error(condition)) = seen.last_mut() {
        *condition = C::UndefinedCondition;
    }
    seen
}

proptest! {
    #[test]
    fn finds_the_same_however_the_stream_is_split(
        body in pieces(),
        cuts in prop::collection::vec(0usize..400, 0..12),
    ) {
        let text = [HEADER, &body].concat();
        let whole = known(frames(&[text.as_bytes()]));
        let mut parts = Vec::new();
        let mut rest = text.as_bytes();
        for cut in cuts {
            let (part, after) = rest.split_at(cut.min(rest.len()));
            parts.push(part);
            rest = after;
        }
        parts.push(rest);
        prop_assert_eq!(&known(frames(&parts)), &whole);
        let bytes: Vec<&[u8]> = text.as_bytes().chunks(1).collect();
        prop_assert_eq!(&known(frames(&bytes)), &whole);
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
