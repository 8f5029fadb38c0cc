use std::cell::Cell;
use std::path::Path;

use lampfield_board::{Labels, SiteName, Subject};
use lampfield_fabric::{Embedded, StoreLimits};

use super::*;
use crate::{AccountSource, Invitation, LegacyAuth, LoginError, Role, Rotation};

mod guessing;

const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);
const ELSEWHERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1));

/// A book in a folder of its own.
struct Desk {
    folder: tempfile::TempDir,
}

impl Desk {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().expect("a folder") }
    }

    async fn open(&self) -> Rc<AccountBook> {
        self.open_with(HashMap::new(), BookLimits::default()).await
    }

    async fn open_with(
        &self,
        joins: HashMap<Domain, JoinPolicy>,
        limits: BookLimits,
    ) -> Rc<AccountBook> {
        let path: &Path = self.folder.path();
        let (store, _) = Embedded::open(path, StoreLimits::default()).expect("a store");
        let keys = AccountKeys::load(path).expect("a key");
        AccountBook::open(store, keys, joins, limits).await.expect("a book")
    }

    async fn close(book: Rc<AccountBook>) {
        book.store.close(Duration::from_secs(5)).await.expect("stored");
    }
}

fn jid(name: &str) -> BareJid {
    BareJid::parse(&format!("{name}@a.example")).expect("an address")
}

fn given(name: &str, password: &str) -> NewAccount {
    let password = NewPassword::Given(password.to_owned());
    NewAccount::usual(jid(name), password, Role::Pbx, AccountSource::Cli)
}

fn declared(name: &str, password: Option<&str>) -> DeclaredAccount {
    DeclaredAccount {
        jid: jid(name),
        password: password.map(str::to_owned),
        role: Role::Pbx,
        allow: Role::Pbx.usual_allow(),
        hear: vec![Pattern::everything()],
        site: None,
        labels: Labels::default(),
        legacy: LegacyAuth::Refused,
    }
}

async fn login(
    book: &Rc<AccountBook>,
    name: &str,
    password: &str,
    peer: IpAddr,
) -> Result<Rc<Account>, LoginError> {
    book.check_password(&jid(name), password, peer).await
}

async fn works(book: &Rc<AccountBook>, name: &str, password: &str) -> bool {
    login(book, name, password, HERE).await.is_ok()
}

/// Also nobody whose password is being hashed when it goes.
#[tokio::test]
async fn nobody_is_added_to_a_domain_that_is_removed() {
    let desk = Desk::new();
    let book = desk.open().await;
    let (added, ()) = tokio::join!(book.add(given("late", "secret")), async {
        tokio::task::yield_now().await;
        book.close_domain("a.example");
    });
    assert_eq!(added.unwrap_err(), AccountError::DomainRemoved(jid("late")));
    assert!(book.get(&jid("late")).is_none());
    book.reopen_domain("a.example");
    // Also when the removal is over by the time that it is hashed.
    let (added, other) = tokio::join!(book.add(given("late", "secret")), async {
        tokio::task::yield_now().await;
        book.close_domain("a.example");
        book.reopen_domain("a.example");
        book.close_domain("b.example");
        book.reopen_domain("b.example");
        book.add(given("later", "secret")).await
    });
    assert_eq!(added.unwrap_err(), AccountError::DomainRemoved(jid("late")));
    other.expect("added: it came after the removal");
    book.add(given("late", "secret")).await.expect("added");
}

#[tokio::test]
async fn accounts_log_in_and_outlive_a_restart() {
    let desk = Desk::new();
    let book = desk.open().await;
    let mut new = given("server1", "secret");
    new.allow = vec![Pattern::parse("PJSIP/1*").expect("a pattern")];
    let added = book.add(new.clone()).await.expect("added");
    assert_eq!(book.add(new).await, Err(AccountError::Exists(jid("server1"))));
    assert!(works(&book, "server1", "secret").await);
    Desk::close(book).await;

    let book = desk.open().await;
    assert_eq!(book.get(&jid("server1")), Some(added));
    assert!(works(&book, "server1", "secret").await);
    let wrong = login(&book, "server1", "Secret", HERE).await;
    assert_eq!(wrong.unwrap_err(), LoginError::NotAuthorized);
    let nobody = login(&book, "nobody", "secret", HERE).await;
    assert_eq!(nobody.unwrap_err(), LoginError::NotAuthorized);
}

