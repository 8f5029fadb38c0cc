//! The server's side: the long line, TLS on it, and the stream inside.

use std::io;
use std::net::IpAddr;
use std::ops::Range;
use std::os::fd::{AsFd, OwnedFd};
use std::time::Duration;

use lampfield_xmpp_stream::writer::StreamOpen;
use lampfield_xmpp_stream::{
    Frame, Framer, Scope, Stanza, StanzaLimits, StreamCondition, StreamError, Tag, ns,
};
use rustls_pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadHalf, WriteHalf, split};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::dial::{Before, Dialled, dial};
use crate::lines::Lines;
use crate::own_id::{STREAM, is_ours};
use crate::target::Target;
use crate::trust::Trust;

/// How long the server may take with each answer of a login.
const PATIENCE: Duration = Duration::from_secs(10);
/// Characters of what the server says that are shown.
const SHOWN: usize = 512;
/// Bytes read at once.
const PIECE: usize = 16 * 1024;

/// A stream over whatever carries it.
pub struct Server<S> {
    ear: ServerReader<S>,
    mouth: WriteHalf<S>,
}

/// The reading half of the stream, with what was read ahead.
pub struct ServerReader<S> {
    socket: ReadHalf<S>,
    framer: Framer,
    scope: Scope,
    piece: Vec<u8>,
    /// What of `piece` is still to be read.
    rest: Range<usize>,
}

/// The features of the server's stream that a relay needs to know.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Features {
    /// TLS can be put on this connection (RFC 6120 section 5).
    pub starttls: bool,
    /// PLAIN (RFC 4616), the one login that a relay can repeat.
    pub plain: bool,
    /// A session, as before RFC 6121.
    pub session: bool,
    /// It wants to know of relays.
    pub relay: bool,
}

/// Why there is no stream to the server, or none any more.
#[derive(Debug, thiserror::Error)]
pub enum LineError {
    /// The connection broke while it was in use.
    #[error("{0}")]
    Io(io::Error),
    /// No connection to the server came about.
    #[error("cannot connect: {0}")]
    Unreached(io::Error),
    /// It shows a certificate that is not the right one.
    #[error("{0}")]
    Untrusted(String),
    /// The server took too long.
    #[error("the server does not answer")]
    Slow,
    /// The server has closed the stream.
    #[error("the server closed the stream")]
    Closed,
    /// The server said why it closed the stream.
    #[error("the server closed the stream: {condition}: {text}")]
    Ended {
        /// The condition, which programs read: `conflict`, `host-unknown`.
        condition: String,
        /// The text for people; may be empty.
        text: String,
    },
    /// What the server said is no XMPP.
    #[error("the server's stream is broken: {0}")]
    Broken(#[from] StreamError),
    /// The server said something while it was the PBX's turn.
    #[error("the server sent something unexpected")]
    OutOfTurn,
    /// The server does not offer TLS.
    #[error("the server offers no TLS")]
    NoTls,
    /// It is a relay, mostly this one itself.
    #[error("a relay answered, not a server")]
    Relay,
    /// The server offers no login that a relay can repeat.
    #[error("the server does not offer PLAIN inside TLS")]
    NoPlain,
    /// The server has no time for a login.
    #[error("the server does not accept the PBX yet: {0}")]
    NotYet(String),
    /// The server would give the PBX another address than before.
    #[error(
        "the server still has the old stream of this PBX, or another PBX uses the same account"
    )]
    Occupied,
    /// The line was silent for too long.
    #[error("the line was cut")]
    Cut,
}

/// An encrypted connection, before its stream begins.
pub struct Open {
    /// The server's side of the stream, inside TLS.
    pub server: Server<TlsStream<TcpStream>>,
    /// The socket below, to ask the kernel about it.
    pub socket: OwnedFd,
    /// Our address on that line.
    pub local: Option<IpAddr>,
}

/// Connects, up to the point where a stream for the domain can begin. Keeps where the server was found.
///
/// # Errors
/// Why it cannot be.
pub async fn open(
    target: &Target,
    before: &mut Before,
    trust: &Trust,
    domain: &str,
    lines: &Lines,
) -> Result<Open, LineError> {
    let dialled = dial(target, before).await.map_err(LineError::Unreached)?;
    // Until it is of use.
    before.is_in_vain = true;
    let Dialled { socket, is_direct } = dialled;
    lampfield_tcp::prepare(&socket)?;
    let (fd, local) = (socket.as_fd().try_clone_to_owned()?, socket.local_addr().ok());
    let _beginning = socket.local_addr().map(|local| lines.begin(local));
    let socket = if is_direct { socket } else { start_tls(socket, domain).await? };
    let name = name(domain, target)?;
    let connector = TlsConnector::from(trust.config());
    let tls = timeout(PATIENCE, connector.connect(name, socket)).await;
    let tls = tls.map_err(|_| LineError::Slow)?.map_err(not_begun)?;
    let server = Server::new(tls);
    before.is_in_vain = false;
    Ok(Open { server, socket: fd, local: local.map(|address| address.ip()) })
}

