//! Where the server is: one try after the other, each short, because a line that is back should be
//! found at once.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::{TcpStream, lookup_host};
use tokio::time::{sleep, timeout};

use crate::services::{Service, Services, services};
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
    /// How many addresses the target had then.
    pub addresses: usize,
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
    before.addresses = found.len();
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
        // Where the DNS knows nothing or does not answer, the name itself is left.
        None => match services(&target.host).await {
            Ok(Services { found, says_none }) if says_none || !found.is_empty() => {
                found.into_iter().map(Place::from).collect()
            }
            Ok(_) | Err(_) => vec![at(PORT)],
        },
    }
}

// === impl Place ===

impl From<Service> for Place {
    fn from(Service { host, port, is_direct, .. }: Service) -> Self {
        Self { host, port, is_direct }
    }
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
        let mut before = Before { address: Some(here), ..Before::default() };
        let dialled = dial(&target, &mut before).await.unwrap();
        assert!(dialled.is_direct);
        let port = here.address.port();
        let target: Target = format!("127.0.0.1:{port}").parse().unwrap();
        let mut before = Before::default();
        dial(&target, &mut before).await.unwrap();
        assert_eq!(before.address.unwrap().address, here.address);
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