#[tokio::test]
async fn passwords_are_not_in_the_store_but_legacy_secrets_are() {
    let desk = Desk::new();
    let book = desk.open().await;
    book.add(given("server1", "s3cret-one")).await.expect("added");
    let legacy = NewAccount { legacy: LegacyAuth::Allowed, ..given("server2", "s3cret-two") };
    assert!(!book.has_legacy());
    book.add(legacy).await.expect("added");
    let value = async |name| {
        let row = book.store.get(Bucket::Accounts, jid(name).as_str()).await;
        row.expect("readable").expect("there").value
    };
    assert!(!value("server1").await.contains("s3cret"));
    assert!(value("server2").await.contains("s3cret-two"));
    assert!(book.has_legacy());
    assert_eq!(book.legacy_secret(&jid("server1")), None);
    assert_eq!(book.legacy_secret(&jid("server2")).as_deref(), Some("s3cret-two"));
    book.set_password(&jid("server2"), "s3cret-three").await.expect("changed");
    assert_eq!(book.legacy_secret(&jid("server2")).as_deref(), Some("s3cret-three"));
}

#[tokio::test]
async fn a_repeated_login_is_not_hashed_slowly_again() {
    let desk = Desk::new();
    let book = desk.open().await;
    book.add(given("server1", "secret")).await.expect("added");
    assert!(works(&book, "server1", "secret").await);
    let busy = book.derivations.stop();
    assert!(works(&book, "server1", "secret").await);
    let other = login(&book, "server1", "guess", HERE).await;
    assert_eq!(other.unwrap_err(), LoginError::Unavailable);
    drop(busy);
    book.set_password(&jid("server1"), "new").await.expect("changed");
    assert!(!works(&book, "server1", "secret").await, "the old one is forgotten");
    assert!(works(&book, "server1", "new").await);
}

#[tokio::test]
async fn simultaneous_logins_with_one_password_are_one_check() {
    let desk = Desk::new();
    let limits = BookLimits { waiting: 1, ..BookLimits::default() };
    let book = desk.open_with(HashMap::new(), limits).await;
    book.add(given("server1", "secret")).await.expect("added");
    let results = all((0..50).map(|_| {
        let book = Rc::clone(&book);
        async move { login(&book, "server1", "secret", HERE).await }
    }))
    .await;
    assert!(results.iter().all(Result::is_ok), "{results:?}");
}

/// What was wrong before the password was changed may be right now.
#[tokio::test]
async fn a_new_password_may_be_one_that_was_wrong() {
    let desk = Desk::new();
    let book = desk.open().await;
    book.add(given("server1", "old")).await.expect("added");
    assert!(!works(&book, "server1", "new").await);
    book.set_password(&jid("server1"), "new").await.expect("changed");
    assert!(works(&book, "server1", "new").await);
}

#[tokio::test]
async fn an_invitation_prints_the_same_until_it_is_rotated() {
    let desk = Desk::new();
    let book = desk.open().await;
    let first = book.invite(&jid("pbx-c"), Rotation::Keep).await.expect("invited");
    assert_eq!((first.account.role, first.account.source), (Role::Pbx, AccountSource::Invite));
    assert!(works(&book, "pbx-c", &first.password).await);
    Desk::close(book).await;

    let book = desk.open().await;
    let again = book.invite(&jid("pbx-c"), Rotation::Keep).await.expect("invited");
    assert_eq!(first.password, again.password);
    let rotated = book.invite(&jid("pbx-c"), Rotation::Rotate).await.expect("rotated");
    assert_ne!(first.password, rotated.password);
    assert!(!works(&book, "pbx-c", &first.password).await);
    assert!(works(&book, "pbx-c", &rotated.password).await);
    let again = book.invite(&jid("pbx-c"), Rotation::Keep).await.expect("invited");
    assert_eq!(rotated.password, again.password);
}