/// Why TLS did not begin: a server that expects clear text answers with clear text.
fn not_begun(error: io::Error) -> LineError {
    use rustls::{Error, InvalidMessage::InvalidContentType};
    match error.get_ref().and_then(|inner| inner.downcast_ref()) {
        Some(Error::InvalidMessage(InvalidContentType)) => LineError::NoTls,
        _ => error.into(),
    }
}

/// The name that TLS asks for: not every domain of an account can stand in a certificate.
fn name(domain: &str, target: &Target) -> Result<ServerName<'static>, LineError> {
    let name = ServerName::try_from(domain.to_owned());
    let name = name.or_else(|_| ServerName::try_from(target.host.clone()));
    Ok(name.map_err(io::Error::other)?)
}

/// What TLS is then put on.
pub async fn start_tls<S>(socket: S, domain: &str) -> Result<S, LineError>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut clear = Server::new(socket);
    let mut ask = header(domain);
    Tag::open(&mut ask, "starttls").xmlns(ns::TLS).empty();
    // At once, as Asterisk does it: a long line makes every question dear.
    clear.send(&ask).await?;
    if !clear.features().await?.starttls {
        return Err(LineError::NoTls);
    }
    let answer = clear.answer().await?;
    // What came behind it in clear text would count as said inside TLS.
    if clear.is(&answer, ns::TLS, "proceed") && clear.ear.rest.is_empty() {
        Ok(clear.ear.socket.unsplit(clear.mouth))
    } else {
        Err(LineError::NoTls)
    }
}

// === impl LineError ===

impl LineError {
    /// Whether another try would end in the same way, until somebody has changed something.
    pub fn is_final(&self) -> bool {
        // Of all other conditions the reason is the PBX, which would be said again, or that it is not wanted.
        const PASSING: [StreamCondition; 7] = [
            StreamCondition::ConnectionTimeout,
            StreamCondition::InternalServerError,
            StreamCondition::RemoteConnectionFailed,
            StreamCondition::Reset,
            StreamCondition::ResourceConstraint,
            StreamCondition::SystemShutdown,
            StreamCondition::UndefinedCondition,
        ];
        match self {
            Self::NoTls | Self::NoPlain | Self::Relay => true,
            Self::Ended { condition, .. } => PASSING.iter().all(|one| one.as_str() != condition),
            _ => false,
        }
    }
}

impl From<io::Error> for LineError {
    /// Without what rustls puts around it.
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::UnexpectedEof {
            return Self::Closed;
        }
        match error.get_ref().and_then(|inner| inner.downcast_ref()) {
            // The verifier of certificates says why.
            Some(rustls::Error::General(text)) => Self::Untrusted(in_one_line(text)),
            _ => Self::Io(error),
        }
    }
}

// === impl Server ===

impl<S: AsyncRead + AsyncWrite + Unpin> Server<S> {
    fn new(socket: S) -> Self {
        let (socket, mouth) = split(socket);
        let framer = Framer::new(StanzaLimits::AUTHENTICATED);
        let ear =
            ServerReader { socket, framer, scope: Scope::NONE, piece: vec![0; PIECE], rest: 0..0 };
        Self { ear, mouth }
    }

    /// The features of a stream that begins.
    ///
    /// # Errors
    /// As [`Server::answer`].
    pub async fn features(&mut self) -> Result<Features, LineError> {
        let features = self.answer().await?;
        Ok(self.ear.features(&features))
    }

    /// A new stream begins, after a login.
    pub fn restart(&mut self) {
        self.ear.framer.reset(StanzaLimits::AUTHENTICATED);
    }

    /// Writes bytes.
    ///
    /// # Errors
    /// The line is broken.
    pub async fn send(&mut self, bytes: &[u8]) -> Result<(), LineError> {
        write(&mut self.mouth, bytes).await
    }

    /// The next thing the server says, which is due.
    ///
    /// # Errors
    /// It does not come in time, or the stream has ended.
    pub async fn answer(&mut self) -> Result<Vec<u8>, LineError> {
        timeout(PATIENCE, self.ear.stanza()).await.map_err(|_| LineError::Slow)?
    }

