//! One connection of a crowd: a socket that never waits, perhaps under TLS, with the part of a
//! stanza that has come and the bytes that could not be sent yet.

use std::io::{self, ErrorKind, Read, Write};

use mio::net::TcpStream;
use mio::{Interest, Registry, Token};
use rustls::ClientConnection;

use crate::frame::Framer;
use crate::talk::Talk;

/// A connection that does not wait.
#[derive(Debug)]
pub struct Link {
    socket: TcpStream,
    tls: Option<Box<ClientConnection>>,
    /// The beginning of a stanza whose end has not come.
    part: Vec<u8>,
    out: Vec<u8>,
}

// === impl Link ===

impl Link {
    /// Takes over a connection that has logged in.
    ///
    /// # Errors
    /// The system refuses.
    pub fn new(talk: Talk, registry: &Registry, token: Token) -> io::Result<Self> {
        let (socket, tls, part) = talk.into_parts();
        socket.set_nonblocking(true)?;
        let mut socket = TcpStream::from_std(socket);
        registry.register(&mut socket, token, Interest::READABLE | Interest::WRITABLE)?;
        Ok(Self { socket, tls, part, out: Vec::new() })
    }

    /// Bytes to send, to append to; [`Link::flush`] sends them.
    pub fn out(&mut self) -> &mut Vec<u8> {
        &mut self.out
    }

    /// Sends what the socket takes; the rest goes when it takes more.
    ///
    /// # Errors
    /// The connection ended.
    pub fn flush(&mut self) -> io::Result<()> {
        if let Some(tls) = self.tls.as_mut() {
            while !self.out.is_empty() {
                let taken = tls.writer().write(&self.out)?;
                self.out.drain(..taken);
                while tls.wants_write() {
                    match tls.write_tls(&mut self.socket) {
                        Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                        written => written?,
                    };
                }
            }
            while tls.wants_write() {
                match tls.write_tls(&mut self.socket) {
                    Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                    written => written?,
                };
            }
            return Ok(());
        }
        while !self.out.is_empty() {
            match self.socket.write(&self.out) {
                Ok(count) => drop(self.out.drain(..count)),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Reads all that has come, through `room`, and hands on each whole piece.
    ///
    /// # Errors
    /// The connection ended.
    pub fn receive(
        &mut self,
        room: &mut Vec<u8>,
        framer: &Framer,
        mut heard: impl FnMut(&[u8]),
    ) -> io::Result<()> {
        loop {
            let kept = self.part.len();
            if room.len() < 2 * kept {
                room.resize(2 * kept, 0);
            }
            let (before, space) = room.split_at_mut(kept);
            before.copy_from_slice(&self.part);
            self.part.clear();
            let asked = space.len();
            let count = match self.read(space) {
                Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
                Ok(count) => count,
                Err(error) if error.kind() == ErrorKind::WouldBlock => 0,
                Err(error) => return Err(error),
            };
            let mut rest = room.get(..kept + count).unwrap_or(room);
            while let Some(range) = framer.first(rest, 0) {
                let end = range.end;
                heard(rest.get(range).unwrap_or_default());
                rest = rest.get(end..).unwrap_or_default();
            }
            self.part.extend_from_slice(rest);
            // A read that leaves room has emptied the socket; TLS may hold more.
            if count == 0 || (count < asked && self.tls.is_none()) {
                return Ok(());
            }
        }
    }

    fn read(&mut self, space: &mut [u8]) -> io::Result<usize> {
        let Some(tls) = self.tls.as_mut() else { return self.socket.read(space) };
        loop {
            match tls.reader().read(space) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                read => return read,
            }
            if tls.read_tls(&mut self.socket)? == 0 {
                return Ok(0);
            }
            let processed = tls.process_new_packets();
            processed.map_err(|error| io::Error::new(ErrorKind::InvalidData, error))?;
        }
    }
}