/// Whatever has ended a secret, none of the ways back leads to it.
#[tokio::test]
async fn a_secret_that_has_ended_never_comes_back() {
    let desk = Desk::new();
    let book = desk.open().await;
    let mut ended = Vec::new();
    let mut is_new = |invitation: Invitation| {
        assert!(!ended.contains(&invitation.password), "an old secret is back");
        ended.push(invitation.password);
    };
    let pbx = jid("pbx-6");
    // Rotated, and then removed by command.
    is_new(book.invite(&pbx, Rotation::Keep).await.expect("invited"));
    is_new(book.invite(&pbx, Rotation::Rotate).await.expect("rotated"));
    book.remove(&pbx).await.expect("removed");
    is_new(book.invite(&pbx, Rotation::Keep).await.expect("invited"));
    is_new(book.invite(&pbx, Rotation::Rotate).await.expect("rotated"));
    // Another password in its place.
    book.set_password(&pbx, "given").await.expect("changed");
    is_new(book.invite(&pbx, Rotation::Rotate).await.expect("rotated"));
    // Added by hand.
    book.remove(&pbx).await.expect("removed");
    let made = NewAccount { password: NewPassword::Invited, ..given("pbx-6", "") };
    book.add(made).await.expect("added");
    is_new(book.invite(&pbx, Rotation::Keep).await.expect("invited"));
    book.remove(&pbx).await.expect("removed");
    // Declared, taken out of the file and declared again; with a password in between.
    for password in [None, Some("own")] {
        book.reconcile(vec![declared("pbx-6", None)]).await.expect("declared");
        is_new(book.invite(&pbx, Rotation::Keep).await.expect("invited"));
        let between = password.map(|password| declared("pbx-6", Some(password)));
        book.reconcile(between.into_iter().collect()).await.expect("taken out");
    }
    book.reconcile(vec![declared("pbx-6", None)]).await.expect("declared");
    is_new(book.invite(&pbx, Rotation::Keep).await.expect("invited"));
}

/// Accounts from when generations were counted keep their passwords.
#[tokio::test]
async fn what_was_invited_long_ago_keeps_its_password() {
    let desk = Desk::new();
    let book = desk.open().await;
    let counted = serde_json::from_str("1").expect("as in an old row");
    let password = book.invited(&jid("pbx-c"), counted);
    let mut old = (*book.add(given("pbx-c", &password)).await.expect("added")).clone();
    old.invited = Some(counted);
    book.put(old).expect("queued");
    Desk::close(book).await;

    let book = desk.open().await;
    let printed = book.invite(&jid("pbx-c"), Rotation::Keep).await.expect("invited");
    assert_eq!(printed.password, password);
    book.reconcile(vec![declared("pbx-c", None)]).await.expect("declared");
    assert!(works(&book, "pbx-c", &password).await, "also when the file declares it");
}

#[tokio::test]
async fn a_password_of_a_lost_key_still_works_and_no_other_is_printed() {
    let desk = Desk::new();
    let book = desk.open().await;
    let first = book.invite(&jid("pbx-c"), Rotation::Keep).await.expect("invited");
    Desk::close(book).await;
    std::fs::remove_file(desk.folder.path().join("accounts.key")).expect("a key to lose");

    let book = desk.open().await;
    let again = book.invite(&jid("pbx-c"), Rotation::Keep).await;
    assert_eq!(again.unwrap_err(), AccountError::OtherKey(jid("pbx-c")));
    assert!(works(&book, "pbx-c", &first.password).await);
    let rotated = book.invite(&jid("pbx-c"), Rotation::Rotate).await.expect("rotated");
    assert!(works(&book, "pbx-c", &rotated.password).await);
    let again = book.invite(&jid("pbx-c"), Rotation::Keep).await.expect("invited");
    assert_eq!(rotated.password, again.password);
}

