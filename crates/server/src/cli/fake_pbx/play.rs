//! PBXs without phones that play an office together, and how that is told.

use std::collections::VecDeque;
use std::time::Instant;

use jiff::Zoned;
use lampfield_fake_pbx::{
    FakePbx, Happening, News, Office, PbxWord, PhoneRange, Reached, Settings, Word,
};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::time::{Instant as Moment, sleep_until};

use super::super::stop::Stop;
use crate::failure::Failure;
use crate::screen::time::age;

/// News of PBXs that may wait to be read; what comes then is lost.
const NEWS: usize = 256;

/// Some PBXs and the people who use their phones.
pub struct Play {
    office: Office,
    members: Vec<Member>,
    begun: Instant,
    tell: Sender<(usize, News)>,
    told: Receiver<(usize, News)>,
    /// What is still to be said.
    words: VecDeque<PbxWord>,
    happened: VecDeque<Happening>,
}

struct Member {
    settings: Settings,
    /// None while it is dead.
    pbx: Option<FakePbx>,
}

/// Something to tell.
#[derive(Debug)]
pub enum Event {
    /// Of the people.
    Happened(Happening),
    /// Of a PBX, by its place.
    News(usize, News),
}

/// SIGINT and SIGTERM.
pub struct Interrupted {
    interrupt: Signal,
    terminate: Signal,
}

// === impl Play ===

impl Play {
    /// These PBXs, all of them dead still. Must be called on a runtime.
    pub fn new(pbxs: Vec<(Settings, PhoneRange)>, calls_per_minute: u32) -> Self {
        let named = pbxs.iter().map(|(settings, phones)| (settings.user.clone(), *phones));
        let named: Vec<_> = named.collect();
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        let seed = now.map_or(0, |time| u64::from(time.subsec_nanos()));
        let mut office = Office::new(&named, calls_per_minute, seed);
        (0..named.len()).for_each(|site| office.crash(site));
        let (tell, told) = channel(NEWS);
        let member = |(settings, _)| Member { settings, pbx: None };
        Self {
            office,
            members: pbxs.into_iter().map(member).collect(),
            begun: Instant::now(),
            tell,
            told,
            words: VecDeque::new(),
            happened: VecDeque::new(),
        }
    }

    /// A PBX starts, as a process that has just begun. Its people call from its first login on.
    pub fn start(&mut self, at: usize) {
        let states = self.office.states(at);
        let Some(member) = self.members.get_mut(at) else { return };
        let tell = self.tell.clone();
        // Nobody hears it any more when everything ends; and news that nobody has read are old.
        let tell = move |news| drop(tell.try_send((at, news)));
        member.pbx = Some(FakePbx::start(member.settings.clone(), states, tell));
    }

    /// A PBX crashes.
    pub fn crash(&mut self, at: usize) {
        if let Some(member) = self.members.get_mut(at) {
            member.pbx = None;
        }
        self.office.crash(at);
        self.words.retain(|said| said.site != at);
    }

    /// How far the last login of a PBX has come.
    pub fn reached(&self, at: usize) -> Reached {
        let pbx = self.members.get(at).and_then(|member| member.pbx.as_ref());
        pbx.map_or(Reached::Nothing, FakePbx::reached)
    }

    /// The name of a PBX.
    pub fn name(&self, at: usize) -> &str {
        self.members.get(at).map_or("", |member| &member.settings.user)
    }

    /// Lets time pass until there is something to tell. Nothing is lost if it is dropped while it waits.
    pub async fn next(&mut self) -> Event {
        loop {
            while let Some(said) = self.words.front() {
                let member = self.members.get(said.site).and_then(|member| member.pbx.as_ref());
                if let Some(pbx) = member {
                    match said.word.clone() {
                        Word::Device(device, state) => pbx.set_state(&device, state).await,
                        Word::Mailbox(mailbox, count) => pbx.set_mailbox(&mailbox, count).await,
                    }
                }
                self.words.pop_front();
            }
            if let Some(happening) = self.happened.pop_front() {
                return Event::Happened(happening);
            }
            let next = Moment::from_std(self.begun + self.office.next());
            tokio::select! {
                Some((at, news)) = self.told.recv() => {
                    let is_alive = self.members.get(at).is_some_and(|one| one.pbx.is_some());
                    if is_alive && matches!(news, News::Joined(_)) {
                        self.office.come_back(at);
                    }
                    return Event::News(at, news);
                }
                () = sleep_until(next) => {
                    self.office.pass(self.begun.elapsed());
                    self.words.extend(self.office.take_said());
                    self.happened.extend(self.office.take_happened());
                }
            }
        }
    }

    /// All of them say goodbye.
    pub async fn leave(self) {
        let mut leaving: Vec<_> = Vec::new();
        for pbx in self.members.into_iter().filter_map(|member| member.pbx) {
            leaving.push(tokio::spawn(pbx.leave()));
        }
        for one in leaving {
            // One that cannot says nothing.
            let _ = one.await;
        }
    }
}

// === impl Interrupted ===

impl Interrupted {
    /// Takes them over from the system's defaults.
    pub fn listen() -> Result<Self, Failure> {
        let take = |kind| signal(kind).map_err(Failure::bug);
        Ok(Self {
            interrupt: take(SignalKind::interrupt())?,
            terminate: take(SignalKind::terminate())?,
        })
    }

    /// Waits for one of them.
    pub async fn wait(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

/// Does this on a runtime of its own, which waits for nothing else at its end.
pub fn on_a_runtime<T>(work: impl Future<Output = Result<T, Stop>>) -> Result<T, Stop> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Failure::bug(format!("no runtime: {error}")))?;
    let outcome = runtime.block_on(work);
    // A name may still be looked up.
    runtime.shutdown_background();
    outcome
}

/// A line about something that happened.
pub fn line(name: &str, event: &Event) -> String {
    let wait = |time: &std::time::Duration| age(time.as_secs_f64());
    match event {
        Event::Happened(happening) => said("", &happening.to_string()),
        Event::News(_, news) => said(
            name,
            &match news {
                News::Joined(jid) => format!("is logged in as {jid}"),
                News::Lost(end, time) => format!("lost: {end}; connects again in {}", wait(time)),
                News::Outside(end, time) => format!("{end}; tries again in {}", wait(time)),
                News::Died(crash) => format!("is dead: {crash}"),
            },
        ),
    }
}

/// A line with its time.
pub fn said(name: &str, what: &str) -> String {
    let blank = if name.is_empty() { "" } else { " " };
    format!("{}  -- {name}{blank}{what}\n", Zoned::now().strftime("%H:%M:%S%.3f"))
}
