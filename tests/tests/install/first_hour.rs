//! From a clean Debian to the first lamp as the manual has it: its commands, taken from its text and typed as
//! they stand there. The Asterisk 22 beside it is as its package leaves it.

use lampfield_tests::eventually::{SOON, eventually};
use lampfield_tests::machine::{Machine, dist};

use crate::made_there;

const INSTALLING: &str = include_str!("../../../docs/installing.md");
const GETTING_STARTED: &str = include_str!("../../../docs/getting-started.md");
const EVERY_PBX: &str = include_str!("../../../docs/adding-a-pbx.md");

#[tokio::test]
async fn the_first_lamp_on_debian_12() {
    by_the_manual("debian-12").await;
}

#[tokio::test]
async fn the_first_lamp_on_debian_13() {
    by_the_manual("debian-13").await;
}

#[tokio::test]
async fn the_first_lamp_on_debian_sid() {
    by_the_manual("debian-sid").await;
}

async fn by_the_manual(debian: &str) {
    let server = Machine::boot(debian, &dist()).await;
    installed(&server).await;
    let first = Pbx::beside(&server, 1).await;
    first.joins(&server).await;
    let second = Pbx::beside(&server, 2).await;
    second.joins(&server).await;
    // "Give the second Asterisk a hint".
    let hint = block(GETTING_STARTED, "## 5.", 0);
    second.appends("extensions.conf", &hint).await;
    second.machine.must(&quoted(GETTING_STARTED, "dialplan reload")).await;
    first.machine.must(&block(GETTING_STARTED, "## 5.", 1)).await;
    let shows = quoted(GETTING_STARTED, "core show hint");
    eventually(SOON, async || second.machine.shows(&shows, "State:InUse").await).await;
    let asked = block(GETTING_STARTED, "## 5.", 2);
    for line in asked.lines().filter(|line| !line.ends_with(" watch")) {
        server.must(line).await;
    }
    let why = asked.lines().next().expect("a command");
    eventually(SOON, async || server.shows(why, "INUSE   device/Custom:lamp1 ").await).await;
}

/// "The service is now running".
async fn installed(server: &Machine) {
    let lines = block(INSTALLING, "## Debian and Ubuntu", 0);
    for line in lines.lines() {
        let (before, file) = line.split_once("./").unwrap_or((line, ""));
        match file {
            "" => server.must(line).await,
            // Where the file lies is the only thing that the manual cannot know.
            _ => server.must(&format!("{before}-y {}", made_there("lampfield_", ".deb"))).await,
        };
    }
}

/// A machine with an Asterisk on the network of the server's.
struct Pbx {
    machine: Machine,
    number: u8,
}

// === impl Pbx ===

impl Pbx {
    /// Installed, with an identity of its own, and started as its service starts it.
    async fn beside(server: &Machine, number: u8) -> Self {
        let machine = server.beside("asterisk-22", &dist()).await;
        let pbx = Self { machine, number };
        let options = block(EVERY_PBX, "## What every PBX needs", 0);
        let identity = options.lines().find(|line| line.contains("entityid")).expect("an identity");
        let identity = format!("{}{number}", identity.trim().trim_end_matches('3'));
        pbx.machine
            .must(&format!("sed -i '/^\\[options\\]/a {identity}' /etc/asterisk/asterisk.conf"))
            .await;
        pbx.machine.must("asterisk -g -p -U asterisk -G asterisk").await;
        eventually(SOON, async || {
            pbx.machine.shows("asterisk -rx 'core waitfullybooted'", "booted").await
        })
        .await;
        pbx
    }

    async fn appends(&self, file: &str, text: &str) {
        self.machine.must(&format!("cat >> /etc/asterisk/{file} <<'END'\n{text}\nEND")).await;
    }

    /// "Put the section into `/etc/asterisk/xmpp.conf` on the PBX. Then, on the PBX".
    async fn joins(&self, server: &Machine) {
        let invite = quoted(GETTING_STARTED, "lampfield invite pbx-2 --direct");
        let invite = invite.replace("pbx-2", &format!("pbx-{}", self.number));
        let invited = server.must(&invite).await;
        let section = invited.lines().skip_while(|line| !line.trim().starts_with("[lampfield]"));
        let section: Vec<_> =
            section.take_while(|line| !line.trim().is_empty()).map(str::trim).collect();
        self.appends("xmpp.conf", &section.join("\n")).await;
        let commands = block(GETTING_STARTED, "## 3.", 0);
        for line in commands.lines() {
            self.machine.run(line).await;
        }
        let shows = commands.lines().last().expect("a command");
        let promised = block(GETTING_STARTED, "## 3.", 1);
        let promised = promised
            .lines()
            .next()
            .expect("a line")
            .replace("pbx-1", &format!("pbx-{}", self.number));
        eventually(SOON, async || self.machine.shows(shows, promised.trim()).await).await;
    }
}

/// The text of a block of commands behind a head of the manual, without comments.
fn block(manual: &str, head: &str, number: usize) -> String {
    let (_, section) = manual.split_once(head).expect("a section");
    let section = section.split("\n## ").next().unwrap_or_default();
    let block = section.split("```").skip(1).step_by(2).nth(number).expect("a block");
    let lines =
        block.trim_matches('\n').lines().map(|line| line.split("  # ").next().unwrap_or_default());
    lines.collect::<Vec<_>>().join("\n")
}

/// A command within a sentence of the manual.
fn quoted(manual: &str, command: &str) -> String {
    let found = manual.split('`').skip(1).step_by(2).find(|code| code.contains(command));
    found.expect("the manual says so").to_owned()
}
