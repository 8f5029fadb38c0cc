use super::*;

const FREE: usize = 5;

fn throttle() -> Throttle {
    Throttle::new(QueueLimits { queues: 100, queues_of_one: 10 }, FREE)
}

fn address(text: &str) -> IpAddr {
    text.parse().expect("an address")
}

fn account(name: &str) -> BareJid {
    BareJid::parse(name).expect("a JID")
}

fn at(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// Comes with a password, or a proof, to `a@b` from `192.0.2.1`.
fn comes(throttle: &mut Throttle, what: LoginTry, now: Duration) -> ThrottleEntry {
    throttle.enter(&account("a@b"), address("192.0.2.1"), what, now)
}

/// Comes with a try to `a@b` that must wait; panics if it need not.
fn waits(throttle: &mut Throttle, what: LoginTry, now: Duration) -> WaitHandle {
    waits_for(throttle, "a@b", what, now)
}

/// The same with an account of another name.
fn waits_for(throttle: &mut Throttle, name: &str, what: LoginTry, now: Duration) -> WaitHandle {
    match throttle.enter(&account(name), address("192.0.2.1"), what, now) {
        ThrottleEntry::Waits(handle) => handle,
        other => panic!("{what:?} need not wait: {other:?}"),
    }
}

/// Waits for so long that it is remembered, and comes again.
fn waits_again(throttle: &mut Throttle, name: &str, what: LoginTry, now: Duration) -> WaitHandle {
    let mut first = waits_for(throttle, name, what, now);
    throttle.leave(&mut first, what, now + IN_VAIN);
    waits_for(throttle, name, what, now + IN_VAIN)
}

/// At `192.0.2.1` all accounts share one queue, which is used up at 0.
fn with_one_shared() -> Throttle {
    let mut throttle = Throttle::new(QueueLimits { queues: 100, queues_of_one: 1 }, FREE);
    exhaust(&mut throttle, "own@b", "192.0.2.1", at(0));
    exhaust(&mut throttle, "e@b", "192.0.2.1", at(0));
    throttle
}

fn is_called(handle: &mut WaitHandle) -> bool {
    handle.call.try_recv() == Ok(TurnCall::Turn)
}

/// Takes a turn that is free, and does not wait for another.
fn guesses(throttle: &mut Throttle, account: &BareJid, peer: &str, now: Duration) -> bool {
    match throttle.enter(account, address(peer), LoginTry::Proof, now) {
        ThrottleEntry::Turn(queue_key) => {
            throttle.end(queue_key, LoginTry::Proof, TryOutcome::Wrong, now);
            true
        }
        ThrottleEntry::Waits(mut handle) => {
            throttle.leave(&mut handle, LoginTry::Proof, now);
            false
        }
        ThrottleEntry::Wrong => false,
    }
}

fn exhaust(throttle: &mut Throttle, name: &str, peer: &str, now: Duration) {
    let account = account(name);
    for _ in 0..FREE {
        assert!(guesses(throttle, &account, peer, now));
    }
    assert!(!guesses(throttle, &account, peer, now));
}

#[test]
fn five_are_free_and_one_more_every_twelve_seconds() {
    let mut throttle = throttle();
    let mut looked_at = Vec::new();
    for now in 0..120 {
        for _ in 0..3 {
            if guesses(&mut throttle, &account("a@b"), "192.0.2.1", at(now)) {
                looked_at.push(now);
            }
        }
    }
    let expected = [0, 0, 0, 1, 1, 12, 24, 36, 48, 60, 72, 84, 96, 108];
    assert_eq!(looked_at, expected, "those who wait have left again");
}

#[test]
fn other_addresses_and_accounts_are_not_affected() {
    let mut throttle = throttle();
    exhaust(&mut throttle, "a@b", "2001:db8::1", at(0));
    assert!(!guesses(&mut throttle, &account("a@b"), "2001:db8::2", at(0)), "one subscriber");
    assert!(guesses(&mut throttle, &account("a@b"), "2001:db8:0:1::1", at(0)));
    assert!(guesses(&mut throttle, &account("c@b"), "2001:db8::1", at(0)));
}

#[test]
fn what_is_right_costs_nothing() {
    let mut throttle = throttle();
    exhaust(&mut throttle, "a@b", "192.0.2.1", at(0));
    let mut first = waits(&mut throttle, LoginTry::Proof, at(1));
    let mut second = waits(&mut throttle, LoginTry::Proof, at(1));
    throttle.serve(first.queue_key, at(12));
    let calls = [first.call.try_recv(), second.call.try_recv()];
    assert_eq!(calls.iter().filter(|call| **call == Ok(TurnCall::Turn)).count(), 1);
    throttle.end(first.queue_key, LoginTry::Proof, TryOutcome::Right, at(12));
    let calls = [first.call.try_recv(), second.call.try_recv()];
    assert_eq!(calls.iter().filter(|call| **call == Ok(TurnCall::Turn)).count(), 1, "at once");
    throttle.end(first.queue_key, LoginTry::Proof, TryOutcome::Wrong, at(12));
    assert!(!guesses(&mut throttle, &account("a@b"), "192.0.2.1", at(23)));
    assert!(guesses(&mut throttle, &account("a@b"), "192.0.2.1", at(24)), "no more than before");
}

#[test]
fn a_wrong_password_is_looked_at_once() {
    let mut throttle = throttle();
    let wrong = LoginTry::Password(1);
    let ThrottleEntry::Turn(queue_key) = comes(&mut throttle, wrong, at(0)) else {
        panic!("a free try")
    };
    // The same again waits for the answer and costs no turn.
    let mut again = waits(&mut throttle, wrong, at(0));
    throttle.end(queue_key, wrong, TryOutcome::Wrong, at(0));
    assert_eq!(again.call.try_recv(), Ok(TurnCall::Wrong));
    for _ in 0..100 {
        assert!(matches!(comes(&mut throttle, wrong, at(1)), ThrottleEntry::Wrong));
    }
    exhaust_rest(&mut throttle, FREE - 1, at(1));
}

fn exhaust_rest(throttle: &mut Throttle, left: usize, now: Duration) {
    for _ in 0..left {
        assert!(guesses(throttle, &account("a@b"), "192.0.2.1", now));
    }
    assert!(!guesses(throttle, &account("a@b"), "192.0.2.1", now));
}

#[test]
fn the_same_password_at_once_is_one_look_and_all_get_in() {
    let mut throttle = throttle();
    let right = LoginTry::Password(1);
    let ThrottleEntry::Turn(queue_key) = comes(&mut throttle, right, at(0)) else {
        panic!("a free try")
    };
    let mut others: Vec<_> = (0..50).map(|_| waits(&mut throttle, right, at(0))).collect();
    throttle.end(queue_key, right, TryOutcome::Right, at(0));
    let mut called = 0;
    while others.iter_mut().any(|one| one.call.try_recv() == Ok(TurnCall::Turn)) {
        called += 1;
        throttle.end(queue_key, right, TryOutcome::Right, at(0));
    }
    assert_eq!(called, 50);
    exhaust(&mut throttle, "a@b", "192.0.2.1", at(0));
}

/// All of a queue that is used up, seen from a guesser who brings a new password with each of many
/// connections and from the owner, who brings the same.
#[test]
fn a_password_that_waited_in_vain_is_next_when_it_comes_again() {
    let mut throttle = throttle();
    exhaust(&mut throttle, "a@b", "192.0.2.1", at(0));
    let mut owner = waits(&mut throttle, LoginTry::Password(7), at(0));
    throttle.leave(&mut owner, LoginTry::Password(7), at(4));
    let mut guessers: Vec<_> =
        (100..150).map(|number| waits(&mut throttle, LoginTry::Password(number), at(5))).collect();
    let mut owner = waits(&mut throttle, LoginTry::Password(7), at(6));
    throttle.serve(owner.queue_key, at(12));
    assert_eq!(owner.call.try_recv(), Ok(TurnCall::Turn));
    assert!(guessers.iter_mut().all(|one| one.call.try_recv().is_err()));
    // Whoever stood beside it knows that his is another one, so this is not for every time.
    throttle.end(owner.queue_key, LoginTry::Password(7), TryOutcome::Wrong, at(12));
    for (number, guesser) in (100..).zip(&mut guessers) {
        throttle.leave(guesser, LoginTry::Password(number), at(20));
    }
    let mut again = waits(&mut throttle, LoginTry::Password(100), at(21));
    let many: Vec<_> =
        (200..400).map(|number| waits(&mut throttle, LoginTry::Password(number), at(21))).collect();
    throttle.serve(again.queue_key, at(24));
    assert!(again.call.try_recv().is_err(), "one of 201 by lot");
    drop(many);
}

#[test]
fn who_leaves_at_once_is_not_remembered() {
    let is_next = || {
        let mut throttle = throttle();
        exhaust(&mut throttle, "a@b", "192.0.2.1", at(0));
        let what = LoginTry::Password(7);
        let mut early = waits(&mut throttle, what, at(5));
        throttle.leave(&mut early, what, at(7));
        let mut again = waits(&mut throttle, what, at(8));
        let rivals: Vec<_> = (100..300)
            .map(|number| waits(&mut throttle, LoginTry::Password(number), at(8)))
            .collect();
        throttle.serve(again.queue_key, at(12));
        drop(rivals);
        again.call.try_recv().is_ok()
    };
    assert!(!(0..3).all(|_| is_next()), "one of 201 by lot");
}

/// A handle in the queue is worth the same, whoever has it and when he came.
#[test]
fn the_lot_decides_among_equals() {
    let mut won = 0;
    for _ in 0..400 {
        let mut throttle = throttle();
        exhaust(&mut throttle, "a@b", "192.0.2.1", at(0));
        let rivals: Vec<_> = (0..3).map(|_| waits(&mut throttle, LoginTry::Proof, at(1))).collect();
        let mut owner = waits(&mut throttle, LoginTry::Proof, at(11));
        throttle.serve(owner.queue_key, at(12));
        won += u32::from(owner.call.try_recv() == Ok(TurnCall::Turn));
        drop(rivals);
    }
    assert!((50..150).contains(&won), "{won} of 400 where 100 are his share");
}

#[test]
fn a_turn_that_nobody_takes_goes_to_the_next() {
    let mut throttle = throttle();
    exhaust(&mut throttle, "a@b", "192.0.2.1", at(0));
    let mut gone = waits(&mut throttle, LoginTry::Proof, at(0));
    throttle.serve(gone.queue_key, at(12));
    let mut next = waits(&mut throttle, LoginTry::Proof, at(12));
    throttle.leave(&mut gone, LoginTry::Proof, at(12));
    assert_eq!(next.call.try_recv(), Ok(TurnCall::Turn));
}

/// Names that are made up cost nobody else's memory, and make no guess free.
#[test]
fn a_network_has_a_share_of_the_memory_and_no_more() {
    let mut throttle = throttle();
    exhaust(&mut throttle, "a@b", "192.0.2.1", at(0));
    exhaust(&mut throttle, "a@b", "192.0.2.2", at(0));
    let mut looked_at = 0;
    for number in 0..1_000 {
        let name = account(&format!("n{number}@b"));
        looked_at += usize::from(guesses(&mut throttle, &name, "192.0.2.1", at(1)));
    }
    // Nine queues of their own, and ten for all others.
    assert_eq!(looked_at, 9 + 10 * FREE);
    assert_eq!(throttle.table.queues(), 10 + 10 + 1);
    assert!(!guesses(&mut throttle, &account("a@b"), "192.0.2.1", at(1)), "its own are kept");
    assert!(!guesses(&mut throttle, &account("a@b"), "192.0.2.2", at(1)), "and other networks'");
    assert!(guesses(&mut throttle, &account("c@b"), "192.0.2.2", at(1)));
    // What is over makes room, and nobody has the tries of two queues by that.
    let last = account("n999@b");
    assert!(guesses(&mut throttle, &account("c@b"), "192.0.2.2", at(13)));
    assert!(guesses(&mut throttle, &last, "192.0.2.1", at(13)));
    assert!(!guesses(&mut throttle, &last, "192.0.2.1", at(13)));
    exhaust(&mut throttle, "n999@b", "192.0.2.1", at(73));
    for number in 0..11 {
        guesses(&mut throttle, &account(&format!("m{number}@b")), "192.0.2.1", at(200));
    }
    assert_eq!(throttle.table.queues(), 11);
}

#[test]
fn no_account_pays_for_another_of_its_line() {
    let mut throttle = with_one_shared();
    // One that goes before its own rivals, one that goes before those of others, and that again.
    for (name, others, turn) in [("a@b", "a@b", 12), ("c@b", "d@b", 24), ("c@b", "c@b", 36)] {
        let (owner, began) = (LoginTry::Password(turn), at(turn - 5));
        let mut handle = waits_again(&mut throttle, name, owner, began);
        let guesses = (1_000 * turn..).map(LoginTry::Password).take(50);
        let mut rivals: Vec<_> =
            guesses.map(|what| (what, waits_for(&mut throttle, others, what, began))).collect();
        throttle.serve(handle.queue_key, at(turn));
        assert!(is_called(&mut handle), "{name} beside {others}");
        throttle.end(handle.queue_key, owner, TryOutcome::Wrong, at(turn));
        rivals.iter_mut().for_each(|(what, handle)| throttle.leave(handle, *what, at(turn)));
    }
}

/// A queue is shared by its accounts and not by their connections.
#[test]
fn the_lot_is_drawn_between_accounts_first() {
    let mut won = 0;
    for _ in 0..400 {
        let mut throttle = with_one_shared();
        let many = (0..9).map(|_| waits_for(&mut throttle, "c@b", LoginTry::Proof, at(1)));
        let rivals: Vec<_> = many.collect();
        let mut owner = waits(&mut throttle, LoginTry::Proof, at(11));
        throttle.serve(owner.queue_key, at(12));
        won += u32::from(is_called(&mut owner));
        drop(rivals);
    }
    assert!((150..250).contains(&won), "{won} of 400 where 200 are his share");
}

/// With SCRAM nobody is known again; passwords of other accounts that are do not take every turn.
#[test]
fn who_is_not_known_again_has_turns_beside_accounts_that_are() {
    let mut won = 0;
    for _ in 0..400 {
        let mut throttle = with_one_shared();
        let mut owner = waits(&mut throttle, LoginTry::Proof, at(0));
        let known = ["c@b", "d@b"].into_iter().zip([1, 2].map(LoginTry::Password));
        let mut known: Vec<_> = known
            .map(|(name, what)| (what, waits_again(&mut throttle, name, what, at(0))))
            .collect();
        throttle.serve(owner.queue_key, at(12));
        let queue_key = owner.queue_key;
        let mut first = known.iter_mut().filter_map(|(what, one)| is_called(one).then_some(*what));
        throttle.end(queue_key, first.next().expect("one of them"), TryOutcome::Wrong, at(12));
        throttle.serve(queue_key, at(24));
        won += u32::from(is_called(&mut owner));
    }
    assert!((150..250).contains(&won), "{won} of 400 where 200 are his share");
}

#[test]
fn memory_is_bounded_and_the_quietest_network_is_forgotten() {
    let mut throttle = throttle();
    exhaust(&mut throttle, "a@b", "198.51.100.1", at(0));
    for host in 1..=200 {
        exhaust(&mut throttle, "a@b", &format!("192.0.2.{host}"), at(1));
    }
    assert!(guesses(&mut throttle, &account("a@b"), "198.51.100.1", at(1)), "forgotten");
    assert!(!guesses(&mut throttle, &account("a@b"), "192.0.2.200", at(1)), "remembered");
    assert!(throttle.table.queues() <= 101, "{}", throttle.table.queues());
    // When all is over nothing is kept for long.
    for host in 1..=100 {
        guesses(&mut throttle, &account("a@b"), &format!("203.0.113.{host}"), at(200));
    }
    assert!(throttle.table.queues() <= 101);
    for host in 1..=100 {
        guesses(&mut throttle, &account("a@b"), "203.0.113.1", at(300 + host));
    }
    assert_eq!(throttle.table.queues(), 1);
}
