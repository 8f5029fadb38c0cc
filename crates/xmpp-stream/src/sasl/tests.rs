use super::*;
use crate::jid::{BareJid, Domain};

/// A name for the channel that a test's connection runs in.
fn bound() -> ChannelBinding {
    ChannelBinding { exporter: Some(vec![7; 32]), end_point: None }
}

fn domain() -> Domain {
    Domain::parse("a.example").expect("a domain")
}

fn account(name: &str) -> BareJid {
    BareJid::from_parts(name, &domain()).expect("an account")
}

fn exchange(mechanism: Mechanism, binding: ChannelBinding) -> Exchange {
    Exchange::new(mechanism, domain(), binding, "SERVER".to_owned())
}

fn keys() -> ScramKeys {
    ScramKeys::derive("pencil", [3; 16]).expect("keys")
}

#[test]
fn names_mechanisms() {
    for mechanism in Mechanism::ALL {
        assert_eq!(Mechanism::from_name(mechanism.as_str()), Some(mechanism));
    }
    assert_eq!(Mechanism::from_name("DIGEST-MD5"), None);
}

#[test]
fn plain_stops_for_the_password_to_be_checked() {
    let mut plain = exchange(Mechanism::Plain, ChannelBinding::default());
    assert_eq!(plain.respond(b""), Ok(Step::Challenge(Vec::new())));
    let Ok(Step::CheckPassword(login)) = plain.respond(b"\0Server1\0s3cret") else {
        panic!("no password to check")
    };
    assert_eq!((login.account.as_str(), login.password.as_str()), ("server1@a.example", "s3cret"));
    assert!(!format!("{login:?}").contains("s3cret"));
    assert_eq!(plain.respond(b"again"), Err(Failure::MalformedRequest));
}

#[test]
fn plain_refuses_what_it_must() {
    for (message, failure) in [
        (&b"server1"[..], Failure::MalformedRequest),
        (b"\0server1\0", Failure::MalformedRequest),
        (b"\0\0secret", Failure::MalformedRequest),
        (b"\0a\0b\0c", Failure::MalformedRequest),
        (b"\0\xff\0b", Failure::MalformedRequest),
        (b"server2@a.example\0server1\0secret", Failure::InvalidAuthzid),
        (b"server1\0server1\0secret", Failure::InvalidAuthzid),
        (b"\0no such@name\0secret", Failure::NotAuthorized),
    ] {
        let step = exchange(Mechanism::Plain, ChannelBinding::default()).respond(message);
        assert_eq!(step, Err(failure), "{message:?}");
    }
    let own = b"Server1@A.example\0server1\0secret";
    assert!(exchange(Mechanism::Plain, ChannelBinding::default()).respond(own).is_ok());
}

/// The example of RFC 5802, 5, step by step.
#[test]
fn scram_sha1_agrees_with_the_rfc() {
    let salt = decode("QSXCR+Q6sek8bf92").expect("base64");
    let (sha1, sha256) = super::keys::pairs("pencil", &salt, 4096);
    let keys = ScramKeys { salt: [0; 16], iterations: 4096, sha1, sha256 };
    let server_first = "r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096";
    let transcript = super::scram::Transcript {
        client_first_bare: "n=user,r=fyko+d2lbbFgONRv9qkxdawL",
        server_first,
        nonce: "fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j",
        binding: b"n,,",
    };
    let message =
        b"c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=";
    let answer = super::scram::client_final(message, &transcript, Hash::Sha1, &keys);
    assert_eq!(answer.as_deref(), Ok("v=rmF9pqV8S7suAoZWja4dJRkFsKQ="));
}

