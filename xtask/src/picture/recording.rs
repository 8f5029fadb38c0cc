//! What a person would see, with its moments: the form of asciinema, version 2
//! (<https://docs.asciinema.org/manual/asciicast/v2/>).

use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::os::fd::OwnedFd;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, Signal, kill_process};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};
use serde_json::json;

const COLUMNS: u16 = 100;
const ROWS: u16 = 28;

/// Between two letters of a person who types.
const LETTER: f64 = 0.05;

/// Seconds from the beginning, and what was written then.
#[derive(Default)]
pub struct Recording {
    now: f64,
    events: Vec<(f64, String)>,
}

/// A program on a terminal.
pub struct Terminal {
    child: Child,
    screen: File,
    /// Bytes of a letter whose rest has not come yet.
    rest: Vec<u8>,
}

// === impl Recording ===

impl Recording {
    /// Somebody types a command.
    pub fn types(&mut self, command: &str) {
        self.shows("$ ".to_owned());
        self.now += 0.5;
        for letter in command.chars() {
            self.now += LETTER;
            self.shows(letter.to_string());
        }
        self.now += 0.3;
        self.shows("\r\n".to_owned());
    }

    /// The screen is empty again.
    pub fn clears(&mut self) {
        self.shows("\x1b[2J\x1b[H".to_owned());
    }

    /// What the program writes in this time.
    pub fn watches(&mut self, terminal: &mut Terminal, time: Duration) -> Result<()> {
        let begun = Instant::now();
        while let Some(left) = time.checked_sub(begun.elapsed()) {
            if let Some(text) = terminal.reads(left)? {
                self.events.push((self.now + begun.elapsed().as_secs_f64(), text));
            }
        }
        self.now += time.as_secs_f64();
        Ok(())
    }

    /// As a file.
    pub fn text(&self) -> Result<String> {
        let mut text = json!({"version": 2, "width": COLUMNS, "height": ROWS}).to_string() + "\n";
        for (at, shown) in &self.events {
            text += &serde_json::to_string(&(at, "o", shown))?;
            text.push('\n');
        }
        Ok(text)
    }

    fn shows(&mut self, text: String) {
        self.events.push((self.now, text));
    }
}

// === impl Terminal ===

impl Terminal {
    /// Starts it.
    pub fn start(command: &mut Command) -> Result<Self> {
        let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC)?;
        grantpt(&master)?;
        unlockpt(&master)?;
        tcsetwinsize(
            &master,
            Winsize { ws_row: ROWS, ws_col: COLUMNS, ws_xpixel: 0, ws_ypixel: 0 },
        )?;
        let name = ptsname(&master, Vec::new())?.into_string()?;
        let slave = OpenOptions::new().read(true).write(true).open(name)?;
        let end = || slave.try_clone().map(|slave| Stdio::from(OwnedFd::from(slave)));
        let command = command.env("TERM", "xterm-256color").env("LC_ALL", "C.UTF-8");
        let child = command.stdin(end()?).stdout(end()?).stderr(end()?).spawn()?;
        Ok(Self { child, screen: File::from(master), rest: Vec::new() })
    }

    /// The number of the child process.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Presses keys.
    pub fn press(&mut self, keys: &str) -> Result<()> {
        Ok(self.screen.write_all(keys.as_bytes())?)
    }

    /// Ends it as Ctrl-C does, and waits for that.
    pub fn interrupt(mut self) -> Result<()> {
        let process = Pid::from_raw(self.child.id().cast_signed()).context("no process")?;
        kill_process(process, Signal::INT)?;
        // What it still writes is taken, so that nothing keeps it.
        while self.reads(Duration::from_millis(200))?.is_some() {}
        self.child.wait()?;
        Ok(())
    }

    /// What it has written next, if it writes in this time.
    fn reads(&mut self, patience: Duration) -> Result<Option<String>> {
        let patience = Timespec::try_from(patience)?;
        if poll(&mut [PollFd::new(&self.screen, PollFlags::IN)], Some(&patience))? == 0 {
            return Ok(None);
        }
        let mut piece = [0; 4_096];
        // Its end is an error on such a terminal.
        let read = self.screen.read(&mut piece).unwrap_or(0);
        self.rest.extend(&piece[..read]);
        let whole = match std::str::from_utf8(&self.rest) {
            Ok(text) => text.len(),
            Err(error) => error.valid_up_to(),
        };
        let rest = self.rest.split_off(whole);
        let text = String::from_utf8(std::mem::replace(&mut self.rest, rest))?;
        Ok(Some(text).filter(|text| !text.is_empty()))
    }
}
