//! The server's side of the control socket. A client can hold one place, one line of bounded length
//! and one bounded backlog; it can never hold up the core thread, which only hands over documents.

use std::cell::Cell;
use std::fs;
use std::io;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::Duration;

use lampfield_fabric::private;
use lampfield_operations::{Actor, Answer as AnswerForm, Desk, Host, Watching, defined, notable};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{UnixListener, UnixStream};
use tokio::task::spawn_local;
use tokio::time::timeout;

use super::line::{LONGEST_REQUEST, encode};
use super::{Answer, Request};
use crate::failure::{Exit, Failure};

/// Commands connected at the same time; more are closed at once.
const MOST_CLIENTS: usize = 32;

/// How long a client may take to send its request, and to read an answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// The socket of the data folder.
#[derive(Debug)]
pub struct ControlSocket {
    listener: UnixListener,
    path: PathBuf,
}

// === impl ControlSocket ===

impl ControlSocket {
    /// Takes the place of whatever an earlier server left. The caller holds the data folder, so no
    /// running server can be pushed aside.
    ///
    /// # Errors
    /// The socket cannot be made; its path may be at most 107 bytes long.
    pub fn bind(path: &Path) -> io::Result<Self> {
        match fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            Ok(()) | Err(_) => (),
        }
        let listener = UnixListener::bind(path)?;
        private::close(path)?;
        Ok(Self { listener, path: path.to_owned() })
    }

    /// Serves commands for ever.
    pub async fn serve<H: Host>(self, desk: Rc<Desk<H>>) {
        let open = Rc::new(Cell::new(0));
        loop {
            match self.listener.accept().await {
                Ok((stream, _)) if open.get() < MOST_CLIENTS => {
                    open.set(open.get() + 1);
                    let (desk, open) = (Rc::clone(&desk), Rc::clone(&open));
                    spawn_local(async move {
                        // A client that breaks off has nobody left to be told.
                        let _ = attend(stream, &*desk).await;
                        open.set(open.get() - 1);
                    });
                }
                Ok(_) => tracing::warn!(limit = MOST_CLIENTS, "too many commands at once"),
                Err(error) => {
                    tracing::warn!(%error, "the control socket cannot accept");
                    tokio::time::sleep(Duration::from_secs(1)).await;
                }
            }
        }
    }
}

impl Drop for ControlSocket {
    fn drop(&mut self) {
        // Gone already is just as good.
        let _ = fs::remove_file(&self.path);
    }
}

/// Serves one client: requests one after another until it closes.
async fn attend<H: Host>(stream: UnixStream, desk: &Desk<H>) -> io::Result<()> {
    let (reader, mut writer) = stream.into_split();
    let mut reader = BufReader::new(reader);
    while let Some(line) = timeout(PATIENCE, read_line(&mut reader)).await?? {
        let answer = match answer(&line, desk).await {
            Ok(Reply::Document(document)) => Answer::Document(document),
            Ok(Reply::Changes(changes)) => {
                let ended = stream_changes(changes, reader, writer).await;
                tracing::debug!(code = "command", "a watch has ended");
                return ended;
            }
            Err(failure) => {
                tracing::debug!(
                    code = "command",
                    why = failure.code,
                    "refused: {}",
                    failure.message
                );
                Answer::Failed(failure)
            }
        };
        send(&mut writer, &answer).await?;
    }
    Ok(())
}

/// What follows a request.
enum Reply {
    Document(serde_json::Value),
    Changes(Watching),
}

/// Whoever could open the socket is the owner.
async fn answer<H: Host>(line: &[u8], desk: &Desk<H>) -> Result<Reply, Failure> {
    let Request { run, with } = serde_json::from_slice(line).map_err(|error| {
        Failure::new(Exit::Usage, "other-version", format!("not understood: {error}"))
            .line("likely", "the server and the command are of different versions")
    })?;
    let definition = defined(&run)?;
    let said = serde_json::Value::from(notable(definition, &with));
    tracing::debug!(code = "command", operation = run, %said, "asked");
    match definition.answer {
        AnswerForm::Lines(_) => desk.watch(&Actor::owner(), with).map(Reply::Changes),
        AnswerForm::Document(_) => desk.run(&Actor::owner(), &run, with).await.map(Reply::Document),
    }
}

/// One line without its end; `None` when the client has closed.
async fn read_line(reader: &mut BufReader<OwnedReadHalf>) -> io::Result<Option<Vec<u8>>> {
    let mut line = Vec::new();
    let mut bounded = reader.take(LONGEST_REQUEST as u64);
    bounded.read_until(b'\n', &mut line).await?;
    match line.pop() {
        None => Ok(None),
        Some(b'\n') => Ok(Some(line)),
        Some(_) => Err(io::Error::new(io::ErrorKind::InvalidData, "the request has no end")),
    }
}

async fn stream_changes(
    mut changes: Watching,
    mut reader: BufReader<OwnedReadHalf>,
    mut writer: OwnedWriteHalf,
) -> io::Result<()> {
    send(&mut writer, &Answer::Watching).await?;
    let mut nothing = [0; 1];
    loop {
        tokio::select! {
            told = tell(&mut changes, &mut writer) => if told?.is_break() { return Ok(()) },
            // A watcher says nothing more: whatever is read is its end.
            _ = reader.read(&mut nothing) => return Ok(()),
        }
    }
}

/// Waits for the watcher as long as it likes: what comes meanwhile is bounded by `changes`.
async fn tell(changes: &mut Watching, writer: &mut OwnedWriteHalf) -> io::Result<ControlFlow<()>> {
    let (line, goes_on) = match changes.next().await {
        Ok(line) => (encode(&line)?, ControlFlow::Continue(())),
        Err(over) => (encode(&Answer::Failed(over))?, ControlFlow::Break(())),
    };
    writer.write_all(&line).await.map(|()| goes_on)
}

async fn send(writer: &mut OwnedWriteHalf, value: &impl serde::Serialize) -> io::Result<()> {
    let line = encode(value)?;
    timeout(PATIENCE, writer.write_all(&line)).await?
}
