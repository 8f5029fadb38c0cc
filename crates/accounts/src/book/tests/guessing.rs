//! Guessers beside the owner of an account: what they may try, and how soon he gets in.

use super::*;

#[tokio::test(start_paused = true)]
async fn guesses_are_limited_per_address_and_account() {
    let desk = Desk::new();
    let book = desk.open().await;
    book.add(given("server1", "secret")).await.expect("added");
    book.add(given("server2", "secret")).await.expect("added");
    for guess in ["a", "b", "c", "d", "e"] {
        assert!(!works(&book, "server1", guess).await);
    }
    assert!(login(&book, "server1", "secret", ELSEWHERE).await.is_ok());
    assert!(works(&book, "server2", "secret").await);
    // Also the right password has to wait, or guessing would go on.
    let began = Instant::now();
    assert!(works(&book, "server1", "secret").await);
    let waited = began.elapsed();
    assert!((Duration::from_secs(8)..=Duration::from_secs(12)).contains(&waited), "{waited:?}");
}

/// What guessers at the owner's address do with each of their connections.
#[derive(Clone, Copy)]
enum Guessers {
    /// Each connection tries a password that no other has tried.
    Distinct,
    /// All connections try the same password.
    Same,
    /// Always another password, and gone again as soon as the one before is remembered.
    Hasty,
    /// Another one when the one before was looked at.
    Stubborn,
    /// The same, but gone as soon as the guess is remembered and back at once, so that it may go first.
    Returning,
}

/// How the owner logs in.
#[derive(Clone, Copy)]
enum Owner {
    Plain,
    Scram,
}

impl Owner {
    /// Tries to log in once, and waits as long as it takes.
    async fn is_in(self, book: &Rc<AccountBook>) -> bool {
        match self {
            Self::Plain => works(book, "server1", "secret").await,
            Self::Scram => {
                let turn = book.turn_for_proof(&jid("server1"), HERE).await;
                turn.map(LoginTurn::right).is_ok()
            }
        }
    }
}

