//! The ends of a stream, and elements as messages: what differs between the ways of framing.

use std::rc::Rc;

use lampfield_xmpp_stream::writer::{StreamOpen, framed_close, stream_close};

use super::super::messages;
use super::{BufferFull, Framing, Link};

impl Link {
    /// Appends the beginning of our side of a stream.
    ///
    /// # Errors
    /// As [`Link::send`].
    pub fn send_open(self: &Rc<Self>, header: &StreamOpen<'_>) -> Result<(), BufferFull> {
        let mut out = Vec::new();
        match self.framing {
            Framing::Stream => header.write(&mut out),
            Framing::Messages => header.write_framed(&mut out),
        }
        self.send_end(out)
    }

    /// Appends the end of our side of the stream.
    ///
    /// # Errors
    /// As [`Link::send`].
    pub fn send_close(self: &Rc<Self>) -> Result<(), BufferFull> {
        let mut out = Vec::new();
        match self.framing {
            Framing::Stream => stream_close(&mut out),
            Framing::Messages => framed_close(&mut out),
        }
        self.send_end(out)
    }

    fn send_end(self: &Rc<Self>, end: Vec<u8>) -> Result<(), BufferFull> {
        self.append(&self.framed(end), &[])
    }

    /// Appends an element as a message.
    #[cold]
    pub(super) fn append_message(
        self: &Rc<Self>,
        head: &[u8],
        tail: &[u8],
    ) -> Result<(), BufferFull> {
        let mut start = self.flusher.pool.take();
        self.write_start(head, tail.len(), &mut start);
        let appended = self.append(&start, tail);
        self.flusher.pool.give_back(start);
        appended
    }

    /// An element as it is to be written.
    pub(super) fn framed(&self, element: Vec<u8>) -> Vec<u8> {
        match self.framing {
            Framing::Stream => element,
            Framing::Messages => {
                let mut message = Vec::with_capacity(element.len() + AROUND);
                self.write_start(&element, 0, &mut message);
                message
            }
        }
    }

    /// Appends what stands before a message and all of its `head`; `tail` bytes follow.
    fn write_start(&self, head: &[u8], tail: usize, out: &mut Vec<u8>) {
        let length = head.len() + messages::declarations(head).len() + tail;
        self.transport.write_prefix(length, out);
        messages::write_declared(head, out);
    }
}

/// Bytes that a message may have besides its element, usually.
const AROUND: usize = 64;
