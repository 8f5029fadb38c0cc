//! `fake-pbx NAME`: one PBX without phones, on any server, until it is told to stop.

pub mod account;
pub mod play;

use std::process::ExitCode;
use std::time::Duration;

use lampfield_fake_pbx::{End, News, Reached};
use tokio::time::{Instant, sleep_until};

use super::args::{Common, FakePbxArgs as Args};
use super::stop::Stop;
use crate::failure::{Exit, Failure};
use crate::screen::Screen;
use account::PbxAccount;
use play::{Event, Interrupted, Play};

/// A login takes less, unless nobody answers who speaks XMPP.
const LOGIN_WITHIN: Duration = Duration::from_secs(5);

/// Runs it on a runtime of its own.
pub fn run(args: &Args, common: &Common, screen: &Screen) -> Result<ExitCode, Stop> {
    if common.json {
        let said = "fake-pbx has no JSON output: lampfield watch --json shows what it does";
        return Err(Failure::new(Exit::Usage, "no-json", said).into());
    }
    let account = PbxAccount::find(args, common)?;
    let outcome = play::on_a_runtime(live(args, &account, screen));
    if let Ok(Ended::Crashed) = outcome {
        // What it said must stand until the grace is over, and it would go with the account.
        screen.print(&account.left_behind(common))?;
        return Ok(Exit::Good.into());
    }
    let given_back = account.give_back(common);
    outcome.and(given_back).map(|()| Exit::Good.into())
}

/// How it ended, if all went well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ended {
    Goodbye,
    Crashed,
}

async fn live(args: &Args, account: &PbxAccount, screen: &Screen) -> Result<Ended, Stop> {
    let mut interrupted = Interrupted::listen()?;
    let settings = account.settings.clone();
    let (name, server) = (settings.user.clone(), settings.server.clone());
    let begun = Instant::now();
    screen.print(&introduction(args, account))?;
    let mut play = Play::new(vec![(settings, args.devices)], args.calls_per_minute);
    play.start(0);
    let mut next_crash = args.crash.map(|time| begun + time);
    let mut next_return = None;
    let end = args.span.map(|time| begun + time);
    let mut has_joined = false;
    let mut complains_at = Some(begun + LOGIN_WITHIN);
    loop {
        tokio::select! {
            event = play.next() => {
                if let Some(failure) = fatal(&event, &mut has_joined, args) {
                    return Err(failure.into());
                }
                screen.print(&play::line(&name, &event))?;
            }
            () = at(next_crash) => {
                play.crash(0);
                let Some(pause) = args.return_after else {
                    screen.print(&play::said(&name, "crashes"))?;
                    return Ok(Ended::Crashed);
                };
                let back = format!("crashes; comes back in {}", seconds(pause));
                screen.print(&play::said(&name, &back))?;
                (next_crash, next_return) = (None, Some(Instant::now() + pause));
            }
            () = at(next_return) => {
                play.start(0);
                (next_crash, next_return) = (args.crash.map(|time| Instant::now() + time), None);
            }
            () = at(complains_at) => {
                if !has_joined {
                    let what = unanswered(play.reached(0), &server);
                    screen.print(&play::said(&name, &format!("not logged in yet: {what}")))?;
                }
                complains_at = None;
            }
            () = at(end) => break,
            () = interrupted.wait() => break,
        }
    }
    let reached = play.reached(0);
    if has_joined {
        screen.print(&play::said(&name, "says goodbye"))?;
    }
    play.leave().await;
    if !has_joined {
        return Err(never_joined(reached, &server).into());
    }
    Ok(Ended::Goodbye)
}

/// Waits until then, or for ever.
async fn at(moment: Option<Instant>) {
    match moment {
        Some(moment) => sleep_until(moment).await,
        None => std::future::pending().await,
    }
}

/// What it cannot go on from: no way in at the first try, which waiting would not mend, and death.
fn fatal(event: &Event, has_joined: &mut bool, args: &Args) -> Option<Failure> {
    let Event::News(_, news) = event else { return None };
    match news {
        News::Joined(_) => {
            *has_joined = true;
            None
        }
        News::Died(crash) => {
            let message = format!("this would have crashed a real Asterisk: {}", crash.what);
            let failure = Failure::new(Exit::Bad, "fake-crashed", message);
            Some(failure.line("received", &crash.stanza))
        }
        News::Outside(end, _) if !*has_joined => Some(outside(end, args)),
        News::Outside(..) | News::Lost(..) => None,
    }
}

fn outside(end: &End, args: &Args) -> Failure {
    match end {
        End::Closed(Some(why)) if why.starts_with("host-unknown") => {
            Failure::new(Exit::NotAllowed, "fake-refused", end.to_string())
                .line("try", "the same with --domain DOMAIN")
                .line("note", "lampfield status on that server lists its domains")
        }
        End::Refused(_) => Failure::new(Exit::NotAllowed, "fake-refused", end.to_string())
            .line("likely", "the account does not exist there, or has another password"),
        End::NoPlain if args.no_tls => {
            Failure::new(Exit::NotAllowed, "fake-refused", format!("{end}, in clear text"))
                .line("try", "without --no-tls")
        }
        End::Tls { .. } if !args.fingerprint.is_empty() || args.ca.is_some() => {
            Failure::new(Exit::NotAllowed, "fake-refused", end.to_string()).line(
                "note",
                "without --fingerprint and --ca it accepts any certificate, as Asterisk does",
            )
        }
        End::NoTls | End::NoPlain | End::Tls { .. } => {
            Failure::new(Exit::NotAllowed, "fake-refused", end.to_string())
                .line("note", "an Asterisk with usetls=yes cannot log in either")
        }
        _ => Failure::new(Exit::NotReached, "fake-not-reached", end.to_string())
            .line("note", "Asterisk asks the DNS for addresses, never for SRV records"),
    }
}

/// Why it is not logged in yet.
fn unanswered(reached: Reached, server: &str) -> String {
    let what = match reached {
        Reached::Nothing => "does not accept the connection",
        Reached::Connection => "is connected but sends no XMPP",
        Reached::Stream => "speaks XMPP but has not finished the login",
    };
    format!("{server} {what}")
}

fn never_joined(reached: Reached, server: &str) -> Failure {
    let failure = Failure::new(Exit::NotReached, "fake-not-reached", "it never logged in")
        .line("because", unanswered(reached, server));
    match reached {
        Reached::Stream => failure.line(
            "try",
            "its log; that of a relay (journalctl -u lampfield-relay) names the server it does not reach",
        ),
        Reached::Nothing | Reached::Connection => failure.line(
            "try",
            "--to with the address of the XMPP server, usually port 5222; if that is a relay, its own --to",
        ),
    }
}

fn introduction(args: &Args, account: &PbxAccount) -> String {
    let settings = &account.settings;
    let (jid, server, eid) = (settings.account(), &settings.server, &settings.eid);
    let devices = args.devices;
    format!("fake-pbx {jid} (EID {eid}) with phones {devices} on {server}; it ends with Ctrl-C\n")
}

fn seconds(time: Duration) -> String {
    crate::screen::time::age(time.as_secs_f64())
}
