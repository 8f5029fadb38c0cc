//! `demo`: a server and three PBXs without phones, all of it in a temporary folder, and what happens on
//! their lamps. It must touch no server of the operator and leave nothing behind.

mod house;
mod lamps;

use std::env;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use lampfield_fake_pbx::PhoneRange;
use lampfield_operations::operation::Invite;
use tokio::time::{Instant, sleep_until};

use super::args::{Common, DemoArgs as Args};
use super::fake_pbx::account::invited;
use super::fake_pbx::play::{self, Event, Interrupted, Play};
use super::stop::Stop;
use crate::failure::{Exit, Failure};
use crate::screen::Screen;
use crate::shell;
use house::House;
use lamps::Lamps;

/// The PBXs, with the first number of each and how many phones it has.
const PBXS: [(&str, u32); 3] = [("pbx-1", 100), ("pbx-2", 200), ("pbx-3", 300)];
const PHONES: u32 = 8;

/// How long the PBXs run before the next one crashes.
const QUIET: Duration = Duration::from_secs(25);
/// How long one stays away that has crashed: longer than the grace, so that its lamps go out.
const AWAY: Duration = Duration::from_secs(20);

pub fn run(args: &Args, common: &Common, screen: &Screen) -> Result<ExitCode, Stop> {
    if common.json {
        let said = "demo has no JSON output: lampfield watch --json shows what happens";
        return Err(Failure::new(Exit::Usage, "no-json", said).into());
    }
    if common.config.is_some() || common.data_dir.is_some() {
        let message = "the demo uses its own configuration and folder";
        let failure = Failure::new(Exit::Usage, "demo-folder", message);
        return Err(failure.line("try", "lampfield demo").into());
    }
    play::on_a_runtime(show(args, common, screen))
}

async fn show(args: &Args, common: &Common, screen: &Screen) -> Result<ExitCode, Stop> {
    let mut interrupted = Interrupted::listen()?;
    let mut house = tokio::select! {
        house = House::open() => house?,
        () = interrupted.wait() => return Ok(Exit::Good.into()),
    };
    let outcome = happen(args, common, screen, &mut house, &mut interrupted).await;
    house.close().await;
    outcome.map(|()| Exit::Good.into())
}

async fn happen(
    args: &Args,
    common: &Common,
    screen: &Screen,
    house: &mut House,
    interrupted: &mut Interrupted,
) -> Result<(), Stop> {
    let begun = Instant::now();
    let mut lamps = Lamps::watch(house.ask(common.timeout)?, *screen);
    let mut pbxs = Vec::new();
    for (name, first) in PBXS {
        let invite = Invite { name: name.to_owned(), domain: None, rotate: false };
        let settings = invited(&house.ask(common.timeout)?.ask(&invite)?)?;
        pbxs.push((settings, PhoneRange::from(first, PHONES)));
    }
    screen.print(&page(house))?;
    let mut play = Play::new(pbxs, args.calls_per_minute);
    (0..PBXS.len()).for_each(|at| play.start(at));
    let mut crashes = Crashes { whose: 1, is_down: false, next: begun + QUIET };
    let end = args.span.map(|time| begun + time);
    loop {
        tokio::select! {
            event = play.next() => screen.print(&told(&play, &event))?,
            line = lamps.next() => match line {
                Ok(line) => screen.print(&line)?,
                // The log of a server that has ended says more.
                Err(failure) => return house.check().and(Err(failure)).map_err(Stop::from),
            },
            () = sleep_until(crashes.next) => screen.print(&crashes.happen(&mut play))?,
            () = async { sleep_until(end.unwrap_or(begun)).await }, if end.is_some() => break,
            () = interrupted.wait() => break,
        }
    }
    screen.print(&play::said("", "the demo ends and removes its folder"))?;
    play.leave().await;
    Ok(())
}

/// One PBX after the other dies and comes back.
struct Crashes {
    whose: usize,
    is_down: bool,
    next: Instant,
}

// === impl Crashes ===

impl Crashes {
    /// What is due happens, and is told.
    fn happen(&mut self, play: &mut Play) -> String {
        let name = play.name(self.whose).to_owned();
        self.is_down = !self.is_down;
        if self.is_down {
            play.crash(self.whose);
            self.next += AWAY;
            return play::said(
                &name,
                "crashes without a goodbye: its lamps stay for the grace, in case it comes back, and \
                 then go out",
            );
        }
        play.start(self.whose);
        self.next += QUIET;
        self.whose = (self.whose + 1) % PBXS.len();
        play::said(&name, "starts again")
    }
}

fn told(play: &Play, event: &Event) -> String {
    let name = match event {
        Event::Happened(_) => "",
        Event::News(at, _) => play.name(*at),
    };
    play::line(name, event)
}

/// What there is and what to look at.
fn page(house: &House) -> String {
    let last = |first: u32| first + PHONES - 1;
    let pbxs = PBXS.map(|(name, first)| format!("{name} with phones {first}-{}", last(first)));
    let program = env::args().next().unwrap_or_else(|| "lampfield".to_owned());
    let typed = |command: &str| command_line(&program, command, &house.data());
    format!(
        "lampfield demo: a server on {} and three PBXs that call each other; Ctrl-C ends it\n\n  \
         {}\n\nIn another terminal:\n\n  {}\n  {}\n  {}\n  {}\n\n\
         Here is what people do (--) and what the lamps show:\n\n",
        house.listen(),
        pbxs.join("\n  "),
        typed("status"),
        typed("watch 'PJSIP/1*'"),
        typed("why PJSIP/100"),
        typed("history PJSIP/100"),
    )
}

fn command_line(program: &str, command: &str, data: &Path) -> String {
    format!(
        "{} {command} --data-dir {}",
        shell::word(program),
        shell::word(&data.display().to_string())
    )
}