#[tokio::test]
async fn a_lost_key_changes_no_declared_account() {
    let desk = Desk::new();
    let book = desk.open().await;
    let legacy = DeclaredAccount { legacy: LegacyAuth::Allowed, ..declared("old", None) };
    book.reconcile(vec![legacy.clone()]).await.expect("declared");
    let secret = book.legacy_secret(&jid("old"));
    Desk::close(book).await;
    std::fs::remove_file(desk.folder.path().join("accounts.key")).expect("a key to lose");

    let book = desk.open().await;
    assert_eq!(book.reconcile(vec![legacy]).await, Ok(Reconciled::default()));
    assert_eq!(book.legacy_secret(&jid("old")), secret);
}

#[tokio::test]
async fn a_given_password_cannot_be_printed_but_replaced() {
    let desk = Desk::new();
    let book = desk.open().await;
    book.add(given("server1", "secret")).await.expect("added");
    let kept = book.invite(&jid("server1"), Rotation::Keep).await;
    assert_eq!(kept.unwrap_err(), AccountError::OwnPassword(jid("server1")));
    let rotated = book.invite(&jid("server1"), Rotation::Rotate).await.expect("rotated");
    assert!(works(&book, "server1", &rotated.password).await);
}

#[tokio::test]
async fn the_configuration_rules_its_own_accounts_only() {
    let desk = Desk::new();
    let book = desk.open().await;
    book.add(given("by-hand", "secret")).await.expect("added");
    let both = vec![declared("server1", Some("one")), declared("server2", None)];
    let done = book.reconcile(both.clone()).await.expect("reconciled");
    assert_eq!((done.added.len(), done.changed.len(), done.removed.len()), (2, 0, 0));
    assert!(works(&book, "server1", "one").await);
    let printed = book.invite(&jid("server2"), Rotation::Keep).await.expect("no password given");
    assert!(works(&book, "server2", &printed.password).await);

    let refused = AccountError::Declared(jid("server1"));
    assert_eq!(book.remove(&jid("server1")).await, Err(refused.clone()));
    assert_eq!(book.set_password(&jid("server1"), "x").await, Err(refused.clone()));
    assert_eq!(book.invite(&jid("server1"), Rotation::Rotate).await.unwrap_err(), refused);

    let done = book.reconcile(vec![declared("server2", None)]).await.expect("reconciled");
    assert_eq!(done.removed, [jid("server1")]);
    assert!(book.get(&jid("server1")).is_none() && book.get(&jid("by-hand")).is_some());
}

#[tokio::test]
async fn declared_keys_are_derived_only_when_the_password_changes() {
    let desk = Desk::new();
    let book = desk.open().await;
    let before = vec![declared("server1", Some("one")), declared("server2", None)];
    book.reconcile(before.clone()).await.expect("reconciled");
    book.invite(&jid("server2"), Rotation::Rotate).await.expect("rotated");
    Desk::close(book).await;

    let book = desk.open().await;
    let busy = book.derivations.stop();
    let done = book.reconcile(before).await.expect("nothing to derive");
    assert_eq!(done, Reconciled::default());
    drop(busy);
    let done = book.reconcile(vec![declared("server1", Some("two")), declared("server2", None)]);
    assert_eq!(done.await.expect("reconciled").changed, [jid("server1")]);
    assert!(works(&book, "server1", "two").await && !works(&book, "server1", "one").await);
}

fn joins() -> HashMap<Domain, JoinPolicy> {
    let policy = JoinPolicy {
        secret: "together".to_owned(),
        names: Pattern::parse("pbx-*").expect("a pattern"),
    };
    HashMap::from([(Domain::parse("a.example").expect("a domain"), policy)])
}