    /// Waits for the PBX, for as long as the server keeps the stream: it does not wait for good, and has
    /// nothing to say meanwhile.
    ///
    /// # Errors
    /// Why the stream has ended.
    pub async fn open_until<T>(&mut self, said: impl Future<Output = T>) -> Result<T, LineError> {
        tokio::select! {
            biased;
            said = said => Ok(said),
            unasked = self.ear.stanza() => {
                let _ = unasked?;
                Err(LineError::OutOfTurn)
            }
        }
    }

    /// Whether the element that came has this local name in this namespace.
    pub fn is(&self, stanza: &[u8], namespace: &str, name: &str) -> bool {
        self.ear.parse(stanza).is_some_and(|stanza| stanza.root().is(namespace, name))
    }

    /// What listens and what speaks, so that both go on whatever the other does.
    pub fn into_halves(self) -> (ServerReader<S>, WriteHalf<S>) {
        (self.ear, self.mouth)
    }
}

/// Hears a server to its end: its features, and then what is for the PBX.
pub async fn hear_all(bytes: &[u8]) {
    let Server { mut ear, .. } = Server::new(tokio::io::join(bytes, tokio::io::sink()));
    let Ok(features) = ear.stanza().await else { return };
    let _ = ear.features(&features);
    let mut out = Vec::new();
    while ear.listen(&mut out, |_| {}).await.is_ok() {
        out.clear();
    }
}

/// The stream header for `domain`, as a relay sends it.
pub fn header(domain: &str) -> Vec<u8> {
    let mut header = Vec::new();
    let open = StreamOpen {
        content: ns::CLIENT,
        from: None,
        to: Some(domain),
        id: Some(STREAM),
        lang: None,
        version: Some("1.0"),
    };
    open.write(&mut header);
    header
}

/// Writes bytes as far as TLS and the socket take them.
///
/// # Errors
/// The line is broken.
pub async fn write(mouth: &mut (impl AsyncWrite + Unpin), bytes: &[u8]) -> Result<(), LineError> {
    mouth.write_all(bytes).await?;
    Ok(mouth.flush().await?)
}

// === impl ServerReader ===

impl<S: AsyncRead> ServerReader<S> {
    /// Appends what the server says to the PBX, and no answers to what the relay has repeated: at
    /// the least one stanza, and all that came with it. Tells which ids were answered.
    ///
    /// # Errors
    /// The line is broken, or the stream has ended.
    pub async fn listen(
        &mut self,
        out: &mut Vec<u8>,
        mut answered: impl FnMut(&str),
    ) -> Result<(), LineError> {
        while out.is_empty() {
            while let Some(Frame::Stanza(bytes)) = self.buffered()? {
                let id = answered_by(bytes);
                if let Some(id) = &id {
                    answered(id);
                }
                if !id.is_some_and(|id| is_ours(&id)) {
                    out.extend_from_slice(bytes);
                }
            }
            if out.is_empty() {
                self.read().await?;
            }
        }
        Ok(())
    }

    async fn stanza(&mut self) -> Result<Vec<u8>, LineError> {
        loop {
            match self.buffered()? {
                Some(Frame::Stanza(bytes)) => return Ok(bytes.to_owned()),
                Some(Frame::Open(header)) if header.id.as_deref() == Some(STREAM) => {
                    return Err(LineError::Relay);
                }
                Some(Frame::Open(header)) => self.scope = header.scope,
                _ => self.read().await?,
            }
        }
    }

    async fn read(&mut self) -> Result<(), LineError> {
        match self.socket.read(&mut self.piece).await? {
            0 => Err(LineError::Closed),
            count => {
                self.rest = 0..count;
                Ok(())
            }
        }
    }

    /// The next thing in what has been read.
    fn buffered(&mut self) -> Result<Option<Frame<'_>>, LineError> {
        let mut input = self.piece.get(self.rest.clone()).unwrap_or_default();
        let before = input.len();
        let frame = self.framer.next(&mut input)?;
        self.rest.start += before - input.len();
        match frame {
            Some(Frame::Close) => Err(LineError::Closed),
            Some(Frame::Stanza(bytes)) => match ended(bytes, &self.scope) {
                Some(error) => Err(error),
                None => Ok(Some(Frame::Stanza(bytes))),
            },
            other => Ok(other),
        }
    }

    fn parse<'a>(&'a self, stanza: &'a [u8]) -> Option<Stanza<'a>> {
        Stanza::parse(stanza, &self.scope, &StanzaLimits::AUTHENTICATED).ok()
    }

    fn features(&self, stanza: &[u8]) -> Features {
        let Some(stanza) = self.parse(stanza) else { return Features::default() };
        let root = stanza.root();
        let mechanisms = root.child(ns::SASL, "mechanisms");
        let mut mechanisms = mechanisms.into_iter().flat_map(|list| list.children());
        Features {
            starttls: root.child(ns::TLS, "starttls").is_some(),
            plain: mechanisms.any(|mechanism| mechanism.text() == "PLAIN"),
            session: root.child(ns::SESSION, "session").is_some(),
            relay: root.child(ns::RELAY, "relay").is_some(),
        }
    }
}

