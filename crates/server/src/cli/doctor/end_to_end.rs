//! `doctor --end-to-end`: two PBXs of its own log in as real ones do, by the real listener, and one says
//! states that the other must hear. Whatever comes of it, their accounts go again. They may say and hear one
//! name only, the same each time, so that no PBX remembers more than that one of all such tests.

use std::time::{Duration, Instant};

use lampfield_fake_pbx::{DeviceState, FakePbx, News, Settings};
use lampfield_operations::operation::{Invite, UserAdd, UserList, UserRemove};
use tokio::sync::mpsc::channel;
use tokio::time::timeout;

use super::super::args::Common;
use super::super::fake_pbx::account::invited;
use super::super::fake_pbx::play::{Interrupted, on_a_runtime};
use super::super::stop::Stop;
use super::super::{ask, connect};
use crate::doctor::{EndToEnd, Examined, Finding, NotAsked};
use crate::failure::{Exit, Failure};

const ID: &str = "end-to-end/states";
const ACCOUNTS: [&str; 2] = ["lampfield-doctor-1", "lampfield-doctor-2"];
const DEVICE: &str = "Custom:lampfield-doctor";

/// How many states go from one to the other.
const STATES: usize = 20;
/// How long a login and a state may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long a lamp may take before people notice.
const SLOW: Duration = Duration::from_secs(1);

/// Measures; also gives what was measured, if two accounts could be made for it.
pub fn run(common: &Common) -> Result<(Examined, Option<EndToEnd>), Stop> {
    let unasked = |reason: String| Examined { id: ID, answer: Err(NotAsked(reason)) };
    match check_unused(common) {
        Err(Stop::Failed(failure)) if failure.code == "doctor-busy" => return Err(failure.into()),
        Err(Stop::Failed(failure)) => return Ok((unasked(failure.message), None)),
        other => other?,
    }
    let measured = measure(common);
    let removed = ACCOUNTS.map(|name| ask(common, &UserRemove { name: name.to_owned() }));
    // One that could not be made cannot be removed either.
    let is_left = |removed: &Result<_, Stop>| {
        !matches!(removed, Err(Stop::Failed(failure)) if failure.code == "unknown-account")
            && removed.is_err()
    };
    let mut times = match measured? {
        Ok(times) => times,
        Err(why) => {
            let document = document(&[], !removed.iter().any(is_left));
            return Ok((Examined { id: ID, answer: Ok(vec![broken(&why)]) }, Some(document)));
        }
    };
    times.sort_unstable();
    let document = document(&times, !removed.iter().any(is_left));
    let slow = times.last().filter(|longest| **longest > SLOW).map(|longest| slow(*longest));
    Ok((Examined { id: ID, answer: Ok(slow.into_iter().collect()) }, Some(document)))
}

/// Refuses where the accounts are in use: somebody else does the same just now.
fn check_unused(common: &Common) -> Result<(), Stop> {
    let users = ask(common, &UserList { domain: None })?.users;
    let is_ours = |jid: &str| ACCOUNTS.contains(&jid.split('@').next().unwrap_or_default());
    match users.iter().find(|user| is_ours(&user.jid) && user.connected > 0) {
        Some(user) => {
            let message = format!("{} is connected: another test is running", user.jid);
            let failure = Failure::new(Exit::Conflict, "doctor-busy", message);
            Err(failure.line("try", "lampfield doctor --end-to-end   when it has ended").into())
        }
        None => Ok(()),
    }
}

/// How long each state took, or why none arrives.
fn measure(common: &Common) -> Result<Result<Vec<Duration>, String>, Stop> {
    let mut settings = Vec::new();
    for name in ACCOUNTS {
        match account(name, common) {
            Ok(one) => settings.push(one),
            Err(Stop::Failed(failure)) => return Ok(Err(failure.message)),
            Err(other) => return Err(other),
        }
    }
    let [one, other] = settings.as_slice() else { return Ok(Err("no accounts".to_owned())) };
    on_a_runtime(async {
        let mut interrupted = Interrupted::listen()?;
        Ok(tokio::select! {
            times = between(one, other) => times,
            () = interrupted.wait() => Err("it was interrupted".to_owned()),
        })
    })
}

/// Makes an account; one that a test of before has left is taken.
fn account(name: &str, common: &Common) -> Result<Settings, Stop> {
    let add = UserAdd {
        name: name.to_owned(),
        role: "pbx".to_owned(),
        allow: vec![DEVICE.to_owned()],
        hear: vec![DEVICE.to_owned()],
        site: None,
        label: Vec::new(),
        legacy_auth: false,
        password: None,
    };
    match ask(common, &add) {
        Err(Stop::Failed(failure)) if failure.code == "account-exists" => {}
        made => drop(made?),
    }
    let invite = Invite { name: name.to_owned(), domain: None, rotate: false };
    Ok(invited(&connect(common)?.ask(&invite)?)?)
}

async fn between(one: &Settings, other: &Settings) -> Result<Vec<Duration>, String> {
    let publisher = logged_in(one).await?;
    let listener = logged_in(other).await?;
    let mut times = Vec::with_capacity(STATES);
    for state in [DeviceState::InUse, DeviceState::NotInUse].into_iter().cycle().take(STATES) {
        let begun = Instant::now();
        publisher.set_state(DEVICE, state).await;
        let heard = listener.until(|module| module.state(DEVICE) == state);
        timeout(PATIENCE, heard)
            .await
            .map_err(|_| format!("{DEVICE} became {state}, and the other PBX was not told"))?;
        times.push(begun.elapsed());
    }
    publisher.leave().await;
    listener.leave().await;
    Ok(times)
}

async fn logged_in(settings: &Settings) -> Result<FakePbx, String> {
    let (tell, mut told) = channel(1);
    // Only the first news counts.
    let pbx = FakePbx::start(settings.clone(), [], move |news| drop(tell.try_send(news)));
    match timeout(PATIENCE, told.recv()).await {
        Ok(Some(News::Joined(_))) => Ok(pbx),
        Ok(Some(News::Outside(end, _) | News::Lost(end, _))) => Err(end.to_string()),
        Ok(Some(News::Died(crash))) => Err(crash.to_string()),
        Ok(None) | Err(_) => Err(format!("no login at {} within 10 s", settings.server)),
    }
}

fn document(times: &[Duration], removed: bool) -> EndToEnd {
    let seconds = |time: Option<&Duration>| time.map(Duration::as_secs_f64);
    EndToEnd {
        accounts: ACCOUNTS.map(str::to_owned).into(),
        removed,
        states: times.len(),
        median_seconds: seconds(times.get(times.len() / 2)),
        longest_seconds: seconds(times.last()),
    }
}

fn broken(why: &str) -> Finding {
    Finding::bad(
        "the state of a phone does not pass from one PBX to another",
        "every lamp",
        "lampfield doctor --only ports,firewall,tls,members   (and the log of the server)",
    )
    .seen(why)
}

fn slow(longest: Duration) -> Finding {
    Finding::look(
        format!("a state took {:.1} s from one PBX to another", longest.as_secs_f64()),
        "everyone who looks at a lamp",
        "lampfield doctor --only machine,disk   (and: top -H -p $(pidof lampfield))",
    )
}