/// The example of RFC 7677, 3, through a whole exchange.
#[test]
fn scram_sha256_agrees_with_the_rfc() {
    let salt = decode("W22ZaJ0SNY7soEsUEjb6gQ==").expect("base64").try_into().expect("16 bytes");
    let nonce = "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0".to_owned();
    let mechanism = Mechanism::Scram(Hash::Sha256);
    let mut scram = Exchange::new(mechanism, domain(), ChannelBinding::default(), nonce);
    let step = scram.respond(b"n,,n=user,r=rOprNGfwEbeRWgbNEkqO");
    assert_eq!(step, Ok(Step::FindKeys(account("user"))));
    let challenge = scram.keys(ScramKeys::derive("pencil", salt).expect("keys")).expect("asked");
    assert_eq!(
        String::from_utf8_lossy(&challenge),
        "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"
    );
    let step = scram.respond(
        b"c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,\
          p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
    );
    let signature = b"v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=".to_vec();
    assert_eq!(step, Ok(Step::Success(account("user"), signature)));
}

/// RFC 5802, 7: `printable = %x21-2B / %x2D-7E`, one at least.
#[test]
fn scram_refuses_a_nonce_that_is_not_printable() {
    let first = |nonce: &str| {
        let mut scram = exchange(Mechanism::Scram(Hash::Sha256), ChannelBinding::default());
        scram.respond(format!("n,,n=user,r={nonce}").as_bytes())
    };
    for nonce in ["", "a b", " ", "a\tb", "a\u{7f}", "a\u{e9}", "a\0"] {
        assert_eq!(first(nonce), Err(Failure::MalformedRequest), "{nonce:?}");
    }
    for nonce in ["!", "+", "-", "~", "a=b\"c"] {
        assert_eq!(first(nonce), Ok(Step::FindKeys(account("user"))), "{nonce:?}");
    }
}

/// Runs a whole SCRAM-SHA-256 exchange as a client that knows `password`.
fn scram(
    mechanism: Mechanism,
    binding: ChannelBinding,
    gs2: &str,
    bound_to: &[u8],
    password: &str,
) -> Result<Step, Failure> {
    let mut scram = exchange(mechanism, binding);
    let bare = "n=user,r=CLIENT";
    let Step::FindKeys(found) = scram.respond(format!("{gs2}{bare}").as_bytes())? else {
        panic!("no keys asked for")
    };
    assert_eq!(found, account("user"));
    let challenge = String::from_utf8(scram.keys(keys())?).expect("UTF-8");
    let said = encode(&[gs2.as_bytes(), bound_to].concat());
    let without_proof = format!("c={said},r=CLIENTSERVER");
    let mut salted = [0; 32];
    pbkdf2::pbkdf2_hmac::<sha2::Sha256>(password.as_bytes(), &[3; 16], 4096, &mut salted);
    let key = hmac_sha256(&salted, b"Client Key");
    let stored = <sha2::Sha256 as sha2::Digest>::digest(key);
    let signed = hmac_sha256(&stored, [bare, &challenge, &without_proof].join(",").as_bytes());
    let proof: Vec<u8> = key.iter().zip(signed).map(|(a, b)| a ^ b).collect();
    scram.respond(format!("{without_proof},p={}", encode(&proof)).as_bytes())
}

#[test]
fn scram_takes_the_right_password_only() {
    let plain = Mechanism::Scram(Hash::Sha256);
    let none = ChannelBinding::default;
    assert!(matches!(scram(plain, none(), "n,,", b"", "pencil"), Ok(Step::Success(..))));
    assert_eq!(scram(plain, none(), "n,,", b"", "pen"), Err(Failure::NotAuthorized));
}

#[test]
fn scram_plus_is_tied_to_its_connection() {
    let plus = Mechanism::ScramPlus(Hash::Sha256);
    let gs2 = "p=tls-exporter,,";
    assert!(matches!(scram(plus, bound(), gs2, &[7; 32], "pencil"), Ok(Step::Success(..))));
    // Somebody in the middle has another connection, hence another name for it.
    assert_eq!(scram(plus, bound(), gs2, &[8; 32], "pencil"), Err(Failure::NotAuthorized));
    let unknown = scram(plus, bound(), "p=tls-unique,,", &[7; 32], "pencil");
    assert_eq!(unknown, Err(Failure::MalformedRequest));
    assert_eq!(scram(plus, bound(), "n,,", b"", "pencil"), Err(Failure::MalformedRequest));
}

