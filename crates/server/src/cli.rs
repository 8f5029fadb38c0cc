//! The command line: what can be typed, and which file answers it. Verbs other than `serve` and
//! `check` are clients of the running server's control socket.

mod args;
mod audit;
mod bench;
mod by_hand;
mod check;
mod confirm;
mod demo;
mod doctor;
mod domain;
mod examples;
mod fake_pbx;
mod help;
mod history;
mod invite;
mod list;
mod log;
mod others;
mod password;
mod relay;
mod relay_alone;
mod reload;
mod report;
mod rotate;
mod status;
mod stop;
mod top;
mod user;
mod watch;
mod why;
mod wrong_usage;

use std::io::Write;
use std::process::ExitCode;

pub use args::Common;
use args::{Cli, ServeArgs, Verb};
use stop::Stop;

use clap::error::ErrorKind;
use lampfield_operations::{Operation, visible_json};

use crate::config::{Problem, Problems, Weight};
use crate::control::client::Client;
use crate::document::done::Done;
use crate::document::error::Error;
use crate::document::warning::Warning;
use crate::failure::{Exit, Failure};
use crate::place::Place;
use crate::screen::{self, Color, Screen, Signs, Verdict, Voice};
use crate::serve;

/// A verb of several acts without any: its help is the answer.
const SHORT: ErrorKind = ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand;

/// Runs what was typed and tells how it ended.
pub fn run() -> ExitCode {
    let cli = match args::parse() {
        Ok(cli) => cli,
        // Help was asked for, or a verb with several acts was typed alone, which asks for it as well.
        Err(error) if !error.use_stderr() || error.kind() == SHORT => {
            let code = if error.use_stderr() { Exit::Usage } else { Exit::Good };
            return if error.print().is_ok() { code.into() } else { Exit::BrokenPipe.into() };
        }
        Err(error) => return refuse(&error),
    };
    let signs = if cli.common.ascii { Signs::Ascii } else { Signs::Utf8 };
    let voice = if cli.common.quiet { Voice::Quiet } else { Voice::Spoken };
    let screen = Screen::of(cli.common.color, signs, voice);
    match dispatch(&cli, &screen) {
        Ok(code) => code,
        Err(stop) => {
            let stop = stop.retyped(&cli.common);
            let answered = if cli.common.json { explain(&stop, &screen) } else { Ok(()) };
            answered.err().unwrap_or(stop).report()
        }
    }
}

/// Tells of a wrong usage, as a document too if a script asked for one, in whatever place.
fn refuse(error: &clap::Error) -> ExitCode {
    let typed = typed();
    let stop = Stop::Failed(wrong_usage::of(error, &typed, &args::command_for(&typed)));
    let screen = Screen::of(Color::Never, Signs::Ascii, Voice::Spoken);
    let wants_json = typed.iter().any(|word| word == "--json");
    let answered = if wants_json { explain(&stop, &screen) } else { Ok(()) };
    answered.err().unwrap_or(stop).report()
}

/// The command as it was typed.
fn typed() -> Vec<String> {
    std::env::args_os().map(|word| word.to_string_lossy().into()).collect()
}

/// A script that asked for a document gets one also when there is no other.
fn explain(stop: &Stop, screen: &Screen) -> Result<(), Stop> {
    match stop {
        Stop::Failed(failure) => Ok(screen.print(&json(&Error::from(failure))?)?),
        Stop::Misconfigured(problems) | Stop::NotStarted(problems) => {
            Ok(screen.print(&json(&wrong_configuration(problems))?)?)
        }
        Stop::Output(_) => Ok(()),
    }
}

/// The first mistake that stops the start, and where all of them are.
fn wrong_configuration(problems: &Problems) -> Error {
    let fatal = |problem: &&Problem| problem.weight == Weight::Error;
    let first = problems.list.iter().find(fatal);
    let place = |problem: &Problem| {
        let (line, column) = problems.source.line_and_column(problem);
        format!("{}:{line}:{column}", problems.source.path.display())
    };
    let all = problems.list.iter().map(|one| (place(one), one.message.clone()));
    Error {
        schema: "error/1",
        code: first.map_or("configuration", |first| first.code).to_owned(),
        message: first.map_or(String::new(), |first| first.message.clone()),
        details: all.collect(),
        exit: Exit::Usage as u8,
    }
}

