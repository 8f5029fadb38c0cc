//! The limit: a TCP server that hands on bytes and does nothing else. It parses only for the ends
//! of messages, writes what it has read from one client to each of the others at once, and answers
//! each message with one short word. A server can deliver for less only where it waits for more.

use std::io::{self, BufRead, BufReader, ErrorKind, Read, Write};
use std::net::SocketAddr;
use std::process::{self, Command, Stdio};
use std::time::Duration;

use mio::net::{TcpListener, TcpStream};
use mio::{Events, Interest, Poll, Token};

use crate::error::BenchError;
use crate::role::Role;

/// What is said before the address, once it listens.
const READY: &str = "raw fan-out at ";
/// The answer to the first word and to each message.
pub const ANSWER: &str = "<r/>";
const END: &[u8] = b"</message>";
const LISTENER: Token = Token(usize::MAX);
/// What one client may leave unread; a client that leaves more is dropped.
const UNREAD: usize = 64 * 1024 * 1024;

/// The first word of a client to the limit.
pub fn hello(role: Role) -> &'static [u8] {
    match role {
        Role::Publisher => b"P",
        Role::Hearer => b"H",
        Role::Both => b"B",
    }
}

/// The limit in a process of its own; it ends with this value.
#[derive(Debug)]
pub struct Child {
    process: process::Child,
    address: SocketAddr,
}

// === impl Child ===

impl Child {
    /// Starts this program again, as the limit.
    ///
    /// # Errors
    /// It does not start.
    pub fn start() -> Result<Self, BenchError> {
        let program = std::env::current_exe();
        let program = program.map_err(BenchError::system("cannot find this program"))?;
        let mut command = Command::new(program);
        command.args(["bench", "raw"]).stdin(Stdio::piped()).stdout(Stdio::piped());
        let wrong = || io::Error::new(ErrorKind::InvalidData, "it does not say where it listens");
        let started = command.spawn().and_then(|mut process| {
            let mut line = String::new();
            BufReader::new(process.stdout.take().ok_or_else(wrong)?).read_line(&mut line)?;
            let address = line.trim_end().strip_prefix(READY).and_then(|at| at.parse().ok());
            Ok(Self { process, address: address.ok_or_else(wrong)? })
        });
        started.map_err(BenchError::system("cannot start the raw server"))
    }

