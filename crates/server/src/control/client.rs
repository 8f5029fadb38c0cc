//! The commands' side of the control socket. It must never fall back to another server: what was
//! asked is reached or named as not reached.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use lampfield_operations::operation::Watch;
use lampfield_operations::{Operation, make_visible};

use super::line::{LONGEST_ANSWER, encode};
use super::{Answer, Request};
use crate::document::change::Line;
use crate::failure::{Exit, Failure};

/// A connection to the running server.
#[derive(Debug)]
pub struct Client {
    stream: BufReader<UnixStream>,
}

// === impl Client ===

impl Client {
    /// Connects to the server of the data folder that holds `socket`.
    ///
    /// # Errors
    /// No server is there, or it belongs to somebody else.
    pub fn connect(socket: &Path, patience: Duration) -> Result<Self, Failure> {
        let stream = UnixStream::connect(socket).map_err(|error| not_reached(socket, &error))?;
        let limit = Some(patience);
        let set = stream.set_read_timeout(limit).and_then(|()| stream.set_write_timeout(limit));
        set.map_err(|error| not_reached(socket, &error))?;
        Ok(Self { stream: BufReader::new(stream) })
    }

    /// Has an operation done and waits for its document.
    ///
    /// # Errors
    /// What the server says is wrong, or that it does not answer in time.
    pub fn ask<O: Operation>(&mut self, operation: &O) -> Result<O::Answer, Failure> {
        let document = self.document(operation)?;
        serde_json::from_value(document).map_err(|error| other_version(&error))
    }

    /// The same with all texts [`visible`](lampfield_operations::visible), each of one line.
    ///
    /// # Errors
    /// As [`Client::ask`].
    pub fn ask_for_people<O: Operation>(&mut self, operation: &O) -> Result<O::Answer, Failure> {
        let mut document = self.document(operation)?;
        make_visible(&mut document);
        serde_json::from_value(document).map_err(|error| other_version(&error))
    }

    fn document(&mut self, operation: &impl Operation) -> Result<serde_json::Value, Failure> {
        match self.request(operation)? {
            Answer::Document(document) => Ok(document),
            other => Err(Failure::bug(format!("unexpected answer {other:?}"))),
        }
    }

    /// Begins a watch, whose lines follow.
    ///
    /// # Errors
    /// As [`Client::ask`].
    pub fn watch(&mut self, watch: &Watch) -> Result<(), Failure> {
        match self.request(watch)? {
            Answer::Watching => Ok(()),
            other => Err(Failure::bug(format!("unexpected answer {other:?}"))),
        }
    }

    fn request<O: Operation>(&mut self, operation: &O) -> Result<Answer, Failure> {
        let request = Request { run: O::DEFINITION.name.to_owned(), with: operation.write() };
        let line = encode(&request).map_err(Failure::bug)?;
        self.stream.get_mut().write_all(&line).map_err(|error| no_answer(&error))?;
        let mut answer = Vec::new();
        let mut bounded = self.stream.by_ref().take(LONGEST_ANSWER);
        let read = bounded.read_until(b'\n', &mut answer).map_err(|error| no_answer(&error))?;
        if read == 0 {
            return Err(closed());
        }
        match serde_json::from_slice(&answer) {
            Ok(Answer::Failed(failure)) => Err(failure),
            Ok(answer) => Ok(answer),
            Err(error) => Err(other_version(&error)),
        }
    }

    /// The next line of a watch; `None` when `patience` is over.
    ///
    /// # Errors
    /// The server went away, or says that the watch is over.
    pub fn next_line(&mut self, patience: Option<Duration>) -> Result<Option<Line>, Failure> {
        // A pause of zero would mean to wait for ever.
        let patience = patience.map(|time| time.max(Duration::from_millis(1)));
        self.stream.get_mut().set_read_timeout(patience).map_err(|error| no_answer(&error))?;
        let mut line = Vec::new();
        match self.stream.by_ref().take(LONGEST_ANSWER).read_until(b'\n', &mut line) {
            Ok(0) => Err(closed()),
            Ok(_) => change(&line).map(Some),
            Err(error) if is_timeout(&error) => Ok(None),
            Err(error) => Err(no_answer(&error)),
        }
    }
}

/// A line of a watch; the last may say why it is over.
fn change(line: &[u8]) -> Result<Line, Failure> {
    serde_json::from_slice(line).map_err(|error| match serde_json::from_slice(line) {
        Ok(Answer::Failed(over)) => over,
        _ => Failure::bug(error),
    })
}

fn is_timeout(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut)
}

fn other_version(error: &serde_json::Error) -> Failure {
    Failure::new(Exit::NoAnswer, "other-version", error.to_string())
        .line("likely", "the running server and this command are of different versions")
        .line("try", "restart the server")
}

fn not_reached(socket: &Path, error: &io::Error) -> Failure {
    let asked = socket.display().to_string();
    match error.kind() {
        io::ErrorKind::PermissionDenied => {
            Failure::new(Exit::NotAllowed, "not-allowed", "the control socket is not yours")
                .line("asked", asked)
                .line("note", "run it as the user of the server, or as root: sudo")
        }
        _ => Failure::new(Exit::NotReached, "not-reached", "no server answers here")
            .line("asked", format!("{asked}: {error}")),
    }
}

fn no_answer(error: &io::Error) -> Failure {
    match is_timeout(error) {
        true => Failure::new(Exit::NoAnswer, "no-answer", "the server did not answer in time")
            .line("try", "--timeout 60s, or look at its log"),
        false => Failure::new(
            Exit::NotReached,
            "not-reached",
            format!("the connection to the server broke: {error}"),
        ),
    }
}

fn closed() -> Failure {
    Failure::new(Exit::NotReached, "not-reached", "the server closed the connection")
        .line("likely", "it is stopping, or too many commands are connected")
}
