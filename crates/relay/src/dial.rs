//! Where the server is: one try after the other, each short, because a line that is back should be
//! found at once.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use hickory_resolver::TokioResolver;
use hickory_resolver::proto::rr::RData;
use tokio::net::{TcpStream, lookup_host};
use tokio::time::{sleep, timeout};

use crate::target::{DIRECT_PORT, PORT, Target};

/// How long a connection may take. The kernel asks at 0, 1 and 3 s.
const CONNECT: Duration = Duration::from_millis(3_500);
/// How long names may take to be resolved.
const RESOLVE: Duration = Duration::from_secs(5);

/// The pause between two tries at the address of before, while the DNS is silent.
const PAUSE: Duration = Duration::from_millis(500);

/// How long the DNS has to name another address than one that was in vain.
const DNS_FIRST: Duration = Duration::from_secs(2);

/// What is to be looked up.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Place {
    host: String,
    port: u16,
    is_direct: bool,
}

/// The places of one service with their priorities; empty if the DNS says that there is none.
type Services = Vec<(u16, Place)>;

/// An address with its port, and whether TLS begins there at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Address {
    address: SocketAddr,
    is_direct: bool,
}

/// A connection to a server, before its stream begins.
pub struct Dialled {
    /// The connected socket, on which nothing was said yet.
    pub socket: TcpStream,
    /// Whether TLS begins at once.
    pub is_direct: bool,
}

/// Where a target was found last, and whether anything came of it.
#[derive(Debug, Default, Clone, Copy)]
pub struct Before {
    address: Option<Address>,
    /// There was a connection, and nothing came of it.
    pub is_in_vain: bool,
}

/// Connects to a target. Each of its addresses is tried, that of before first, or last if it was in vain;
/// if the DNS does not know or does not answer, only that of before, because the DNS may be at the other
/// end of the same line.
///
/// # Errors
/// Why the last one did not work.
pub async fn dial(target: &Target, before: &mut Before) -> io::Result<Dialled> {
    let found = tokio::select! {
        biased;
        found = addresses(target) => found,
        dialled = again(*before) => return Ok(dialled),
    };
    let found = match (found, before.address) {
        (Err(_), Some(before)) => vec![before],
        (found, _) => found?,
    };
    let nowhere = io::Error::new(io::ErrorKind::NotFound, format!("{target} has no address"));
    connect_to_one(found, before).await.map_err(|error| error.unwrap_or(nowhere))
}

async fn connect_to_one(
    mut found: Vec<Address>,
    before: &mut Before,
) -> Result<Dialled, Option<io::Error>> {
    if let Some(place) = found.iter().position(|address| Some(*address) == before.address) {
        found.rotate_left(place + usize::from(before.is_in_vain));
    }
    let mut last = None;
    for address in found {
        match connect(address).await {
            Ok(dialled) => {
                before.address = Some(address);
                return Ok(dialled);
            }
            Err(error) => last = Some(error),
        }
    }
    Err(last)
}

/// Tries the address of before until there is a connection.
async fn again(before: Before) -> Dialled {
    let Some(address) = before.address else { return std::future::pending().await };
    if before.is_in_vain {
        sleep(DNS_FIRST).await;
    }
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

/// Every address of a target, from the DNS or as it was typed, in the order of the tries.
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
        None => services(&target.host).await.unwrap_or_else(|| vec![at(PORT)]),
    }
}

/// What the DNS says (RFC 2782, RFC 6120 section 3.2.1, XEP-0368), if it says anything.
async fn services(host: &str) -> Option<Vec<Place>> {
    let resolver = TokioResolver::builder_tokio().and_then(|builder| builder.build()).ok()?;
    let (direct, starttls) = tokio::join!(
        service(&resolver, "_xmpps-client", host, true),
        service(&resolver, "_xmpp-client", host, false),
    );
    in_order(direct, starttls)
}

/// The lowest priority first. None: the usual port is to be tried.
fn in_order(direct: Option<Services>, starttls: Option<Services>) -> Option<Vec<Place>> {
    let says_none = starttls.as_ref().is_some_and(Vec::is_empty);
    let mut found: Vec<_> = [direct, starttls].into_iter().flatten().flatten().collect();
    found.sort_by_key(|(priority, _)| *priority);
    let places: Vec<_> = found.into_iter().map(|(_, place)| place).collect();
    (says_none || !places.is_empty()).then_some(places)
}

async fn service(
    resolver: &TokioResolver,
    service: &str,
    host: &str,
    is_direct: bool,
) -> Option<Services> {
    let name = format!("{service}._tcp.{host}.");
    let lookup = timeout(RESOLVE, resolver.srv_lookup(name)).await.ok()?.ok()?;
    let places = lookup.answers().iter().filter_map(|record| {
        let RData::SRV(srv) = &record.data else { return None };
        let host = srv.target.to_utf8();
        // A single dot: there is no such service here.
        let host = host.trim_end_matches('.').to_owned();
        let place = Place { host, port: srv.port, is_direct };
        (!place.host.is_empty()).then_some((srv.priority, place))
    });
    Some(places.collect())
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
        assert!(dial(&target, &mut Before::default()).await.is_err());
        let mut before = Before { address: Some(here), is_in_vain: false };
        let dialled = dial(&target, &mut before).await.unwrap();
        assert!(dialled.is_direct);
        let port = here.address.port();
        let target: Target = format!("127.0.0.1:{port}").parse().unwrap();
        let mut before = Before::default();
        dial(&target, &mut before).await.unwrap();
        assert_eq!(before.address.unwrap().address, here.address);
    }

    #[test]
    fn where_the_dns_says_that_there_is_no_service_there_is_none() {
        let place =
            |port, is_direct| Place { host: "lamps.example.org".to_owned(), port, is_direct };
        let (direct, clear) = (place(5_223, true), place(5_222, false));
        let all = in_order(Some(vec![(9, direct.clone())]), Some(vec![(1, clear.clone())]));
        assert_eq!(all, Some(vec![clear, direct.clone()]));
        assert_eq!(in_order(Some(vec![(9, direct.clone())]), Some(vec![])), Some(vec![direct]));
        assert_eq!(in_order(None, Some(vec![])), Some(vec![]));
        assert_eq!(in_order(Some(vec![]), None), None, "STARTTLS may be where it usually is");
        assert_eq!(in_order(None, None), None);
    }

    #[tokio::test]
    async fn an_address_that_connects_in_vain_keeps_no_other_one_waiting() {
        let listeners = [
            TcpListener::bind("127.0.0.1:0").await.unwrap(),
            TcpListener::bind("127.0.0.1:0").await.unwrap(),
        ];
        let found = listeners
            .each_ref()
            .map(|listener| Address { address: listener.local_addr().unwrap(), is_direct: false });
        let mut before = Before::default();
        for (is_in_vain, place) in [(false, 0), (true, 1), (false, 1), (true, 0)] {
            before.is_in_vain = is_in_vain;
            let dialled = connect_to_one(found.into(), &mut before).await.unwrap();
            assert_eq!(dialled.socket.peer_addr().unwrap(), found[place].address);
        }
    }
}
