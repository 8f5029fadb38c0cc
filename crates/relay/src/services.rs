//! What the DNS says of a domain: the hosts and ports of its XMPP service (RFC 2782, RFC 6120 section 3.2.1,
//! XEP-0368).

use std::io;
use std::time::Duration;

use hickory_resolver::TokioResolver;
use hickory_resolver::proto::rr::RData;
use tokio::time::timeout;

/// How long the DNS may take.
const RESOLVE: Duration = Duration::from_secs(5);

/// A place where the DNS says that clients of a domain connect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Service {
    /// The name of the host.
    pub host: String,
    /// The port.
    pub port: u16,
    /// The lowest is tried first.
    pub priority: u16,
    /// TLS begins at once there.
    pub is_direct: bool,
}

/// Every service of a domain, the lowest priority first; none if the DNS knows none.
///
/// # Errors
/// The DNS cannot be asked, or does not answer.
pub async fn services(domain: &str) -> io::Result<Vec<Service>> {
    let resolver = TokioResolver::builder_tokio().and_then(|builder| builder.build());
    let resolver = resolver.map_err(io::Error::other)?;
    let (direct, starttls) = tokio::join!(
        service(&resolver, "_xmpps-client", domain, true),
        service(&resolver, "_xmpp-client", domain, false),
    );
    let mut found = match (direct, starttls) {
        (Err(error), Err(_)) => return Err(error),
        (direct, starttls) => [direct.unwrap_or_default(), starttls.unwrap_or_default()].concat(),
    };
    found.sort_by_key(|service| service.priority);
    Ok(found)
}

async fn service(
    resolver: &TokioResolver,
    service: &str,
    domain: &str,
    is_direct: bool,
) -> io::Result<Vec<Service>> {
    let name = format!("{service}._tcp.{domain}.");
    let silent = |_| io::Error::new(io::ErrorKind::TimedOut, "the DNS does not answer");
    let lookup = match timeout(RESOLVE, resolver.srv_lookup(name)).await.map_err(silent)? {
        Ok(lookup) => lookup,
        Err(error) if error.is_no_records_found() => return Ok(Vec::new()),
        Err(error) => return Err(io::Error::other(error)),
    };
    let services = lookup.answers().iter().filter_map(|record| {
        let RData::SRV(srv) = &record.data else { return None };
        let host = srv.target.to_utf8();
        // A single dot: there is no such service here.
        let host = host.trim_end_matches('.').to_owned();
        let service = Service { host, port: srv.port, priority: srv.priority, is_direct };
        (!service.host.is_empty()).then_some(service)
    });
    Ok(services.collect())
}
