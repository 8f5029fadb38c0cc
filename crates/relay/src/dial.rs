//! Where the server is: one try after the other, each short, because a line that is back should be
//! found at once.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use hickory_resolver::TokioResolver;
use hickory_resolver::proto::rr::RData;
use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;

use crate::settings::{DIRECT_PORT, PORT, Target};

/// How long a connection may take. The kernel asks at 0, 1 and 3 s.
const CONNECT: Duration = Duration::from_millis(3_500);
/// How long names may take to be resolved.
const RESOLVE: Duration = Duration::from_secs(5);

/// Where a connection is tried.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Place {
    host: String,
    port: u16,
    is_direct: bool,
}

/// A connection to a server, before its stream begins.
pub struct Dialled {
    /// The connection.
    pub socket: TcpStream,
    /// Whether TLS begins at once.
    pub is_direct: bool,
}

/// Connects to a target. Each of its addresses is tried.
///
/// # Errors
/// Why the last one did not work.
pub async fn dial(target: &Target) -> io::Result<Dialled> {
    let mut last = io::Error::new(io::ErrorKind::NotFound, format!("{target} has no address"));
    for place in places(target).await {
        let addresses = match addresses(&place).await {
            Ok(addresses) => addresses,
            Err(error) => {
                last = error;
                continue;
            }
        };
        for address in addresses {
            match timeout(CONNECT, TcpStream::connect(address)).await {
                Ok(Ok(socket)) => return Ok(Dialled { socket, is_direct: place.is_direct }),
                Ok(Err(error)) => last = error,
                Err(_) => last = io::ErrorKind::TimedOut.into(),
            }
        }
    }
    Err(last)
}

async fn addresses(place: &Place) -> io::Result<Vec<SocketAddr>> {
    let found = timeout(RESOLVE, lookup_host((place.host.as_str(), place.port))).await;
    let silent = |_| io::Error::new(io::ErrorKind::TimedOut, "the DNS does not answer");
    Ok(found.map_err(silent)??.collect())
}

async fn places(target: &Target) -> Vec<Place> {
    let at = |port| Place { host: target.host.clone(), port, is_direct: port == DIRECT_PORT };
    match target.port {
        Some(port) => vec![at(port)],
        None if target.address().is_some() => vec![at(PORT)],
        None => {
            let mut found = services(&target.host).await;
            if found.is_empty() {
                found.push(at(PORT));
            }
            found
        }
    }
}

/// What the DNS says (RFC 2782, RFC 6120 section 3.2.1, XEP-0368), the lowest priority first.
async fn services(host: &str) -> Vec<Place> {
    let Ok(resolver) = TokioResolver::builder_tokio().and_then(|builder| builder.build()) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for (service, is_direct) in [("_xmpps-client", true), ("_xmpp-client", false)] {
        let name = format!("{service}._tcp.{host}.");
        let Ok(Ok(lookup)) = timeout(RESOLVE, resolver.srv_lookup(name)).await else { continue };
        for record in lookup.answers() {
            let RData::SRV(srv) = &record.data else { continue };
            let host = srv.target.to_utf8();
            // A single dot: there is no such service here.
            let host = host.trim_end_matches('.').to_owned();
            if !host.is_empty() {
                found.push((srv.priority, Place { host, port: srv.port, is_direct }));
            }
        }
    }
    found.sort_by_key(|(priority, _)| *priority);
    found.into_iter().map(|(_, place)| place).collect()
}
