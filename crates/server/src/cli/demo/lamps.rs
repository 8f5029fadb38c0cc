//! What the lamps show, as the server tells it to `lampfield watch`.

use lampfield_operations::operation::Watch;
use tokio::sync::mpsc::{Receiver, Sender, channel};

use super::super::watch;
use crate::control::client::Client;
use crate::failure::Failure;
use crate::screen::{Names, Screen};

/// Lines that may wait to be shown; the server skips values for whoever does not read.
const WAITING: usize = 256;

/// The lines of a watch.
pub struct Lamps {
    lines: Receiver<Result<String, Failure>>,
}

// === impl Lamps ===

impl Lamps {
    /// Begins to watch, on a thread that ends with the server.
    pub fn watch(client: Client, screen: Screen) -> Self {
        let (tell, lines) = channel(WAITING);
        std::thread::spawn(move || {
            if let Err(failure) = tell_all(client, &screen, &tell) {
                // Who has gone does not want to know.
                let _ = tell.blocking_send(Err(failure));
            }
        });
        Self { lines }
    }

    /// The next line; none ever comes when the server has ended.
    ///
    /// # Errors
    /// The server went away.
    pub async fn next(&mut self) -> Result<String, Failure> {
        match self.lines.recv().await {
            Some(line) => line,
            None => std::future::pending().await,
        }
    }
}

fn tell_all(
    mut client: Client,
    screen: &Screen,
    tell: &Sender<Result<String, Failure>>,
) -> Result<(), Failure> {
    client.watch(&Watch { filter: None, kind: None, board: None })?;
    let mut names = Names::default();
    while let Some(line) = client.next_line(None)? {
        if tell.blocking_send(Ok(watch::text(&line, &mut names, screen))).is_err() {
            break;
        }
    }
    Ok(())
}