#[tokio::test]
async fn the_join_secret_makes_accounts_of_the_right_name() {
    let desk = Desk::new();
    let book = desk.open_with(joins(), BookLimits::default()).await;
    let account = login(&book, "pbx-a", "together", HERE).await.expect("made");
    assert_eq!((account.role, account.source), (Role::Pbx, AccountSource::FirstLogin));
    assert!(works(&book, "pbx-a", "together").await);
    assert!(!works(&book, "pbx-b", "apart").await);
    assert!(!works(&book, "phone", "together").await);
    assert_eq!(book.list().len(), 1);
    // Not a second password for accounts that exist.
    book.add(given("pbx-c", "own")).await.expect("added");
    assert!(!works(&book, "pbx-c", "together").await);
}

#[tokio::test]
async fn the_number_of_accounts_is_limited() {
    let desk = Desk::new();
    let limits = BookLimits { accounts: 1, ..BookLimits::default() };
    let book = desk.open_with(joins(), limits).await;
    book.add(given("server1", "secret")).await.expect("added");
    assert_eq!(book.add(given("server2", "secret")).await, Err(AccountError::Full(1)));
    let joined = login(&book, "pbx-a", "together", HERE).await;
    assert_eq!(joined.unwrap_err(), LoginError::Unavailable);
    book.set_password(&jid("server1"), "new").await.expect("no new account");
}

#[tokio::test]
async fn bad_passwords_and_names_are_refused() {
    let desk = Desk::new();
    let book = desk.open().await;
    assert!(matches!(book.add(given("a", "")).await, Err(AccountError::Password(..))));
    assert!(matches!(book.add(given("a", "\u{7}")).await, Err(AccountError::Password(..))));
    let domain = BareJid::parse("a.example").expect("an address");
    let new = NewAccount { jid: domain.clone(), ..given("a", "secret") };
    assert_eq!(book.add(new).await, Err(AccountError::NoName(domain)));
    assert_eq!(book.remove(&jid("a")).await, Err(AccountError::Missing(jid("a"))));
}

#[tokio::test]
async fn changes_are_told() {
    let desk = Desk::new();
    let book = desk.open().await;
    let (added, changed, removed) = (Rc::default(), Rc::default(), Rc::default());
    let seen: [Rc<Cell<u32>>; 3] = [added, changed, removed];
    let count = seen.clone();
    book.on_change(move |change| {
        let cell = match change {
            AccountChange::Added(_) => &count[0],
            AccountChange::Changed(_) => &count[1],
            AccountChange::Removed(_) => &count[2],
        };
        cell.set(cell.get() + 1);
    });
    book.add(given("server1", "secret")).await.expect("added");
    book.set_password(&jid("server1"), "new").await.expect("changed");
    book.remove(&jid("server1")).await.expect("removed");
    assert_eq!(seen.map(|cell| cell.get()), [1, 1, 1]);
    assert!(!works(&book, "server1", "new").await);
}

#[tokio::test]
async fn a_broken_record_costs_one_account_only() {
    let desk = Desk::new();
    let book = desk.open().await;
    book.add(given("server1", "secret")).await.expect("added");
    book.write(&jid("server2"), Some("{}".to_owned())).expect("queued");
    Desk::close(book).await;
    let book = desk.open().await;
    assert!(works(&book, "server1", "secret").await);
    assert!(book.get(&jid("server2")).is_none());
}

#[tokio::test]
async fn rights_follow_role_and_patterns() {
    let desk = Desk::new();
    let book = desk.open().await;
    let subject = |name| Subject::device(name).expect("a device");
    let mut new = given("server1", "secret");
    new.allow = vec![Pattern::parse("PJSIP/1*").expect("a pattern")];
    let pbx = book.add(new).await.expect("added");
    assert!(pbx.may_publish(&subject("PJSIP/100")) && !pbx.may_publish(&subject("PJSIP/200")));
    let role = async |name, role: Role| {
        let new = NewAccount { role, allow: role.usual_allow(), ..given(name, "secret") };
        book.add(new).await.expect("added")
    };
    let user = role("user", Role::User).await;
    assert!(!user.has_grants() && !user.may_publish(&subject("PJSIP/100")));
    let admin = role("admin", Role::Admin).await;
    assert!(admin.has_grants() && admin.may_publish(&subject("PJSIP/100")));
}

