//! `user add|list|change|passwd|forget-resource|remove`: the accounts. A password never stands on the
//! command line; one the server makes is printed.

use std::io::{self, Write};
use std::process::ExitCode;

use lampfield_operations::Operation;
use lampfield_operations::operation::{
    UserAdd, UserChange, UserForgetResource, UserList, UserPasswd, UserRemove,
};

use super::args::{Common, UserAction, UserAddArgs, UserArgs, UserChangeArgs};
use super::password;
use super::stop::Stop;
use super::{ask, change, complaint, confirm, json, warn};
use crate::document::account::{User as Account, UserSecret, Users};
use crate::failure::{Exit, Failure};
use crate::screen::time::count;
use crate::screen::{Align, Screen, Table, Verdict};
use crate::shell;

pub fn run(user: &UserArgs, common: &Common, screen: &Screen) -> Result<ExitCode, Stop> {
    match &user.action {
        UserAction::Add(add) => give(&added(add)?, common, screen)?,
        UserAction::Change(args) => change(&changed(args), common, screen)?,
        UserAction::Passwd { name, generate } => {
            let password = if *generate { None } else { Some(password::given()?) };
            give(&UserPasswd { name: name.clone(), password }, common, screen)?;
        }
        UserAction::List { domain } => list(domain.clone(), common, screen)?,
        UserAction::ForgetResource { name, resource } => {
            let (name, resource) = (name.clone(), resource.clone());
            change(&UserForgetResource { name, resource }, common, screen)?;
        }
        UserAction::Remove { name, yes } => {
            // Of an account that is not there nothing would be removed: the server says so.
            if !yes && is_known(name, common)? {
                confirm(name)?;
            }
            change(&UserRemove { name: name.clone() }, common, screen)?;
        }
    }
    Ok(Exit::Good.into())
}

fn added(add: &UserAddArgs) -> Result<UserAdd, Stop> {
    Ok(UserAdd {
        name: add.name.clone(),
        role: add.role.clone(),
        allow: add.allow.clone(),
        hear: add.hear.clone(),
        site: add.site.clone(),
        label: add.label.clone(),
        legacy_auth: add.legacy_auth,
        password: if add.generate { None } else { Some(password::given()?) },
    })
}

fn changed(args: &UserChangeArgs) -> UserChange {
    UserChange {
        name: args.name.clone(),
        allow: args.allow.clone(),
        hear: args.hear.clone(),
        site: args.site.clone(),
        label: args.label.clone(),
    }
}

/// Adds an account or changes its password.
fn give(
    operation: &impl Operation<Answer = UserSecret>,
    common: &Common,
    screen: &Screen,
) -> Result<(), Stop> {
    let secret = ask(common, operation)?;
    let UserSecret { jid, password, again, .. } = &secret;
    let again =
        again.as_ref().map_or("shown only once".to_owned(), |by| format!("{by} prints it again"));
    let shown = match (common.json, password) {
        (true, _) => json(&secret)?,
        (false, Some(password)) => format!("{jid}   password {password}   ({again})\n"),
        (false, None) => format!("{jid}   password as given\n"),
    };
    match password {
        Some(_) => screen.print_always(&shown)?,
        None => screen.print(&shown)?,
    }
    if let Some(why) = secret.weak.as_ref().filter(|_| !common.json) {
        let new = format!("lampfield user passwd {} --generate", shell::word(jid));
        let new = common.retyped(&new);
        let text = format!("the password is weak: {why}");
        io::stderr().write_all(
            complaint(screen, Verdict::Look, &text, Some(&new), "weak-password").as_bytes(),
        )?;
    }
    warn(&secret.warnings, common, screen)
}

fn is_known(name: &str, common: &Common) -> Result<bool, Stop> {
    let users = ask(common, &UserList { domain: None })?.users;
    let is_it = |jid: &str| jid == name || jid.split('@').next() == Some(name);
    Ok(users.iter().any(|user| is_it(&user.jid)))
}

fn list(domain: Option<String>, common: &Common, screen: &Screen) -> Result<(), Stop> {
    let users = ask(common, &UserList { domain })?;
    screen.print(&match common.json {
        true => json(&users)?,
        false => text(&users, screen),
    })?;
    Ok(())
}

fn text(users: &Users, screen: &Screen) -> String {
    let mut table = Table::new(&[
        ("ACCOUNT", Align::Left),
        ("ROLE", Align::Left),
        ("SITE", Align::Left),
        ("LABELS", Align::Left),
        ("CONNECTED", Align::Right),
        ("AWAY", Align::Left),
        ("MADE BY", Align::Left),
        ("MAY PUBLISH", Align::Left),
        ("MAY HEAR", Align::Left),
    ]);
    for user in &users.users {
        table.row(vec![
            user.jid.clone(),
            user.role.clone(),
            user.site.clone().unwrap_or_default(),
            user.labels.join(" "),
            connected(user),
            away(&user.away),
            user.made_by.clone(),
            user.allow.join(" "),
            heard(&user.hear),
        ]);
    }
    table.into_text(screen)
}

/// How many, and how many of these by a relay, if any.
fn connected(user: &Account) -> String {
    let (all, by_relay) = (count(user.connected), count(user.by_relay));
    match user.by_relay {
        0 => all,
        some if some == user.connected => format!("{all} by relay"),
        _ => format!("{all}, {by_relay} by relay"),
    }
}

/// What it may hear; nothing is said where that is everything, as is usual.
fn heard(patterns: &[String]) -> String {
    match patterns {
        [] => "nothing".to_owned(),
        [all] if all == "*" => String::new(),
        some => some.join(" "),
    }
}

/// Resources as they are typed: a PBX may have none.
fn away(resources: &[String]) -> String {
    let typed = resources.iter().map(|one| if one.is_empty() { "''" } else { one });
    typed.collect::<Vec<_>>().join(" ")
}

/// Asks whether it is meant, where there is somebody to ask.
fn confirm(name: &str) -> Result<(), Stop> {
    if !confirm::is_possible() {
        let message = format!("there is no terminal to confirm the removal of {name}");
        let failure = Failure::new(Exit::Usage, "not-confirmed", message);
        return Err(failure
            .line("try", format!("lampfield user remove {} --yes", shell::word(name)))
            .into());
    }
    let what =
        format!("This removes {name}, closes its connections and withdraws everything it said.");
    confirm::asked(&what, "nothing was removed")
}
