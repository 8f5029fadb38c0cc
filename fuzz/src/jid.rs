//! Addresses: what is taken is in its normal form, and its parts make it again.

use lampfield_xmpp_stream::{BareJid, Domain, FullJid, Jid};

pub fn check(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Ok(domain) = Domain::parse(text) {
        assert_eq!(Domain::parse(domain.as_str()).as_ref(), Ok(&domain));
    }
    let Ok(jid) = Jid::parse(text) else {
        assert!(BareJid::parse(text).is_err() && FullJid::parse(text).is_err());
        return;
    };
    assert_eq!(Jid::parse(jid.as_str()).as_ref(), Ok(&jid), "its normal form");
    let bare = jid.to_bare();
    assert_eq!(BareJid::parse(bare.as_str()).as_ref(), Ok(&bare));
    assert_eq!((bare.local(), bare.domain()), (jid.local(), jid.domain()));
    match (jid.resource(), jid.to_full()) {
        (None, None) => assert_eq!(bare.to_jid(), jid),
        (Some(resource), Some(full)) => {
            assert_eq!(bare.with_resource(resource).as_ref(), Ok(&full));
            assert_eq!(FullJid::parse(full.as_str()).as_ref(), Ok(&full));
            assert_eq!((full.to_bare(), full.to_jid()), (bare, jid));
        }
        (resource, full) => panic!("{resource:?} and {full:?}"),
    }
}
