//! Reading: from the socket into frames, as many as one turn has time for.

use std::cell::RefCell;
use std::io;

use lampfield_xmpp_stream::{Framer, StanzaLimits, StreamCondition, StreamError};

use super::Ending;
use super::stream::{Stream, StreamStep};
use crate::turns::Turn;
use crate::wire::Link;

/// Bytes read at once; the buffer is shared by all connections of the thread.
const SCRATCH: usize = 32 * 1024;

thread_local! {
    static BUFFER: RefCell<Box<[u8]>> = RefCell::new(vec![0; SCRATCH].into_boxed_slice());
}

/// What the reading of one turn came to.
pub(super) enum Progress {
    /// Everything that has arrived is handled.
    Idle,
    /// There is more, but it is somebody else's turn.
    Pause,
    /// The peer has closed the socket.
    Closed,
    /// TLS cannot make sense of what the peer has sent.
    Garbled,
    /// The peer does not want our certificate.
    Distrusted,
    /// The connection itself must do something before the next frame.
    StreamStep(StreamStep),
}

/// The reading side of a connection. Owns no memory between stanzas.
pub(super) struct Intake {
    framer: Framer,
    /// What was read but not handled when a turn ended.
    rest: Vec<u8>,
}

// === impl Intake ===

impl Intake {
    pub(super) fn new(limits: StanzaLimits) -> Self {
        Self { framer: Framer::new(limits), rest: Vec::new() }
    }

    /// Expects a new stream header.
    pub(super) fn restart(&mut self, limits: StanzaLimits) {
        self.framer.reset(limits);
    }

    /// Lets the present stream go on under other limits.
    pub(super) fn widen(&mut self, limits: StanzaLimits) {
        self.framer.set_limits(limits);
    }

    /// Drops what was read and not handled: it came in clear and could have been slipped in by
    /// anyone on the path (RFC 6120 section 5.4.3.3).
    pub(super) fn forget(&mut self) {
        self.rest = Vec::new();
    }

    /// Handles what is there, first what was left over, then what the socket has.
    pub(super) fn take_turn(
        &mut self,
        stream: &mut Stream,
        turn: &Turn<'_>,
    ) -> Result<Progress, StreamError> {
        if !self.rest.is_empty() {
            let rest = std::mem::take(&mut self.rest);
            return Ok(self.handle(stream, &rest, turn)?.unwrap_or(Progress::Pause));
        }
        BUFFER.with_borrow_mut(|buffer| match stream.link().try_read(buffer) {
            Ok(0) => Ok(Progress::Closed),
            Ok(count) => {
                let read = buffer.get(..count).unwrap_or_default();
                // A full buffer means that there may be more, a part of it that there is not.
                let then = if count < SCRATCH { Progress::Idle } else { Progress::Pause };
                Ok(self.handle(stream, read, turn)?.unwrap_or(then))
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(Progress::Idle),
            Err(error) if error.kind() == io::ErrorKind::InvalidData => Ok(Progress::Garbled),
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                Ok(Progress::Distrusted)
            }
            Err(_) => Ok(Progress::Closed),
        })
    }

    /// Whether a stanza has begun to come and not ended.
    pub(super) fn is_in_a_stanza(&self) -> bool {
        self.framer.buffered() > 0
    }

    /// Keeps what arrives while a step of a login is waited for, up to `most` bytes. Returns only
    /// with a reason to wait no longer: the peer has closed, or sent more. Who is not read from
    /// could not be seen to close.
    pub(super) async fn read_ahead(&mut self, link: &Link, most: usize) -> Ending {
        while self.rest.len() <= most {
            if link.readable().await.is_err() {
                return Ending::CLOSED;
            }
            let read = BUFFER.with_borrow_mut(|buffer| {
                let count = link.try_read(buffer)?;
                // One byte too much is enough to know.
                let kept = (most - self.rest.len()).saturating_add(1).min(count);
                self.rest.extend_from_slice(buffer.get(..kept).unwrap_or_default());
                Ok(count)
            });
            match read {
                Ok(0) => return Ending::CLOSED,
                Ok(_) => {}
                Err(error) if io::Error::kind(&error) == io::ErrorKind::WouldBlock => {}
                Err(_) => return Ending::CLOSED,
            }
        }
        let text = format!("more than {most} bytes after a login that is not answered yet");
        Ending::Refused(StreamCondition::PolicyViolation.with(text))
    }

    /// Handles the frames of `input`; keeps what is left when the turn is over.
    fn handle(
        &mut self,
        stream: &mut Stream,
        mut input: &[u8],
        turn: &Turn<'_>,
    ) -> Result<Option<Progress>, StreamError> {
        loop {
            let Some(frame) = self.framer.next(&mut input)? else { return Ok(None) };
            let step = stream.handle(frame)?;
            if step.is_some() || turn.is_over() {
                self.rest = input.to_vec();
                return Ok(Some(step.map_or(Progress::Pause, Progress::StreamStep)));
            }
        }
    }
}
