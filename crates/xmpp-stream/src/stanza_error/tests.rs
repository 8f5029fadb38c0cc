use super::*;

#[test]
fn every_error_carries_a_code_that_asterisk_can_read() {
    for condition in StanzaCondition::ALL {
        let mut out = Vec::new();
        condition.with("").write(&mut out);
        let text = String::from_utf8(out).expect("UTF-8");
        assert!(text.contains(&format!(" code='{}'", condition.legacy_code())), "{text}");
        assert!((302..=504).contains(&condition.legacy_code()));
    }
}

#[test]
fn writes_condition_text_and_detail() {
    let error = StanzaCondition::BadRequest
        .with("no node")
        .detail("http://jabber.org/protocol/pubsub#errors", "nodeid-required");
    let mut out = Vec::new();
    error.write(&mut out);
    assert_eq!(
        String::from_utf8(out).expect("UTF-8"),
        "<error type='modify' code='400'><bad-request xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>\
         <text xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'>no node</text>\
         <nodeid-required xmlns='http://jabber.org/protocol/pubsub#errors'/></error>"
    );
}
