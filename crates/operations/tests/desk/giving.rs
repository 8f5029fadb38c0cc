//! Nobody gives an account more than they have: whoever makes one, or learns its password, can do what it can.

use lampfield_board::{Pattern, Protocol};
use lampfield_hub::kit::Rights;
use lampfield_operations::{Actor, ActorKind, Scope, Scopes};
use serde_json::{Value, json};

use crate::fixture::{Fixture, board, said, token};

/// A token for the board of `b.example`, where no admin is one of the whole server.
fn elsewhere(scopes: impl IntoIterator<Item = Scope>) -> Actor {
    let (kind, scopes) = (ActorKind::Token("gate".to_owned()), Scopes::from_iter(scopes));
    Actor::of_board(kind, scopes, board("b.example"), Protocol::Rest)
}

fn without(missing: Scope) -> impl Iterator<Item = Scope> {
    Scope::ALL.iter().copied().filter(move |scope| *scope != missing)
}

/// Why it was refused; nothing where it was done.
async fn refused(fixture: &Fixture, actor: &Actor, name: &str, with: Value) -> Option<String> {
    let refused = fixture.desk.run(actor, name, said(with)).await.err()?;
    assert!(refused.to_string().contains("more rights than you have"), "{refused}");
    Some(format!("{}: {}", refused.code, refused.message))
}

fn missing(account: &str, scope: Scope, whom: &str) -> Option<String> {
    let what = format!("what {account} may do needs the scope {scope}");
    Some(format!("scope-missing: {what}, which token {whom} does not have"))
}

#[tokio::test(flavor = "local")]
async fn an_account_that_may_do_more_is_neither_made_nor_handed_over() {
    let fixture = Fixture::new().await;
    let admin = |name: &str| json!({ "name": name, "role": "admin", "password": "hunter2" });
    for scope in Scope::ALL.iter().copied().filter(|scope| *scope != Scope::AccountsWrite) {
        let gate = elsewhere(without(scope));
        let refused = refused(&fixture, &gate, "user add", admin("x@b.example")).await;
        assert_eq!(refused, missing("x@b.example", scope, "gate"));
    }
    let all = elsewhere(Scope::ALL.iter().copied());
    assert_eq!(refused(&fixture, &all, "user add", admin("x@b.example")).await, None);
    let passwd = |name: &str| json!({ "name": name, "password": "hunter3" });
    let some = elsewhere(without(Scope::LogWrite));
    let of_admin = refused(&fixture, &some, "user passwd", passwd("x@b.example")).await;
    assert_eq!(of_admin, missing("x@b.example", Scope::LogWrite, "gate"));
    assert_eq!(refused(&fixture, &all, "user passwd", passwd("x@b.example")).await, None);

    // An admin of the first domain is one of all boards.
    let of_server = refused(&fixture, &token(Scope::ALL), "user add", admin("x@a.example")).await;
    assert!(of_server.is_some_and(|it| it.starts_with("whole-server: ")));
    assert_eq!(refused(&fixture, &Actor::owner(), "user add", admin("x@a.example")).await, None);
}

#[tokio::test(flavor = "local")]
async fn whoever_may_not_speak_of_lamps_gives_that_to_nobody() {
    let fixture = Fixture::new().await;
    let writer = token(&[Scope::AccountsWrite, Scope::LampsRead]);
    let add = |name: &str, role: &str, allow: &[&str]| json!({ "name": name, "role": role, "password": "hunter2", "allow": allow });
    let says = |account| missing(account, Scope::LampsWrite, "wall");
    assert_eq!(
        refused(&fixture, &writer, "user add", add("x", "pbx", &[])).await,
        says("x@a.example")
    );
    let user = add("x", "user", &["night"]);
    assert_eq!(refused(&fixture, &writer, "user add", user).await, says("x@a.example"));
    let invite = refused(&fixture, &writer, "invite", json!({ "name": "pbx-1" })).await;
    assert_eq!(invite, says("pbx-1@a.example"));
    assert_eq!(refused(&fixture, &writer, "user add", add("x", "user", &[])).await, None);
    let change = |allow: &[&str]| json!({ "name": "x", "allow": allow });
    let changed = refused(&fixture, &writer, "user change", change(&["night"])).await;
    assert_eq!(changed, says("x@a.example"));
    assert_eq!(refused(&fixture, &writer, "user change", change(&[""])).await, None);
}

#[tokio::test(flavor = "local")]
async fn whoever_may_touch_some_lamps_gives_these_only() {
    let fixture = Fixture::new().await;
    let patterns = |texts: &[&str]| -> Vec<Pattern> {
        texts.iter().map(|text| Pattern::parse(text).expect("a pattern")).collect()
    };
    let rights = Rights::of(&patterns(&["PJSIP/1*"]), &patterns(&["*"]));
    let some = token(Scope::ALL).limited_to(rights);
    let add = |allow: &[&str]| json!({ "name": "x", "password": "hunter2", "allow": allow });
    for more in [&[][..], &["PJSIP/*"], &["PJSIP/1*", "night"]] {
        let refused = refused(&fixture, &some, "user add", add(more)).await;
        assert!(refused.is_some_and(|it| it.starts_with("lamp-not-allowed: ")), "{more:?}");
    }
    assert_eq!(refused(&fixture, &some, "user add", add(&["PJSIP/1*"])).await, None);
}
