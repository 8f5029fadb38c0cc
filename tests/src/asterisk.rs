//! A real Asterisk: unmodified, from Debian, in a folder of its own, with only the modules that
//! matter here. Driven over its manager interface and console; gone when dropped.

mod config;
mod folder;

use std::collections::BTreeMap;
use std::net::SocketAddrV4;
use std::process::{Command, ExitStatus};
use std::time::Duration;

use crate::ami::{Ami, Micros};
use crate::eventually::{SOON, eventually};
use crate::namespace;
use crate::net::Net;
use crate::process::Process;
pub use config::{Release, Setup, XmppConf};
use folder::Folder;

/// A channel that answers, so that an application runs on it at once.
const ANSWERS: &str = "Local/answer@default";

/// A running Asterisk, or one between two runs.
pub struct Asterisk {
    /// First, so that it is gone before its folder.
    running: Option<Running>,
    setup: Setup,
    folder: Folder,
    net: Net,
}

struct Running {
    process: Process,
    ami: Ami,
    /// When `res_xmpp` began to load.
    joined: Option<Micros>,
}

impl Asterisk {
    /// Starts one and waits until it is fully booted; it need not have reached any server yet.
    pub async fn start(setup: Setup) -> Self {
        let mut asterisk = Self::boot(setup).await;
        asterisk.join().await;
        asterisk
    }

    /// Starts one that does not connect to its server before [`Self::join`].
    pub async fn boot(setup: Setup) -> Self {
        let net = Net::claim();
        let folder = Folder::make(&setup, net.socket(1, config::AMI_PORT));
        let mut asterisk = Self { running: None, setup, folder, net };
        asterisk.boot_again().await;
        asterisk
    }

    /// Starts it again after [`Self::kill`] or [`Self::stop`]; it remembers its Custom: states.
    pub async fn run(&mut self) {
        self.boot_again().await;
        self.join().await;
    }

    async fn boot_again(&mut self) {
        assert!(self.running.is_none(), "it runs already");
        let namespace = self.setup.namespace.as_deref();
        let process = self.folder.start(namespace);
        let at = self.net.socket(1, config::AMI_PORT);
        let ami = eventually(SOON, || async move {
            let stream = namespace::connect(namespace, at).map_err(|error| error.to_string())?;
            let login = Ami::login(stream, config::AMI_USER, config::AMI_SECRET).await;
            login.ok_or("no AMI".to_owned())
        })
        .await;
        ami.event(0, |event| event.is_event("FullyBooted")).await;
        self.running = Some(Running { process, ami, joined: None });
    }

    /// Lets it connect. Not before somebody listens to its events: the first thing that the server
    /// tells it must not escape us.
    pub async fn join(&mut self) {
        self.running_mut().joined = Some(micros_now());
        let module = [("Module", "res_xmpp.so"), ("LoadType", "load")];
        let loaded = self.ami().action("ModuleLoad", &module).await;
        assert_eq!(loaded.get("Response"), Some("Success"), "{loaded:?}\n{}", self.folder.log());
    }

    /// Takes its connection down, and forgets how often it has lost one: [`Self::join`] begins anew.
    pub fn leave(&self) {
        self.console("module unload res_xmpp.so");
    }

    /// Kills it without warning, as `kill -9` does.
    pub fn kill(&mut self) {
        self.running_mut().process.kill();
        self.running = None;
    }

    /// Freezes it: its sockets stay, it neither reads nor answers, until it is killed or thawed.
    pub fn freeze(&mut self) {
        self.running_mut().process.freeze();
    }

    /// Lets it go on after [`Self::freeze`].
    pub fn thaw(&mut self) {
        self.running_mut().process.thaw();
    }

    /// Stops it in good order.
    pub async fn stop(&mut self) {
        let ended = self.running_mut().process.terminate(SOON).await;
        assert!(ended.is_some(), "Asterisk does not stop");
        self.running = None;
    }

    /// Makes it forget its Custom: states, as a PBX that lost its calls has (while stopped).
    pub fn forget(&mut self) {
        assert!(self.running.is_none(), "it runs");
        self.folder.forget();
    }

