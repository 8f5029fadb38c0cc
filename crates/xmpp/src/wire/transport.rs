//! The seam between a stream and what carries it.
//!
//! Above it, [`Link`](super::Link) keeps what waits to be written, how much of that is too much, and
//! when the peer was heard last. Below it, a [`Transport`] moves bytes and knows nothing of what they
//! say. Sessions, the router and the services see links only, so that to them a client is the same
//! whether it comes by TCP, by WebSocket (RFC 7395) or by BOSH (XEP-0124).
//!
//! What comes in is always read as one XML stream after the other (RFC 6120): a transport that has
//! messages instead says what they mean as a stream ([`message_as_stream`](super::message_as_stream)).
//! What goes out is framed by the link, element by element ([`Framing`]), because only there it is
//! known without looking where one ends.

use std::future::pending;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use super::tls::TlsSettings;

/// What carries the bytes of one link. Never waits but where it says so; used on one thread, and
/// awaited by the connection's task alone.
pub trait Transport {
    /// How elements stand in what is written. The same for the life of the link.
    fn framing(&self) -> Framing {
        Framing::Stream
    }

    /// Appends what stands before a message of so many bytes, such as the header of a WebSocket
    /// frame. Asked with [`Framing::Messages`] only.
    fn write_prefix(&self, length: usize, out: &mut Vec<u8>) {
        let _ = (length, out);
    }

    /// Reads what has arrived, as a part of an XML stream. `Ok(0)`: the peer has closed.
    ///
    /// # Errors
    /// `WouldBlock`: nothing has arrived. `InvalidData`: what has arrived makes no sense, such as a
    /// broken TLS record. `PermissionDenied`: the peer does not want our certificate. Anything else: the
    /// line is gone.
    fn try_read(&self, into: &mut [u8]) -> io::Result<usize>;

    /// Ready when [`Transport::try_read`] is worth calling.
    ///
    /// # Errors
    /// The line is gone.
    fn poll_readable(&self, task: &mut Context<'_>) -> Poll<io::Result<()>>;

    /// Takes as many bytes as it can; says how many, at least one.
    ///
    /// # Errors
    /// `WouldBlock`: it takes none for now. Anything else: the line is gone.
    fn try_write(&self, bytes: &[u8]) -> io::Result<usize>;

    /// Whether [`Transport::try_write`] may take bytes and keep them back, as TLS does with what it has
    /// encrypted. Changes with [`Transport::start_tls`] at the most: a link asks once, so that plain
    /// TCP pays for one call a write and not for two.
    fn may_keep_back(&self) -> bool {
        false
    }

    /// Passes on what was kept back.
    ///
    /// # Errors
    /// `WouldBlock`: some is still kept back. Anything else: the line is gone.
    fn try_flush(&self) -> io::Result<()> {
        Ok(())
    }

    /// Ready when more can be written.
    ///
    /// # Errors
    /// The line is gone.
    fn poll_writable(&self, task: &mut Context<'_>) -> Poll<io::Result<()>>;

    /// Returns when the line has been cut without a word; never where that cannot be known.
    fn cut(&self) -> Pin<Box<dyn Future<Output = ()> + '_>> {
        Box::pin(pending())
    }

    /// Tells the peer that nothing more comes, as far as that has a form: TLS has close_notify.
    fn say_goodbye(&self) {}

    /// Ends the line at once, in both directions. Again is the same as once.
    fn shut_down(&self);

    /// Who can read along.
    fn security(&self) -> Security;

    /// The `tls-exporter` channel binding of RFC 9266, where TLS ends here and is of version 1.3.
    fn exporter(&self) -> Option<[u8; 32]> {
        None
    }

    /// Whether [`Transport::start_tls`] may be called.
    fn can_start_tls(&self) -> bool {
        false
    }

    /// Goes on under TLS. Everything sent before must have been written.
    ///
    /// # Errors
    /// Whatever rustls finds wrong with its settings, and where there is no such thing as STARTTLS.
    fn start_tls(&self, settings: &TlsSettings) -> Result<(), rustls::Error> {
        let _ = settings;
        Err(rustls::Error::General("this transport has no STARTTLS".to_owned()))
    }
}

/// How elements stand in the bytes that are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Framing {
    /// One after the other, inside a stream element that declares their namespace (RFC 6120).
    Stream,
    /// Each a document of its own that declares its namespace itself, and `<open/>` and `<close/>` for
    /// the ends of the stream (RFC 7395).
    Messages,
}

/// What protects what goes over a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Security {
    /// Nothing: everybody on the path can read along.
    None,
    /// TLS that ends in front of this server: a login cannot be bound to it.
    Elsewhere,
    /// TLS that ends here, under this server's certificate.
    Here,
}
