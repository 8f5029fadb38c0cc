//! Many connections on one thread: reads what comes, sends what is given. It knows nothing of
//! what the stanzas mean.

use std::time::Duration;

use mio::{Events, Poll, Token};

use crate::error::BenchError;
use crate::frame::Framer;
use crate::link::Link;
use crate::talk::Talk;

/// Room for one read.
const ROOM: usize = 256 * 1024;

/// Connections that are served together.
#[derive(Debug)]
pub struct Crowd {
    poll: Poll,
    events: Events,
    links: Vec<Link>,
    framer: Framer,
    room: Vec<u8>,
    reads: u64,
}

// === impl Crowd ===

impl Crowd {
    /// Of connections that have logged in; they are known by their place.
    ///
    /// # Errors
    /// The system refuses.
    pub fn new(talks: Vec<Talk>) -> Result<Self, BenchError> {
        let gather = || {
            let poll = Poll::new()?;
            let place = |(place, talk)| Link::new(talk, poll.registry(), Token(place));
            let links = talks.into_iter().enumerate().map(place).collect::<Result<_, _>>()?;
            let (events, room) = (Events::with_capacity(1024), vec![0; ROOM]);
            Ok(Self { poll, events, links, framer: Framer::default(), room, reads: 0 })
        };
        gather().map_err(BenchError::system("cannot poll the connections"))
    }

    /// What a connection is to send, to append to.
    pub fn out(&mut self, place: usize) -> Option<&mut Vec<u8>> {
        self.links.get_mut(place).map(Link::out)
    }

    /// Sends what was appended for a connection.
    ///
    /// # Errors
    /// It ended.
    pub fn flush(&mut self, place: usize) -> Result<(), BenchError> {
        let Some(link) = self.links.get_mut(place) else { return Ok(()) };
        link.flush().map_err(|source| ended(place, source))
    }

    /// How often a connection had something to read: with the pieces it tells how many the server
    /// puts into one write, or more.
    pub fn reads(&self) -> u64 {
        self.reads
    }

    /// Waits until something comes, at most so long, and hands on each piece with the place of
    /// its connection.
    ///
    /// # Errors
    /// A connection ended.
    pub fn turn(
        &mut self,
        wait: Duration,
        mut heard: impl FnMut(usize, &[u8]),
    ) -> Result<(), BenchError> {
        let polled = self.poll.poll(&mut self.events, Some(wait));
        match polled {
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => return Ok(()),
            polled => polled.map_err(BenchError::system("cannot wait for the connections"))?,
        }
        for event in &self.events {
            let Token(place) = event.token();
            let Some(link) = self.links.get_mut(place) else { continue };
            if event.is_readable() {
                self.reads += 1;
                link.receive(&mut self.room, &self.framer, |piece| heard(place, piece))
                    .map_err(|source| ended(place, source))?;
            }
            if event.is_writable() {
                link.flush().map_err(|source| ended(place, source))?;
            }
        }
        Ok(())
    }
}

fn ended(place: usize, source: std::io::Error) -> BenchError {
    BenchError::Ended { who: format!("client {}", place + 1), source }
}