    /// Gives it another identity at its next start, as a container that is made anew has.
    pub fn change_eid(&mut self, eid: &str) {
        self.setup.eid = eid.to_owned();
        self.folder.write(&self.setup, self.net.socket(1, config::AMI_PORT));
    }

    /// Writes another `xmpp.conf`, which it reads when it is told to.
    pub fn configure(&mut self, xmpp: impl ToString) {
        self.setup.xmpp = xmpp.to_string();
        self.folder.write(&self.setup, self.net.socket(1, config::AMI_PORT));
    }

    /// Its manager interface; it must be running.
    pub fn ami(&self) -> &Ami {
        &self.running.as_ref().expect("Asterisk runs").ami
    }

    /// When it began to connect, on the clock of the events' time stamps.
    pub fn joined(&self) -> Micros {
        self.running.as_ref().expect("Asterisk runs").joined.expect("it was told to join")
    }

    /// Its loopback address, with a port of one of its services.
    pub fn address(&self, port: u16) -> SocketAddrV4 {
        self.net.socket(1, port)
    }

    /// The EID under which it speaks.
    pub fn eid(&self) -> &str {
        &self.setup.eid
    }

    /// Whether it speaks TLS to its server.
    pub fn over_tls(&self) -> bool {
        self.setup.xmpp.contains("usetls=yes")
    }

    /// How it ended without being asked to, if it did.
    pub fn crashed(&mut self) -> Option<ExitStatus> {
        self.running.as_mut()?.process.ended()
    }

    /// Whether its process is there; it must be running, or have crashed.
    pub fn is_alive(&self) -> bool {
        self.running.as_ref().expect("Asterisk runs").process.is_alive()
    }

    /// How many connections it says that it lost, and how many tries that it says failed, since its
    /// first start. It pauses longer after each of them.
    pub fn drops(&self) -> Drops {
        let log = self.folder.full_log();
        // Every lost stream ends with this line, also one that it could not parse.
        let lost = log.matches("Socket read error").count();
        let refused = log.matches("No XMPP connection available").count();
        Drops { lost, refused }
    }

    /// The number of its process; it must be running.
    pub fn pid(&self) -> u32 {
        self.running.as_ref().expect("Asterisk runs").process.pid()
    }

    /// Panics if it has died, for instance of what a server sent it.
    pub fn assert_alive(&mut self) {
        let ended = self.running_mut().process.ended();
        assert!(ended.is_none(), "Asterisk died: {ended:?}\n{}", self.folder.log());
    }