/// How long the owner, who tries again after `pause`, needs beside so many guessers, and how many
/// guesses are looked at within three minutes.
async fn beside(guessers: u32, how: Guessers, owner: Owner, pause: Duration) -> (Duration, usize) {
    let desk = Desk::new();
    let book = desk.open().await;
    book.add(given("server1", "secret")).await.expect("added");
    let looked_at = Rc::new(std::cell::RefCell::new(std::collections::HashSet::new()));
    let local = tokio::task::LocalSet::new();
    for guesser in 0..guessers {
        let (book, looked_at) = (Rc::clone(&book), Rc::clone(&looked_at));
        local.spawn_local(async move {
            let mut number = 0;
            let mut has_waited = false;
            loop {
                let guess = match how {
                    Guessers::Same => "wrong".to_owned(),
                    _ => format!("{guesser}-{number}"),
                };
                let stays = match how {
                    Guessers::Hasty => crate::throttle::IN_VAIN,
                    Guessers::Returning if !has_waited => crate::throttle::IN_VAIN,
                    _ => Duration::from_secs(30),
                };
                let refused = tokio::time::timeout(stays, login(&book, "server1", &guess, HERE));
                let is_looked_at = match refused.await {
                    Ok(refused) => refused.unwrap_err() == LoginError::NotAuthorized,
                    Err(_) => false,
                };
                if is_looked_at {
                    looked_at.borrow_mut().insert(guess);
                }
                let is_kept = matches!(how, Guessers::Stubborn | Guessers::Returning);
                number += usize::from(is_looked_at || !is_kept);
                has_waited = !is_looked_at;
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        });
    }
    local
        .run_until(async {
            let begin = Instant::now();
            tokio::time::sleep(Duration::from_secs(20)).await;
            let began = Instant::now();
            while !owner.is_in(&book).await {
                let waited = began.elapsed();
                assert!(waited < Duration::from_secs(1200), "{guessers} keep the owner out");
                tokio::time::sleep(pause).await;
            }
            let needed = began.elapsed();
            tokio::time::sleep_until(begin + Duration::from_secs(180)).await;
            (needed, looked_at.borrow().len())
        })
        .await
}

#[tokio::test(start_paused = true)]
async fn the_owner_gets_in_beside_guessers_and_they_learn_no_more() {
    let pause = Duration::from_secs(2);
    for guessers in [1, 10, 50] {
        let (needed, looked_at) = beside(guessers, Guessers::Distinct, Owner::Plain, pause).await;
        let stated = pause + Duration::from_secs(15 + 12);
        assert!(needed <= stated, "{guessers} guessers: {needed:?}");
        assert!(looked_at <= 5 + 15, "{looked_at} guesses of {guessers} were looked at");
    }
    let (needed, looked_at) = beside(10, Guessers::Same, Owner::Plain, pause).await;
    assert_eq!((needed.as_secs(), looked_at), (0, 1));
    // Who does what the owner does is told from him by nothing.
    let (_, looked_at) = beside(3, Guessers::Stubborn, Owner::Plain, pause).await;
    assert!(looked_at <= 5 + 15, "{looked_at} guesses were looked at");
}

/// However many other passwords wait in vain while he is away: Asterisk is for up to a minute.
#[tokio::test(start_paused = true)]
async fn no_number_of_guessers_has_the_owner_forgotten() {
    for (guessers, how, pause) in
        [(300, Guessers::Distinct, 20), (300, Guessers::Distinct, 60), (499, Guessers::Hasty, 60)]
    {
        let pause = Duration::from_secs(pause);
        let (needed, _) = beside(guessers, how, Owner::Plain, pause).await;
        let stated = pause + Duration::from_secs(15 + 12);
        assert!(needed <= stated, "{guessers} guessers, {pause:?} between: {needed:?}");
    }
}

/// An owner whose tries look different each time has his share of the turns, also beside passwords
/// that may go first.
#[tokio::test(start_paused = true)]
async fn passwords_that_come_again_keep_no_owner_with_scram_out() {
    let pause = Duration::from_secs(2);
    for guessers in [1, 3] {
        for _ in 0..4 {
            beside(guessers, Guessers::Returning, Owner::Scram, pause).await;
        }
    }
}

/// How long each of six owners needs who try again after 1 s, while so many connections begin logins
/// with made-up names from their address: more names than lines of their own are kept for.
async fn beside_made_up_names(connections: usize) -> Vec<Duration> {
    let desk = Desk::new();
    let book = desk.open().await;
    let owners: Vec<_> = (0..6).map(|number| format!("server{number}")).collect();
    for owner in &owners {
        book.add(given(owner, "secret")).await.expect("added");
    }
    let local = tokio::task::LocalSet::new();
    for connection in 0..connections {
        let book = Rc::clone(&book);
        local.spawn_local(async move {
            for number in 0.. {
                let name = jid(&format!("made-up-{connection}-{number}"));
                drop(book.turn_for_proof(&name, HERE).await);
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        });
    }
    local
        .run_until(async {
            tokio::time::sleep(Duration::from_secs(20)).await;
            let tries = owners.into_iter().map(|owner| {
                let book = Rc::clone(&book);
                tokio::task::spawn_local(async move {
                    let began = Instant::now();
                    while !works(&book, &owner, "secret").await {
                        assert!(began.elapsed() < Duration::from_secs(600), "{owner} is kept out");
                        tokio::time::sleep(Duration::from_secs(1)).await;
                    }
                    began.elapsed()
                })
            });
            let mut needed = Vec::new();
            for owner in tries.collect::<Vec<_>>() {
                needed.push(owner.await.expect("an owner who is in"));
            }
            needed
        })
        .await
}

/// Nobody has the owners at his address locked out by making up names.
#[tokio::test(start_paused = true)]
async fn the_owners_get_in_beside_names_that_are_made_up() {
    for connections in [60, 490] {
        let needed = beside_made_up_names(connections).await;
        let stated = Duration::from_secs(1 + 15 + 12);
        assert!(needed.iter().all(|needed| *needed <= stated), "{connections}: {needed:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn simultaneous_guesses_cannot_outrun_the_limit() {
    let desk = Desk::new();
    let book = desk.open().await;
    book.add(given("server1", "secret")).await.expect("added");
    let results = all((0..20).map(|n| {
        let book = Rc::clone(&book);
        async move { login(&book, "server1", &format!("guess{n}"), HERE).await }
    }))
    .await;
    let tried = results.iter().filter(|r| matches!(r, Err(LoginError::NotAuthorized))).count();
    assert_eq!(tried, 6, "five at once, one after 12 s; after 15 s the others are told to go");
}

#[tokio::test(start_paused = true)]
async fn a_login_that_goes_away_leaves_its_place() {
    let desk = Desk::new();
    let book = desk.open().await;
    book.add(given("server1", "secret")).await.expect("added");
    for guess in ["a", "b", "c", "d", "e"] {
        assert!(!works(&book, "server1", guess).await);
    }
    for guess in 0..20 {
        let guess = format!("guess{guess}");
        let gone = login(&book, "server1", &guess, HERE);
        assert!(tokio::time::timeout(Duration::from_millis(1), gone).await.is_err());
    }
    assert!(works(&book, "server1", "secret").await, "nobody is before it");
}

#[tokio::test(start_paused = true)]
async fn scram_tries_are_limited_too() {
    let desk = Desk::new();
    let book = desk.open().await;
    // A login that is begun and left counts as a wrong password...
    for _ in 0..5 {
        drop(book.turn_for_proof(&jid("server1"), HERE).await.expect("a free one"));
    }
    let began = Instant::now();
    let turn = book.turn_for_proof(&jid("server1"), HERE).await.expect("after a while");
    assert!(began.elapsed() > Duration::from_secs(8));
    // ... and one that is right costs nothing.
    turn.right();
    let began = Instant::now();
    drop(book.turn_for_proof(&jid("server1"), HERE).await.expect("the same again"));
    assert_eq!(began.elapsed(), Duration::ZERO);
    let fake = book.keys_or_fake(&jid("nobody"));
    assert_eq!(fake, book.keys_or_fake(&jid("nobody")));
}
