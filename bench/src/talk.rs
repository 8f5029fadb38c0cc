//! One connection while it waits for each answer: logging in and what is asked one thing at a
//! time. For the crowd that listens afterwards it becomes a [`crate::link::Link`].

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use rustls::ClientConnection;

use crate::error::BenchError;
use crate::frame::{Framer, attribute};
use crate::tls::TlsClient;

/// The least room for one read; a long answer gets as much as has come already.
const READ: usize = 16 * 1024;

/// A connection that waits.
#[derive(Debug)]
pub struct Talk {
    who: String,
    socket: TcpStream,
    tls: Option<Box<ClientConnection>>,
    framer: Framer,
    heard: Vec<u8>,
}

// === impl Talk ===

impl Talk {
    /// Connects; `who` names the connection in errors. No answer may take longer than `patience`.
    ///
    /// # Errors
    /// [`BenchError::Connect`].
    pub fn connect(who: &str, address: SocketAddr, patience: Duration) -> Result<Self, BenchError> {
        let open = || {
            let socket = TcpStream::connect_timeout(&address, patience)?;
            socket.set_nodelay(true)?;
            socket.set_read_timeout(Some(patience))?;
            socket.set_write_timeout(Some(patience))?;
            Ok(socket)
        };
        let socket = open().map_err(|source| BenchError::Connect { address, source })?;
        let (who, framer, heard) = (who.to_owned(), Framer::default(), Vec::new());
        Ok(Self { who, socket, tls: None, framer, heard })
    }

    /// Puts TLS on the connection.
    ///
    /// # Errors
    /// The server does not speak it.
    pub fn start_tls(&mut self, client: &TlsClient) -> Result<(), BenchError> {
        let mut tls = Box::new(client.connect()?);
        while tls.is_handshaking() {
            tls.complete_io(&mut self.socket).map_err(|source| self.ended(source))?;
        }
        self.tls = Some(tls);
        Ok(())
    }

    /// Sends bytes.
    ///
    /// # Errors
    /// The connection ended.
    pub fn send(&mut self, bytes: &[u8]) -> Result<(), BenchError> {
        let sent = match self.tls.as_mut() {
            Some(tls) => rustls::Stream::new(&mut **tls, &mut self.socket).write_all(bytes),
            None => self.socket.write_all(bytes),
        };
        sent.map_err(|source| self.ended(source))
    }

    /// The next whole piece of the stream.
    ///
    /// # Errors
    /// The connection ended, or was silent for too long.
    pub fn hear(&mut self) -> Result<Vec<u8>, BenchError> {
        let mut searched = 0;
        loop {
            if let Some(range) = self.framer.first(&self.heard, searched) {
                let piece = self.heard.get(range.clone()).unwrap_or_default().to_vec();
                self.heard.drain(..range.end);
                return Ok(piece);
            }
            // An end may begin in what has come and end in what comes.
            searched = self.heard.len().saturating_sub(64);
            self.read().map_err(|source| self.ended(source))?;
        }
    }

    fn read(&mut self) -> io::Result<()> {
        let before = self.heard.len();
        self.heard.resize(before + before.max(READ), 0);
        let room = self.heard.get_mut(before..).unwrap_or_default();
        let read = match self.tls.as_mut() {
            Some(tls) => rustls::Stream::new(&mut **tls, &mut self.socket).read(room),
            None => self.socket.read(room),
        };
        self.heard.truncate(before + *read.as_ref().unwrap_or(&0));
        match read {
            Ok(0) => Err(io::ErrorKind::UnexpectedEof.into()),
            read => read.map(drop),
        }
    }

    /// Skips pieces until one begins with `start`.
    ///
    /// # Errors
    /// The stream ends, or an error comes first.
    pub fn expect(&mut self, start: &'static str) -> Result<Vec<u8>, BenchError> {
        loop {
            let piece = self.hear()?;
            if piece.starts_with(start.as_bytes()) {
                return Ok(piece);
            }
            let is = |start: &&str| piece.starts_with(start.as_bytes());
            if ["<failure", "<stream:error", "</stream"].iter().any(is) {
                return Err(self.unexpected(start, &piece));
            }
        }
    }

    /// Skips pieces until the answer to the request with this id comes.
    ///
    /// # Errors
    /// The stream ends.
    pub fn answer(&mut self, id: &str) -> Result<Vec<u8>, BenchError> {
        loop {
            let iq = self.expect("<iq")?;
            if attribute(head(&iq), b" id") == Some(id.as_bytes()) {
                return Ok(iq);
            }
        }
    }

    /// Sends a request and waits for its answer, which must not be an error.
    ///
    /// # Errors
    /// It is one, or the stream ends.
    pub fn ask(&mut self, id: &str, request: &str) -> Result<Vec<u8>, BenchError> {
        self.send(request.as_bytes())?;
        let answer = self.answer(id)?;
        match is_error(&answer) {
            false => Ok(answer),
            true => Err(self.unexpected("a result", &answer)),
        }
    }

    /// The parts, for a crowd: the socket, its TLS, and what has come and was not looked at.
    pub fn into_parts(self) -> (TcpStream, Option<Box<ClientConnection>>, Vec<u8>) {
        (self.socket, self.tls, self.heard)
    }

    fn ended(&self, source: io::Error) -> BenchError {
        BenchError::Ended { who: self.who.clone(), source }
    }

    /// The error for an answer of another kind.
    pub fn unexpected(&self, wanted: &'static str, got: &[u8]) -> BenchError {
        let got = String::from_utf8_lossy(got.get(..400).unwrap_or(got)).into_owned();
        BenchError::Unexpected { who: self.who.clone(), wanted, got }
    }
}

/// The start tag of a stanza.
pub fn head(stanza: &[u8]) -> &[u8] {
    let end = memchr::memchr(b'>', stanza).unwrap_or(stanza.len());
    stanza.get(..end).unwrap_or(stanza)
}

/// Whether an answer is an error.
pub fn is_error(iq: &[u8]) -> bool {
    attribute(head(iq), b" type") == Some(b"error")
}
