//! The dialogue of the login, one step after the other.

use std::time::Duration;

use rustls_pki_types::ServerName;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use super::{End, Line, PIECE, condition};
use crate::settings::Settings;
use crate::stanza;
use crate::xml::{Cutter, Node, Piece};

/// How long Asterisk waits for each step of a login.
const PATIENCE: Duration = Duration::from_secs(50);
/// How long a connection may take.
const CONNECT: Duration = Duration::from_secs(10);

/// A connection on which one speaks after the other.
pub struct Talk {
    pub socket: Box<dyn Line>,
    pub cutter: Cutter,
}

/// How far a login has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reached {
    /// Nothing has accepted the connection yet.
    Nothing,
    /// There is a connection, and no XMPP has come on it.
    Connection,
    /// The server has opened its stream.
    Stream,
}

/// What comes in a login.
enum Incoming {
    Opened,
    Stanza(Node),
}

// === impl Talk ===

impl Talk {
    /// The whole login, and the address that the server gave.
    pub async fn log_in(
        settings: &Settings,
        id: &str,
        reached: impl Fn(Reached) + Send + Sync,
    ) -> Result<(Self, String), End> {
        reached(Reached::Nothing);
        let mut talk = Self::new(Box::new(connect(&settings.server).await?));
        reached(Reached::Connection);
        talk.open(settings).await?;
        reached(Reached::Stream);
        let config = settings.tls.config().map_err(|error| no_tls(settings, &error))?;
        if let Some(config) = config {
            // At once: the features are not waited for.
            talk.say(stanza::STARTTLS).await?;
            if talk.until(&["proceed", "failure"]).await?.name == "failure" {
                return Err(End::NoTls);
            }
            let name = ServerName::try_from(settings.domain.clone());
            let name = name.or_else(|_| ServerName::try_from("localhost"));
            let name = name.map_err(|error| no_tls(settings, &error))?;
            let secured = TlsConnector::from(config).connect(name, talk.socket);
            let secured = timeout(PATIENCE, secured).await.map_err(|_| End::Silent)?;
            let secured = secured.map_err(|error| no_tls(settings, &error))?;
            talk = Self::new(Box::new(secured));
            talk.open(settings).await?;
        }
        talk.authenticate(settings).await?;
        talk.open(settings).await?;
        let jid = talk.bind(settings, id).await?;
        Ok((talk, jid))
    }

    fn new(socket: Box<dyn Line>) -> Self {
        Self { socket, cutter: Cutter::default() }
    }

    /// A new stream, up to the header of the server.
    async fn open(&mut self, settings: &Settings) -> Result<(), End> {
        self.cutter = Cutter::default();
        self.say(&stanza::header(&settings.domain)).await?;
        while !matches!(self.next().await?, Incoming::Opened) {}
        Ok(())
    }

    async fn authenticate(&mut self, settings: &Settings) -> Result<(), End> {
        let features = self.until(&["stream:features"]).await?;
        let mut mechanisms = features.child("mechanisms").into_iter().flat_map(Node::children);
        if !mechanisms.any(|mechanism| mechanism.text() == "PLAIN") {
            return Err(End::NoPlain);
        }
        self.say(&stanza::auth(&settings.user, &settings.secret)).await?;
        let answer = self.until(&["success", "failure"]).await?;
        match answer.name.as_str() {
            "success" => Ok(()),
            _ => Err(End::Refused(condition(&answer))),
        }
    }

    /// The first result, of whatever it is, counts as let in.
    async fn bind(&mut self, settings: &Settings, id: &str) -> Result<String, End> {
        let features = self.until(&["stream:features"]).await?;
        let mut ask = stanza::bind(id, &settings.resource);
        if features.child("session").is_some() {
            ask += stanza::SESSION;
        }
        self.say(&ask).await?;
        loop {
            let iq = self.until(&["iq"]).await?;
            match iq.attr("type") {
                Some("result") => {
                    let jid = iq.child("bind").and_then(|bind| bind.child("jid"));
                    let usual = || format!("{}/{}", settings.account(), settings.resource);
                    return Ok(jid.map_or_else(usual, Node::text));
                }
                Some("error") => {
                    let error = iq.child("error").map(condition);
                    return Err(End::Refused(error.unwrap_or_default()));
                }
                _ => {}
            }
        }
    }

    /// Skips elements until one of these comes.
    async fn until(&mut self, names: &[&str]) -> Result<Node, End> {
        loop {
            match self.next().await? {
                Incoming::Stanza(node) if names.contains(&node.name.as_str()) => return Ok(node),
                _ => {}
            }
        }
    }

    async fn next(&mut self) -> Result<Incoming, End> {
        loop {
            match self.cutter.piece()? {
                Some(Piece::Open(_)) => return Ok(Incoming::Opened),
                Some(Piece::Close) => return Err(End::Closed(None)),
                Some(Piece::Stanza(text)) => {
                    let node = Node::parse(text)?;
                    if node.name == "stream:error" {
                        return Err(End::Closed(Some(condition(&node))));
                    }
                    return Ok(Incoming::Stanza(node));
                }
                None => {}
            }
            let mut piece = vec![0; PIECE];
            let read = timeout(PATIENCE, self.socket.read(&mut piece)).await;
            let count = read.map_err(|_| End::Silent)??;
            if count == 0 {
                return Err(End::Closed(None));
            }
            self.cutter.push(piece.get(..count).unwrap_or_default());
        }
    }

    async fn say(&mut self, text: &str) -> Result<(), End> {
        self.socket.write_all(text.as_bytes()).await?;
        Ok(self.socket.flush().await?)
    }
}

fn no_tls(settings: &Settings, error: &impl std::fmt::Display) -> End {
    let error = error.to_string();
    // So the library begins what a check of the certificate says itself.
    let error = error.strip_prefix("unexpected error: ").unwrap_or(&error).to_owned();
    End::Tls { server: settings.server.clone(), error }
}

/// Asterisk asks for addresses only, never for services (SRV).
async fn connect(server: &str) -> Result<TcpStream, End> {
    let unreached = |error| End::Unreached { server: server.to_owned(), error };
    let silent = |_| std::io::Error::from(std::io::ErrorKind::TimedOut);
    let connected = timeout(CONNECT, TcpStream::connect(server)).await;
    let socket = connected.map_err(silent).and_then(|connected| connected).map_err(unreached)?;
    socket.set_nodelay(true)?;
    Ok(socket)
}