    /// Where it listens: an address and the port that it was given.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The number of its process, to measure it.
    pub fn pid(&self) -> u32 {
        self.process.id()
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        // It may be gone already; then there is nothing to end.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// One client and what waits to be written to it.
struct Client {
    socket: TcpStream,
    role: Option<Role>,
    /// The beginning of a message.
    part: Vec<u8>,
    out: Vec<u8>,
}

/// Serves until the process is ended.
///
/// # Errors
/// The address is taken, or the system refuses to wait.
pub fn serve(listen: SocketAddr) -> Result<(), BenchError> {
    let serve = || {
        let listener = TcpListener::bind(listen)?;
        writeln!(io::stdout(), "{READY}{}", listener.local_addr()?)?;
        attend(listener)
    };
    serve().map_err(BenchError::system("the raw server"))
}

fn attend(mut listener: TcpListener) -> io::Result<()> {
    let mut poll = Poll::new()?;
    poll.registry().register(&mut listener, LISTENER, Interest::READABLE)?;
    let (mut events, mut clients) = (Events::with_capacity(1024), Vec::new());
    let mut turn = Turn { room: vec![0; 256 * 1024], news: Vec::new() };
    loop {
        match poll.poll(&mut events, None::<Duration>) {
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            polled => polled?,
        }
        for event in &events {
            if event.token() == LISTENER {
                accept(&listener, &poll, &mut clients)?;
            } else {
                turn.attend(&mut clients, event);
                turn.hand_on(&mut clients);
            }
        }
    }
}

fn accept(
    listener: &TcpListener,
    poll: &Poll,
    clients: &mut Vec<Option<Client>>,
) -> io::Result<()> {
    loop {
        let mut socket = match listener.accept() {
            Ok((socket, _)) => socket,
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
            Err(error) => return Err(error),
        };
        socket.set_nodelay(true)?;
        let place = clients.iter().position(Option::is_none).unwrap_or(clients.len());
        let interest = Interest::READABLE | Interest::WRITABLE;
        poll.registry().register(&mut socket, Token(place), interest)?;
        let client = Client { socket, role: None, part: Vec::new(), out: Vec::new() };
        match clients.get_mut(place) {
            Some(free) => *free = Some(client),
            None => clients.push(Some(client)),
        }
    }
}

/// What comes from one client.
struct Turn {
    room: Vec<u8>,
    /// Whole messages, ready to be handed on.
    news: Vec<u8>,
}

// === impl Turn ===

impl Turn {
    fn attend(&mut self, clients: &mut [Option<Client>], event: &mio::event::Event) {
        let Some(place) = clients.get_mut(event.token().0) else { return };
        let Some(client) = place else { return };
        let mut served = Ok(());
        if event.is_readable() {
            served = self.read(client);
        }
        if event.is_writable() || (self.news.is_empty() && !client.out.is_empty()) {
            served = served.and_then(|()| client.flush(&[]));
        }
        if served.is_err() {
            *place = None;
        }
    }

    fn read(&mut self, client: &mut Client) -> io::Result<()> {
        loop {
            let count = match client.socket.read(&mut self.room) {
                Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
                Ok(count) => count,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error),
            };
            let mut come = self.room.get(..count).unwrap_or_default();
            if client.role.is_none() {
                let (hello, rest) = come.split_at(1);
                client.out.extend_from_slice(ANSWER.as_bytes());
                client.role = [Role::Publisher, Role::Hearer, Role::Both]
                    .into_iter()
                    .find(|role| self::hello(*role) == hello);
                come = rest;
            }
            client.take(come, &mut self.news);
            if count < self.room.len() {
                return Ok(());
            }
        }
    }

    /// Writes the news to whoever hears, and the answers to whoever spoke, each socket once.
    fn hand_on(&mut self, clients: &mut [Option<Client>]) {
        if self.news.is_empty() {
            return;
        }
        for place in clients {
            let Some(client) = place else { continue };
            let news: &[u8] = if client.hears() { &self.news } else { &[] };
            if (!news.is_empty() || !client.out.is_empty()) && client.flush(news).is_err() {
                *place = None;
            }
        }
        self.news.clear();
    }
}

// === impl Client ===

impl Client {
    fn hears(&self) -> bool {
        matches!(self.role, Some(Role::Hearer | Role::Both))
    }

    /// Moves whole messages to the news, and answers them.
    fn take(&mut self, come: &[u8], news: &mut Vec<u8>) {
        if !self.part.is_empty() {
            // The end of a message may be divided as well.
            let mut all = std::mem::take(&mut self.part);
            all.extend_from_slice(come);
            return self.take(&all, news);
        }
        let end = memchr::memmem::rfind(come, END).map_or(0, |at| at + END.len());
        let (whole, part) = come.split_at(end);
        news.extend_from_slice(whole);
        for _ in memchr::memmem::find_iter(whole, END) {
            self.out.extend_from_slice(ANSWER.as_bytes());
        }
        self.part.extend_from_slice(part);
    }

    /// Sends what waited and the news; what the socket does not take waits.
    fn flush(&mut self, news: &[u8]) -> io::Result<()> {
        if self.out.is_empty() {
            let written = written(&mut self.socket, news)?;
            self.out.extend_from_slice(news.get(written..).unwrap_or_default());
        } else {
            self.out.extend_from_slice(news);
            let written = written(&mut self.socket, &self.out)?;
            self.out.drain(..written);
        }
        if self.out.len() > UNREAD { Err(ErrorKind::OutOfMemory.into()) } else { Ok(()) }
    }
}

/// How much the socket takes now.
fn written(socket: &mut TcpStream, bytes: &[u8]) -> io::Result<usize> {
    let mut written = 0;
    while let Some(rest) = bytes.get(written..).filter(|rest| !rest.is_empty()) {
        match socket.write(rest) {
            Ok(count) => written += count,
            Err(error) if error.kind() == ErrorKind::WouldBlock => break,
            Err(error) => return Err(error),
        }
    }
    Ok(written)
}

/// For tests: the limit on a thread of this process, for as long as that runs.
#[cfg(test)]
pub fn on_a_thread() -> SocketAddr {
    let listener = TcpListener::bind(([127, 0, 0, 1], 0).into()).unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(|| attend(listener));
    address
}