fn dispatch(cli: &Cli, screen: &Screen) -> Result<ExitCode, Stop> {
    let common = &cli.common;
    relay_alone::allows(cli.verb.as_ref())?;
    let serve = |serve: &ServeArgs| {
        let place = place(common).map_err(Stop::not_started)?;
        Ok(serve::run(place.listening(&serve.listen), serve.until_eof)?)
    };
    let Some(verb) = &cli.verb else { return serve(&cli.serve) };
    match verb {
        Verb::Serve(options) => serve(options),
        Verb::Check(check) => check::run(check, common, screen),
        Verb::Status(status) => status::run(status, common, screen),
        Verb::Why(why) => why::run(why, common, screen),
        Verb::History(history) => history::run(history, common, screen),
        Verb::Watch(watch) => watch::run(watch, common, screen),
        Verb::Top(top) => top::run(top, common, screen),
        Verb::List(wanted) => list::run(wanted, common, screen),
        Verb::Set(said) => by_hand::set(said, common, screen),
        Verb::Clear(meant) => by_hand::clear(meant, common, screen),
        Verb::User(user) => user::run(user, common, screen),
        Verb::Invite(invite) => invite::run(invite, common, screen),
        Verb::Domain(domain) => domain::run(domain, common, screen),
        Verb::Audit(audit) => audit::run(audit, common, screen),
        Verb::Doctor(doctor) => doctor::run(doctor, common, screen),
        Verb::Report(report) => report::run(report, common, screen),
        Verb::Reload => reload::run(common, screen),
        Verb::Rotate(rotate) => rotate::run(rotate, common, screen),
        Verb::Log(log) => log::run(log, common, screen),
        Verb::Relay(relay) => relay::run(relay),
        Verb::Demo(demo) => demo::run(demo, common, screen),
        Verb::FakePbx(fake) => fake_pbx::run(fake, common, screen),
        Verb::Bench(bench) => bench::run(bench, common, screen),
        Verb::Help(help) => help::run(help, screen),
    }
}

/// The configuration and folders that the command line names.
fn place(common: &Common) -> Result<Place, Stop> {
    Place::find(common.config.as_deref(), common.data_dir.as_deref()).map_err(Stop::from)
}

/// Has the running server do something. What is to be shown to a person has nothing in it that a terminal would obey.
fn ask<O: Operation>(common: &Common, operation: &O) -> Result<O::Answer, Stop> {
    let mut client = connect(common)?;
    Ok(match common.json {
        true => client.ask(operation)?,
        false => client.ask_for_people(operation)?,
    })
}

fn connect(common: &Common) -> Result<Client, Stop> {
    let (socket, mistakes) =
        Place::socket_to_ask(common.config.as_deref(), common.data_dir.as_deref())?;
    match (Client::connect(&socket, common.timeout), mistakes) {
        (Err(failure), None) if failure.code == "not-reached" => {
            Err(others::told(failure, common, &socket, &typed()).into())
        }
        (Err(failure), None) if failure.code == "not-allowed" => {
            Err(failure.line("try", others::as_root(&typed())).into())
        }
        (client, None) => Ok(client?),
        (Ok(client), Some(mistakes)) => {
            let said = say_mistakes(&mistakes);
            said.map(|()| client).map_err(Stop::Output)
        }
        // Nobody is there, and these mistakes may be why.
        (Err(_), Some(mistakes)) => Err(Stop::Misconfigured(mistakes)),
    }
}

/// That the server which answers does not go by the file as it is now.
fn say_mistakes(mistakes: &Problems) -> std::io::Result<()> {
    let first = mistakes.list.iter().find(|problem| problem.weight == Weight::Error);
    let place = first.map_or_else(
        || mistakes.source.path.display().to_string(),
        |first| {
            let (line, column) = mistakes.source.line_and_column(first);
            format!("{}:{line}:{column}", mistakes.source.path.display())
        },
    );
    writeln!(
        std::io::stderr(),
        "! the configuration has mistakes ({place}); the server keeps the one it read before. lampfield \
         check lists them"
    )
}

/// Makes a change that answers with nothing but a sentence.
fn change(
    operation: &impl Operation<Answer = Done>,
    common: &Common,
    screen: &Screen,
) -> Result<(), Stop> {
    let done = ask(common, operation)?;
    screen.print(&match common.json {
        true => json(&done)?,
        false => format!("{}\n", done.text),
    })?;
    warn(&done.warnings, common, screen)
}

/// Tells what is to be looked at, also whoever wants to hear nothing else. A document has it already.
fn warn(warnings: &[Warning], common: &Common, screen: &Screen) -> Result<(), Stop> {
    if common.json {
        return Ok(());
    }
    let said: String = warnings.iter().map(|one| warning(one, screen)).collect();
    Ok(std::io::stderr().write_all(common.retyped(&said).as_bytes())?)
}

/// A warning as it is said of the configuration.
fn warning(warning: &Warning, screen: &Screen) -> String {
    let Warning { code, text, remedy, at } = warning;
    let text = at.as_ref().map_or_else(|| text.clone(), |at| format!("{at}: {text}"));
    complaint(screen, Verdict::Look, &text, remedy.as_deref(), code)
}

/// Something to look at, with what to do and where more is said about it.
fn complaint(
    screen: &Screen,
    verdict: Verdict,
    text: &str,
    remedy: Option<&str>,
    code: &str,
) -> String {
    let sign = screen.verdict(verdict);
    let text = screen::time::local(text);
    let mend = remedy.map_or(String::new(), |remedy| format!("     mend  {remedy}\n"));
    format!(" {sign} {text}\n{mend}     more  lampfield help {code}\n")
}

/// A document as the contract prints it.
fn json(document: &impl serde::Serialize) -> Result<String, Stop> {
    let text = serde_json::to_string_pretty(document).map_err(Failure::bug)?;
    Ok(visible_json(&text).into_owned() + "\n")
}
