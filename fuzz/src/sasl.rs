//! Logins: whatever a client says, it does not get in without the password.
//!
//! An input is the number of the mechanism and then the client's messages, each on a line.

use std::sync::LazyLock;

use lampfield_xmpp_stream::Domain;
use lampfield_xmpp_stream::sasl::{
    self, ChannelBinding, Exchange, FakeKeys, Mechanism, ScramKeys, Step, legacy,
};

/// Takes milliseconds to make.
static KEYS: LazyLock<ScramKeys> = LazyLock::new(|| FakeKeys::new([7; 32]).keys("nobody"));

pub fn check(data: &[u8]) {
    let Some((&number, rest)) = data.split_first() else { return };
    let text = String::from_utf8_lossy(rest);
    assert!(!legacy::digest_fits(&text, "stream", "secret"));
    if let Ok(decoded) = sasl::decode(&text) {
        assert_eq!(sasl::decode(&sasl::encode(&decoded)).as_ref(), Ok(&decoded));
    }
    let mechanism = Mechanism::ALL[usize::from(number) % Mechanism::ALL.len()];
    let binding = ChannelBinding {
        exporter: (number & 64 != 0).then(|| vec![1; 32]),
        end_point: (number & 128 != 0).then(|| vec![2; 32]),
    };
    let domain = Domain::parse("asterisk.example").expect("a domain");
    let mut exchange = Exchange::new(mechanism, domain, binding, "nonce".to_owned());
    for message in rest.split(|byte| *byte == b'\n') {
        match exchange.respond(message) {
            Ok(Step::Challenge(challenge)) => assert!(challenge.is_empty()),
            Ok(Step::FindKeys(account)) => {
                assert_eq!(account.domain(), "asterisk.example");
                exchange.keys(KEYS.clone()).expect("it asked");
            }
            Ok(Step::CheckPassword(login)) => {
                assert_eq!(mechanism, Mechanism::Plain);
                assert!(!login.password.is_empty() && login.account.local().is_some());
                return;
            }
            Ok(Step::Success(account, _)) => panic!("{account} is in without a password"),
            Err(_) => {
                assert!(exchange.respond(message).is_err(), "it goes on after a failure");
                return;
            }
        }
    }
}
