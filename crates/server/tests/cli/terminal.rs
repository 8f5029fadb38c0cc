//! A terminal of 80 columns and 24 rows, for what behaves differently on one.

use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::num::NonZeroU16;
use std::os::fd::OwnedFd;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};

/// How long anything may take before a test gives up; the machine may be busy.
const PATIENCE: Duration = Duration::from_secs(30);

const ROWS: NonZeroU16 = NonZeroU16::new(24).unwrap();
const COLUMNS: NonZeroU16 = NonZeroU16::new(80).unwrap();

/// A program on a terminal of its own.
pub struct Terminal {
    child: Child,
    keyboard: Option<File>,
    written: Arc<Mutex<Vec<u8>>>,
    is_hung_up: Arc<AtomicBool>,
    reader: Option<JoinHandle<()>>,
}

// === impl Terminal ===

impl Terminal {
    /// Starts a program that reads from the terminal and writes to it; its errors too.
    pub fn start(mut command: Command) -> Self {
        let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC)
            .expect("a terminal");
        grantpt(&master).and_then(|()| unlockpt(&master)).expect("it is ours");
        let size =
            Winsize { ws_row: ROWS.get(), ws_col: COLUMNS.get(), ws_xpixel: 0, ws_ypixel: 0 };
        tcsetwinsize(&master, size).expect("a size");
        let name = ptsname(&master, Vec::new()).expect("a name");
        let name = name.to_str().expect("a path");
        let slave = OpenOptions::new().read(true).write(true).open(name).expect("its other end");
        let end = || Stdio::from(OwnedFd::from(slave.try_clone().expect("a copy")));
        let child = command.stdin(end()).stdout(end()).stderr(end()).spawn().expect("the program");
        // What it was given goes with it, and then there is nothing more to read.
        drop(command);
        let keyboard = Some(File::from(master.try_clone().expect("a copy")));
        let (written, is_hung_up) = (Arc::default(), Arc::default());
        let (all, ended) = (Arc::clone(&written), Arc::clone(&is_hung_up));
        let reader = Some(thread::spawn(move || read_all(master.into(), &all, &ended)));
        Self { child, keyboard, written, is_hung_up, reader }
    }

    /// What a person sees, line by line.
    pub fn seen(&self) -> String {
        let mut parser = vt100::Parser::new(ROWS, COLUMNS, 0);
        parser.process(&self.written.lock().expect("nobody panics"));
        parser.screen().contents()
    }

    /// Waits until this is to be seen, and says what else is.
    pub fn until(&self, what: &str) -> String {
        let begun = Instant::now();
        loop {
            let seen = self.seen();
            if seen.contains(what) {
                return seen;
            }
            assert!(begun.elapsed() < PATIENCE, "no {what:?} in\n{seen}");
            thread::park_timeout(Duration::from_millis(20));
        }
    }

    /// Presses keys.
    pub fn press(&mut self, keys: &str) {
        let keyboard = self.keyboard.as_mut().expect("a terminal");
        keyboard.write_all(keys.as_bytes()).expect("a keyboard");
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Takes the terminal away, as a broken line does, and waits for the end.
    pub fn hang_up(mut self) -> ExitStatus {
        self.is_hung_up.store(true, Ordering::Relaxed);
        self.keyboard = None;
        self.child.wait().expect("the program")
    }

    /// Waits for the end; says how it ended and all that was written.
    pub fn end(mut self) -> (ExitStatus, String) {
        let status = self.child.wait().expect("the program");
        self.reader.take().expect("it reads").join().expect("the terminal");
        let written = self.written.lock().expect("nobody panics").clone();
        (status, String::from_utf8(written).expect("UTF-8"))
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Until nothing more comes, or the terminal is taken away.
fn read_all(mut screen: File, all: &Mutex<Vec<u8>>, is_hung_up: &AtomicBool) {
    let mut piece = [0; 4_096];
    let moment = Timespec { tv_sec: 0, tv_nsec: 20_000_000 };
    while !is_hung_up.load(Ordering::Relaxed) {
        let ready = poll(&mut [PollFd::new(&screen, PollFlags::IN)], Some(&moment));
        if ready.is_ok_and(|ready| ready == 0) {
            continue;
        }
        match screen.read(&mut piece) {
            Ok(read @ 1..) => all.lock().expect("nobody panics").extend(&piece[..read]),
            _ => return,
        }
    }
}