/// The id of what a stanza answers. Most stanzas need no parser to say that they are no answer.
fn answered_by(stanza: &[u8]) -> Option<Box<str>> {
    if !stanza.starts_with(b"<iq") {
        return None;
    }
    let scope = Scope::with_default(ns::CLIENT);
    let stanza = Stanza::parse(stanza, &scope, &StanzaLimits::AUTHENTICATED).ok()?;
    let root = stanza.root();
    let is_answer = matches!(root.attr("type"), Some("result" | "error"));
    root.attr("id").filter(|_| is_answer).map(Into::into)
}

/// The stream's end, if this is its error.
fn ended(stanza: &[u8], scope: &Scope) -> Option<LineError> {
    if !stanza.starts_with(b"<stream:") {
        return None;
    }
    let stanza = Stanza::parse(stanza, scope, &StanzaLimits::AUTHENTICATED).ok()?;
    let root = stanza.root();
    root.is(ns::STREAM, "error").then(|| LineError::Ended {
        condition: root.first_child().map_or_else(String::new, |child| child.name().to_owned()),
        text: in_one_line(&root.child_text(ns::STREAM_ERRORS, "text").unwrap_or_default()),
    })
}

/// What a stranger says, as the log may have it: before TLS it is anybody's.
pub fn in_one_line(text: &str) -> String {
    let mut line = String::new();
    for character in text.chars().take(SHOWN) {
        match character.is_control() {
            true => line.extend(character.escape_default()),
            false => line.push(character),
        }
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_domain_that_no_certificate_can_name_is_no_reason_not_to_connect() {
        let target: Target = "lamps.example.org:5222".parse().unwrap();
        for (domain, asked) in [
            ("example.org", "example.org"),
            ("pbx", "pbx"),
            ("bücher.example", "lamps.example.org"),
        ] {
            assert_eq!(name(domain, &target).unwrap().to_str(), asked, "{domain}");
        }
    }

    #[test]
    fn what_rustls_says_is_told_in_words() {
        let cut = io::Error::new(io::ErrorKind::UnexpectedEof, "https://docs.rs/rustls");
        assert_eq!(LineError::from(cut).to_string(), "the server closed the stream");
        let other = rustls::Error::General("another certificate".to_owned());
        let other = io::Error::new(io::ErrorKind::InvalidData, other);
        assert_eq!(LineError::from(other).to_string(), "another certificate");
        let reset = io::Error::from(io::ErrorKind::ConnectionReset);
        assert_eq!(LineError::from(reset).to_string(), "connection reset");
    }

    #[test]
    fn what_the_server_says_is_one_line_of_the_log() {
        let error = "<stream:error><a/><text xmlns='urn:ietf:params:xml:ns:xmpp-streams'>\
                     no\n2026-01-01 ERROR forged\u{9b}31m</text></stream:error>";
        let mut scope = Scope::NONE;
        let mut input: &[u8] = b"<stream:stream xmlns:stream='http://etherx.jabber.org/streams'>";
        if let Ok(Some(Frame::Open(header))) = Framer::new(StanzaLimits::STRANGER).next(&mut input)
        {
            scope = header.scope;
        }
        let ended = ended(error.as_bytes(), &scope).map(|error| error.to_string());
        let text = "the server closed the stream: a: no\\n2026-01-01 ERROR forged\\u{9b}31m";
        assert_eq!(ended.as_deref(), Some(text));
    }

    #[test]
    fn only_answers_to_what_was_repeated_go_nowhere() {
        for (swallowed, stanza) in [
            (true, "<iq type='result' id='lampfield-relay' from='pubsub.a' to='b@a/c'/>"),
            (true, "<iq from='a>b' id=\"lampfield-relay\" type='error'><error/></iq>"),
            (false, "<iq type='get' id='lampfield-relay'><ping xmlns='urn:xmpp:ping'/></iq>"),
            (false, "<iq type='result' id='aaaaa' from='pubsub.lampfield-relay.example.org'/>"),
            (false, "<iq type='result' id='aaaaa' from='lampfield-relay@a/b'/>"),
            (true, "<iq type='result' id='lampfield-relay-news'/>"),
            (false, "<iq type='result' id='lampfield-relay2'/>"),
            (false, "<message from='lampfield-relay@a' id='lampfield-relay' type='error'/>"),
        ] {
            let id = answered_by(stanza.as_bytes());
            assert_eq!(id.is_some_and(|id| is_ours(&id)), swallowed, "{stanza}");
        }
    }
}
