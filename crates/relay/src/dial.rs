//! Where the server is: one try after the other, each short, because a line that is back should be
//! found at once.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use hickory_resolver::TokioResolver;
use hickory_resolver::proto::rr::RData;
use tokio::net::{TcpStream, lookup_host};
use tokio::time::{sleep, timeout};

use crate::settings::{DIRECT_PORT, PORT, Target};

/// How long a connection may take. The kernel asks at 0, 1 and 3 s.
const CONNECT: Duration = Duration::from_millis(3_500);
/// How long names may take to be resolved.
const RESOLVE: Duration = Duration::from_secs(5);

/// The pause between two tries at the address of before, while the DNS is silent.
const PAUSE: Duration = Duration::from_millis(500);

/// What is to be looked up.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Place {
    host: String,
    port: u16,
    is_direct: bool,
}

/// Where a connection is tried.
#[derive(Debug, Clone, Copy)]
pub struct Address {
    address: SocketAddr,
    is_direct: bool,
}

/// A connection to a server, before its stream begins.
pub struct Dialled {
    /// The connection.
    pub socket: TcpStream,
    /// Whether TLS begins at once.
    pub is_direct: bool,
}

/// Connects to a target. Each of its addresses is tried; if the DNS does not know or does not answer, that
/// of before, because the DNS may be at the other end of the same line.
///
/// # Errors
/// Why the last one did not work.
pub async fn dial(target: &Target, before: &mut Option<Address>) -> io::Result<Dialled> {
    let found = tokio::select! {
        biased;
        found = addresses(target) => found,
        dialled = again(*before) => return Ok(dialled),
    };
    let found = match (found, *before) {
        (Err(_), Some(before)) => vec![before],
        (found, _) => found?,
    };
    let mut last = io::Error::new(io::ErrorKind::NotFound, format!("{target} has no address"));
    for address in found {
        match connect(address).await {
            Ok(dialled) => {
                *before = Some(address);
                return Ok(dialled);
            }
            Err(error) => last = error,
        }
    }
    Err(last)
}

/// Tries an address until there is a connection.
async fn again(address: Option<Address>) -> Dialled {
    let Some(address) = address else { return std::future::pending().await };
    loop {
        if let Ok(dialled) = connect(address).await {
            return dialled;
        }
        sleep(PAUSE).await;
    }
}

async fn connect(Address { address, is_direct }: Address) -> io::Result<Dialled> {
    let socket = timeout(CONNECT, TcpStream::connect(address)).await;
    let silent = |_| io::Error::from(io::ErrorKind::TimedOut);
    Ok(Dialled { socket: socket.map_err(silent)??, is_direct })
}

/// All addresses of a target.
async fn addresses(target: &Target) -> io::Result<Vec<Address>> {
    let mut found = Vec::new();
    let mut failed = None;
    for place in places(target).await {
        match looked_up(&place).await {
            Ok(addresses) => found.extend(addresses),
            Err(error) => failed = Some(error),
        }
    }
    match failed {
        Some(error) if found.is_empty() => Err(error),
        _ => Ok(found),
    }
}

async fn looked_up(place: &Place) -> io::Result<impl Iterator<Item = Address>> {
    let found = timeout(RESOLVE, lookup_host((place.host.as_str(), place.port))).await;
    let silent = |_| io::Error::new(io::ErrorKind::TimedOut, "the DNS does not answer");
    let is_direct = place.is_direct;
    Ok(found.map_err(silent)??.map(move |address| Address { address, is_direct }))
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
    let (direct, starttls) = tokio::join!(
        service(&resolver, "_xmpps-client", host, true),
        service(&resolver, "_xmpp-client", host, false),
    );
    let mut found = [direct, starttls].concat();
    found.sort_by_key(|(priority, _)| *priority);
    found.into_iter().map(|(_, place)| place).collect()
}

async fn service(
    resolver: &TokioResolver,
    service: &str,
    host: &str,
    is_direct: bool,
) -> Vec<(u16, Place)> {
    let name = format!("{service}._tcp.{host}.");
    let Ok(Ok(lookup)) = timeout(RESOLVE, resolver.srv_lookup(name)).await else {
        return Vec::new();
    };
    let places = lookup.answers().iter().filter_map(|record| {
        let RData::SRV(srv) = &record.data else { return None };
        let host = srv.target.to_utf8();
        // A single dot: there is no such service here.
        let host = host.trim_end_matches('.').to_owned();
        let place = Place { host, port: srv.port, is_direct };
        (!place.host.is_empty()).then_some((srv.priority, place))
    });
    places.collect()
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;

    use super::*;

    #[tokio::test]
    async fn a_server_that_was_found_before_is_found_without_the_dns() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let here = Address { address: listener.local_addr().unwrap(), is_direct: true };
        let target: Target = "nowhere.invalid:5222".parse().unwrap();
        assert!(dial(&target, &mut None).await.is_err());
        let dialled = dial(&target, &mut Some(here)).await.unwrap();
        assert!(dialled.is_direct);
        let port = here.address.port();
        let target: Target = format!("127.0.0.1:{port}").parse().unwrap();
        let mut before = None;
        dial(&target, &mut before).await.unwrap();
        assert_eq!(before.unwrap().address, here.address);
    }
}
