//! A door that is not XMPP: HTTP with Basic auth (RFC 7617), made of nothing but what the crate shows
//! to every door. Its tries and those of XMPP logins count together.

// A test fails by panicking, also in what its helpers do.
#![allow(clippy::expect_used)]

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr};
use std::rc::Rc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use lampfield_accounts::{
    AccountBook, AccountKeys, AccountSource, BareJid, BookLimits, LoginError, NewAccount,
    NewPassword, Role,
};
use lampfield_fabric::{Embedded, StoreLimits};
use tokio::task::{LocalSet, spawn_local};
use tokio::time::Instant;

const HERE: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1));
const ELSEWHERE: IpAddr = IpAddr::V4(Ipv4Addr::new(198, 51, 100, 1));
const NAME: &str = "boss@a.example";

/// A book with one account, whose password is `secret`.
async fn book(folder: &tempfile::TempDir) -> Rc<AccountBook> {
    let (store, _) = Embedded::open(folder.path(), StoreLimits::default()).expect("a store");
    let keys = AccountKeys::load(folder.path()).expect("a key");
    let limits = BookLimits::default();
    let book = AccountBook::open(store, keys, HashMap::new(), limits);
    let book = book.await.expect("a book");
    let password = NewPassword::Given("secret".to_owned());
    let boss = NewAccount::usual(boss(), password, Role::Admin, AccountSource::Cli);
    book.add(boss).await.expect("added");
    book
}

fn boss() -> BareJid {
    BareJid::parse(NAME).expect("an address")
}

/// The status with which the door answers a request with these credentials.
async fn status(book: &Rc<AccountBook>, authorization: &str, peer: IpAddr) -> u16 {
    let Some((account, password)) = credentials(authorization) else { return 400 };
    match book.check_password(&account, &password, peer).await {
        Ok(account) if account.role == Role::Admin => 200,
        Ok(_) => 403,
        Err(LoginError::NotAuthorized) => 401,
        Err(LoginError::Throttled) => 429,
        Err(LoginError::Unavailable) => 503,
    }
}

fn credentials(authorization: &str) -> Option<(BareJid, String)> {
    let decoded = STANDARD.decode(authorization.strip_prefix("Basic ")?).ok()?;
    let text = String::from_utf8(decoded).ok()?;
    let (name, password) = text.split_once(':')?;
    Some((BareJid::parse(name).ok()?, password.to_owned()))
}

/// The header of a client that gives this password.
fn basic(password: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{NAME}:{password}")))
}

/// An XMPP login with SCRAM whose proof is wrong: it takes its turn and does not say it was right.
async fn guesses_with_scram(book: &Rc<AccountBook>) -> Result<(), LoginError> {
    book.turn_for_proof(&boss(), HERE).await.map(drop)
}

#[tokio::test(start_paused = true)]
async fn a_login_by_http_is_throttled_together_with_those_by_xmpp() {
    let folder = tempfile::tempdir().expect("a folder");
    let book = book(&folder).await;
    assert_eq!(status(&book, &basic("secret"), HERE).await, 200);
    assert_eq!(status(&book, "Basic no", HERE).await, 400);
    // Five tries are free, at whichever door.
    for guess in ["a", "b", "c"] {
        assert_eq!(status(&book, &basic(guess), HERE).await, 401);
    }
    for _ in 0..2 {
        guesses_with_scram(&book).await.expect("a free one");
    }
    let began = Instant::now();
    assert_eq!(status(&book, &basic("secret"), ELSEWHERE).await, 200, "not at another address");
    assert_eq!(status(&book, &basic("a"), HERE).await, 401, "known to be wrong");
    assert_eq!(began.elapsed(), Duration::ZERO);
    // From now on also the right password waits, and costs nothing then.
    assert_eq!(status(&book, &basic("secret"), HERE).await, 200);
    let waited = began.elapsed();
    assert!((Duration::from_secs(8)..=Duration::from_secs(12)).contains(&waited), "{waited:?}");
    assert_eq!(status(&book, &basic("d"), HERE).await, 401);
    let began = Instant::now();
    guesses_with_scram(&book).await.expect("after a while");
    assert!(began.elapsed() > Duration::from_secs(8), "what HTTP has used up XMPP lacks");
}

#[tokio::test(start_paused = true)]
async fn of_many_guesses_at_both_doors_five_are_looked_at_and_one_every_twelve_seconds() {
    let folder = tempfile::tempdir().expect("a folder");
    let book = book(&folder).await;
    let local = LocalSet::new();
    let outcomes = local.run_until(async {
        let by_http = (0..10).map(|number| {
            let book = Rc::clone(&book);
            spawn_local(
                async move { status(&book, &basic(&number.to_string()), HERE).await != 429 },
            )
        });
        let by_xmpp = (0..10).map(|_| {
            let book = Rc::clone(&book);
            spawn_local(async move { guesses_with_scram(&book).await.is_ok() })
        });
        let mut looked_at = 0;
        for guess in by_http.chain(by_xmpp).collect::<Vec<_>>() {
            looked_at += usize::from(guess.await.expect("no panic"));
        }
        looked_at
    });
    assert_eq!(outcomes.await, 6, "after 15 s the others are told to go");
}