#[test]
fn scram_notices_that_plus_was_hidden_from_the_client() {
    let plain = Mechanism::Scram(Hash::Sha256);
    assert_eq!(scram(plain, bound(), "y,,", b"", "pencil"), Err(Failure::NotAuthorized));
    let honest = scram(plain, ChannelBinding::default(), "y,,", b"", "pencil");
    assert!(matches!(honest, Ok(Step::Success(..))));
}

#[test]
fn scram_refuses_what_it_must() {
    for (message, failure) in [
        ("n,,n=user", Failure::MalformedRequest),
        ("n,,n=user,r=", Failure::MalformedRequest),
        ("n,,m=ext,n=user,r=x", Failure::MalformedRequest),
        ("x,,n=user,r=x", Failure::MalformedRequest),
        ("n,,n=us=er,r=x", Failure::MalformedRequest),
        ("p=tls-exporter,,n=user,r=x", Failure::MalformedRequest),
        ("n,a=other@a.example,n=user,r=x", Failure::InvalidAuthzid),
        ("n,,n=us=2Cer/x,r=x", Failure::NotAuthorized),
    ] {
        let mut scram = exchange(Mechanism::Scram(Hash::Sha1), ChannelBinding::default());
        assert_eq!(scram.respond(message.as_bytes()), Err(failure), "{message}");
    }
}

#[test]
fn keys_check_passwords() {
    let keys = keys();
    assert!(keys.verify("pencil"));
    assert!(!keys.verify("Pencil") && !keys.verify("") && !keys.verify("a\u{7}"));
    assert_eq!(ScramKeys::derive("", [0; 16]), Err(PasswordError::Empty));
    assert_eq!(ScramKeys::derive("a\u{7}", [0; 16]), Err(PasswordError::Forbidden));
    // SASLprep: a soft hyphen is nothing, a non-breaking space is a space.
    assert!(keys.verify("pen\u{ad}cil"));
}

#[test]
fn strangers_get_believable_keys_that_stay_the_same() {
    let fake = FakeKeys::new([9; 32]);
    let keys = fake.keys("nobody@a.example");
    assert_eq!(keys, fake.keys("nobody@a.example"));
    assert_ne!(keys.salt, fake.keys("somebody@a.example").salt);
    assert_ne!(keys.salt, FakeKeys::new([8; 32]).keys("nobody@a.example").salt);
    assert!(!keys.verify("pencil"));
}

#[test]
fn checks_the_digest_of_xep_0078() {
    // The example of XEP-0078, 3.2: SHA-1 of stream id and password.
    let digest = "48fc78be9ec8f86d8ce1c39c320c97c21d62334d";
    assert!(legacy::digest_fits(digest, "3EE948B0", "Calli0pe"));
    assert!(legacy::digest_fits(&digest.to_uppercase(), "3EE948B0", "Calli0pe"));
    assert!(!legacy::digest_fits(digest, "3EE948B0", "calliope"));
    assert!(!legacy::digest_fits("", "3EE948B0", "Calli0pe"));
}

#[test]
fn decodes_messages() {
    assert_eq!(decode(""), Ok(Vec::new()));
    assert_eq!(decode("="), Ok(Vec::new()));
    assert_eq!(decode("AGEAYg=="), Ok(plain_response("a", "b")));
    assert_eq!(decode("!"), Err(Failure::IncorrectEncoding));
}

#[test]
fn writes_failures() {
    let mut out = Vec::new();
    Failure::InvalidAuthzid.write(&mut out);
    let expected =
        b"<failure xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><invalid-authzid/></failure>";
    assert_eq!(out, expected);
}