    /// What the console prints for a command.
    pub fn console(&self, command: &str) -> String {
        let output = self.folder.asterisk().args(["-rx", command]).output().expect("the console");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// From now on it writes down every stanza, for [`Self::stanzas`].
    pub fn record_stanzas(&self) {
        for command in ["logger add channel stanzas verbose", "core set verbose 3"] {
            self.console(command);
        }
        self.console("xmpp set debug on");
    }

    /// The stanzas that it has written down, both ways.
    pub fn stanzas(&self) -> String {
        self.folder.file("stanzas")
    }

    /// Sets a `Custom:` device, as `Set(DEVICE_STATE(...)=...)` in a dialplan does.
    pub async fn set_state(&self, device: &str, state: &str) {
        self.ami().set(&format!("DEVICE_STATE({device})"), state).await;
    }

    /// What `DEVICE_STATE()` reads there, as a dialplan sees it.
    pub async fn state(&self, device: &str) -> String {
        self.ami().get(&format!("DEVICE_STATE({device})")).await
    }

    /// Waits until `DEVICE_STATE()` reads this.
    pub async fn sees(&self, device: &str, state: &str) {
        self.sees_within(SOON, device, state).await;
    }

    /// As [`Self::sees`], with another patience.
    pub async fn sees_within(&self, within: Duration, device: &str, state: &str) {
        eventually(within, || async {
            let got = self.state(device).await;
            if got == state { Ok(()) } else { Err(format!("{device}: want {state}, got {got}")) }
        })
        .await;
    }

    /// What a device was announced to be since `mark` of its AMI, but for the state that it was seen
    /// to be in: the event of that may come a moment later.
    pub fn other_states(&self, mark: usize, device: &str, seen: &str) -> Vec<String> {
        let events = self.ami().events_since(mark, |event| event.get("Device") == Some(device));
        let states = events.iter().filter_map(|event| event.get("State"));
        states.filter(|state| *state != seen).map(str::to_owned).collect()
    }

    /// Every cached aggregate (`DeviceStateList`).
    pub async fn states(&self) -> BTreeMap<String, String> {
        let items = self.ami().list("DeviceStateList").await;
        let pair = |key: &str, item: &crate::ami::Message| item.get(key).unwrap_or("").to_owned();
        items.iter().map(|item| (pair("Device", item), pair("State", item))).collect()
    }

    /// Changes a mailbox's counts with `MinivmMWI` on a Local channel.
    pub async fn set_mailbox(&self, mailbox: &str, new: u32, old: u32) {
        self.ami().originate(ANSWERS, "MinivmMWI", &counts(mailbox, new, old)).await;
    }

    /// As [`Self::set_mailbox`], whatever becomes of Asterisk.
    pub async fn set_mailbox_without_waiting(&self, mailbox: &str, new: u32, old: u32) {
        let counts = counts(mailbox, new, old);
        self.ami().originate_without_waiting(ANSWERS, "MinivmMWI", &counts).await;
    }

    /// Waits for the event that tells this PBX's phones about a mailbox.
    pub async fn sees_mailbox(&self, mark: usize, mailbox: &str, new: u32, old: u32) {
        let (new, old) = (new.to_string(), old.to_string());
        let event = self.ami().event(mark, |event| {
            event.is_event("MessageWaiting")
                && event.get("Mailbox") == Some(mailbox)
                && event.get("New") == Some(&new)
        });
        assert_eq!(event.await.get("Old"), Some(old.as_str()), "{mailbox}");
    }

    /// Waits until `xmpp show connections` says that this connection is up.
    pub async fn connected(&self) {
        eventually(Duration::from_secs(90), || async {
            if self.is_connected() { Ok(()) } else { Err("it is not connected".to_owned()) }
        })
        .await;
    }

    /// Whether `xmpp show connections` says so.
    pub fn is_connected(&self) -> bool {
        self.console("xmpp show connections").contains("- Connected")
    }

    /// Waits until `core show hints` has this word for an extension.
    pub async fn hint_shows(&self, extension: &str, word: &str) {
        eventually(SOON, || async {
            let shown = self.console("core show hints");
            let line = shown.lines().find(|line| line.trim_start().starts_with(extension));
            let state = line.and_then(|line| line.split("State:").nth(1));
            match state.and_then(|state| state.split_whitespace().next()) {
                Some(state) if state == word => Ok(()),
                _ => Err(format!("hint {extension}: want {word} in {shown}")),
            }
        })
        .await;
    }

    fn running_mut(&mut self) -> &mut Running {
        self.running.as_mut().expect("Asterisk runs")
    }
}

/// What went wrong with the connections of an Asterisk, from its own log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Drops {
    /// Connections that ended without its asking.
    pub lost: usize,
    /// How many tries found nobody listening.
    pub refused: usize,
}

impl Drop for Asterisk {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("--- log of Asterisk {}:\n{}", self.setup.eid, self.folder.log());
        }
    }
}

/// What `MinivmMWI` is told: urgent, new, old.
fn counts(mailbox: &str, new: u32, old: u32) -> String {
    format!("{mailbox},0,{new},{old}")
}

/// Now, on the clock that Asterisk stamps its events with.
fn micros_now() -> Micros {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    i64::try_from(now.expect("after 1970").as_micros()).expect("this side of the year 290,000")
}

/// A command that is run in an Asterisk's Debian.
fn inside(root: &std::path::Path) -> Command {
    let mut command = Command::new("chroot");
    command.arg(root).env("LC_ALL", "C");
    command
}