#[tokio::test]
async fn what_an_account_hears_follows_role_and_patterns() {
    let desk = Desk::new();
    let book = desk.open().await;
    let subject = |name| Subject::device(name).expect("a device");
    let hearing = async |name, role: Role, hear: &[&str]| {
        let hear = hear.iter().map(|text| Pattern::parse(text).expect("a pattern")).collect();
        let new = NewAccount { role, hear, ..given(name, "secret") };
        book.add(new).await.expect("added")
    };
    let usual = book.add(given("usual", "secret")).await.expect("added");
    assert!(usual.hears_everything() && usual.may_hear(&subject("PJSIP/100")));
    let some = hearing("some", Role::Pbx, &["Custom:berlin-*", "PJSIP/1??"]).await;
    assert!(!some.hears_everything());
    assert!(some.may_hear(&subject("Custom:berlin-7")) && some.may_hear(&subject("PJSIP/100")));
    assert!(!some.may_hear(&subject("Custom:paris-7")) && !some.may_hear(&subject("PJSIP/1000")));
    let deaf = hearing("deaf", Role::User, &[]).await;
    assert!(!deaf.may_hear(&subject("PJSIP/100")));
    let admin = hearing("admin", Role::Admin, &[]).await;
    assert!(admin.hears_everything() && admin.may_hear(&subject("PJSIP/100")));
}

#[tokio::test]
async fn site_labels_and_what_is_heard_outlive_a_restart() {
    let desk = Desk::new();
    let book = desk.open().await;
    let site = SiteName::parse("berlin").ok();
    let labels = Labels::parse(["floor-2", "sales"]).expect("labels");
    let hear = vec![Pattern::parse("Custom:*").expect("a pattern")];
    let placed = NewAccount { site, labels, hear, ..given("server1", "secret") };
    let placed = book.add(placed).await.expect("added");
    let deaf = book.add(NewAccount { hear: Vec::new(), ..given("server2", "secret") }).await;
    let usual = book.add(given("server3", "secret")).await.expect("added");
    let row = book.store.get(Bucket::Accounts, usual.jid.as_str()).await;
    let row = row.expect("readable").expect("there").value;
    assert!(!["hear", "site", "labels"].iter().any(|key| row.contains(key)), "{row}");
    Desk::close(book).await;

    let book = desk.open().await;
    let all = [("server1", placed), ("server2", deaf.expect("added")), ("server3", usual)];
    for (name, before) in all {
        assert_eq!(book.get(&jid(name)), Some(before), "{name}");
    }
}

#[tokio::test]
async fn site_labels_and_what_is_heard_follow_the_configuration() {
    let desk = Desk::new();
    let book = desk.open().await;
    book.reconcile(vec![declared("server1", None)]).await.expect("declared");
    let site = SiteName::parse("berlin").ok();
    for change in [
        DeclaredAccount { site: site.clone(), ..declared("server1", None) },
        DeclaredAccount { hear: Vec::new(), site, ..declared("server1", None) },
        declared("server1", None),
    ] {
        let done = book.reconcile(vec![change.clone()]).await.expect("declared");
        assert_eq!(done.changed, [jid("server1")]);
        let account = book.get(&jid("server1")).expect("there");
        assert_eq!((&account.site, &account.hear), (&change.site, &change.hear));
    }
}

/// Runs all of them at the same time.
async fn all<F: Future + 'static>(futures: impl Iterator<Item = F>) -> Vec<F::Output> {
    let local = tokio::task::LocalSet::new();
    let tasks: Vec<_> = futures.map(|future| local.spawn_local(future)).collect();
    local.await;
    let mut outputs = Vec::new();
    for task in tasks {
        outputs.push(task.await.expect("no panic"));
    }
    outputs
}
