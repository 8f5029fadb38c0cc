//! One connection of a PBX: connects, encrypts, logs in and binds as Asterisk does it, and carries
//! bytes both ways. Of what is said on it after that it knows nothing.

mod end;
mod talk;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadHalf, WriteHalf, split};

use crate::settings::Settings;
use crate::xml::{Cutter, Node, Piece};
pub use end::End;
use end::condition;
pub use talk::Reached;
use talk::Talk;

/// Bytes read at once.
const PIECE: usize = 16 * 1024;

/// What carries a stream: TCP, or TLS on it.
trait Line: AsyncRead + AsyncWrite + Unpin + Send {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send> Line for T {}

/// A connection that is logged in.
pub struct Session {
    reader: ReadHalf<Box<dyn Line>>,
    writer: WriteHalf<Box<dyn Line>>,
    cutter: Cutter,
    piece: Box<[u8]>,
    is_unflushed: bool,
    jid: String,
    /// Why the server said that it ends the stream.
    said: Option<String>,
}

// === impl Session ===

impl Session {
    /// Connects and logs in, up to the bound address. `id` is that of the bind; `reached` is told how far it has come.
    ///
    /// # Errors
    /// There is no way in.
    pub async fn open(
        settings: &Settings,
        id: &str,
        reached: impl Fn(Reached) + Send + Sync,
    ) -> Result<Self, End> {
        let (talk, jid) = Talk::log_in(settings, id, reached).await?;
        let Talk { socket, cutter } = talk;
        let (reader, writer) = split(socket);
        let piece = vec![0; PIECE].into_boxed_slice();
        Ok(Self { reader, writer, cutter, piece, is_unflushed: false, jid, said: None })
    }

    /// The full address that the server gave.
    pub fn jid(&self) -> &str {
        &self.jid
    }

    /// Reads once or writes some of `out`, whichever can be done first. Tells whether something was
    /// read, and then whether it began with a blank. Nothing is lost if it is dropped while it waits.
    ///
    /// # Errors
    /// The connection has ended.
    pub async fn turn(&mut self, out: &mut Vec<u8>) -> Result<Option<bool>, End> {
        let Self { reader, writer, cutter, piece, is_unflushed, said, .. } = self;
        let is_due = !out.is_empty() || *is_unflushed;
        tokio::select! {
            read = reader.read(piece) => {
                let count = read.map_err(|error| End::broken(error, said))?;
                let bytes = piece.get(..count).unwrap_or_default();
                cutter.push(bytes);
                match bytes.first() {
                    None => Err(End::Closed(said.take())),
                    Some(first) => Ok(Some(*first == b' ')),
                }
            }
            wrote = pump(writer, out, is_unflushed), if is_due => {
                wrote.map_err(|error| End::broken(error, said))?;
                Ok(None)
            }
        }
    }

    /// The next stanza of what was read, as text.
    ///
    /// # Errors
    /// It is no XML.
    pub fn stanza(&mut self) -> Result<Option<&str>, End> {
        match self.cutter.piece()? {
            Some(Piece::Stanza(text)) => {
                if text.starts_with("<stream:error") {
                    self.said = Some(condition(&Node::parse(text)?));
                }
                Ok(Some(text))
            }
            // Asterisk notes an end that is said, and stays until the socket closes.
            _ => Ok(None),
        }
    }

    /// Writes text, and reads meanwhile so that nobody waits for the other.
    ///
    /// # Errors
    /// The connection has ended.
    pub async fn say(&mut self, text: &str) -> Result<(), End> {
        let mut out = text.as_bytes().to_vec();
        while !out.is_empty() || self.is_unflushed {
            self.turn(&mut out).await?;
        }
        Ok(())
    }
}

/// Writes some of this, or sees to it that what was written leaves.
async fn pump(
    writer: &mut (impl AsyncWrite + Unpin),
    out: &mut Vec<u8>,
    is_unflushed: &mut bool,
) -> std::io::Result<()> {
    if out.is_empty() {
        writer.flush().await?;
        *is_unflushed = false;
    } else {
        let count = writer.write(out).await?;
        out.drain(..count);
        *is_unflushed = true;
    }
    Ok(())
}
