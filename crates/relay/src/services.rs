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
    /// The TCP port.
    pub port: u16,
    /// The lowest is tried first.
    pub priority: u16,
    /// TLS begins at once there.
    pub is_direct: bool,
}

/// What the DNS says of a domain.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Services {
    /// Every service, the lowest priority first; none if the DNS knows none.
    pub found: Vec<Service>,
    /// The DNS says that there is none with STARTTLS (a single dot): the usual port is not to be tried.
    pub says_none: bool,
}

/// Every service of a domain.
///
/// # Errors
/// The DNS cannot be asked, or does not answer.
pub async fn services(domain: &str) -> io::Result<Services> {
    let resolver = TokioResolver::builder_tokio().and_then(|builder| builder.build());
    let resolver = resolver.map_err(io::Error::other)?;
    let (direct, starttls) = tokio::join!(
        service(&resolver, "_xmpps-client", domain, true),
        service(&resolver, "_xmpp-client", domain, false),
    );
    match (direct, starttls) {
        (Err(error), Err(_)) => Err(error),
        (direct, starttls) => Ok(in_order(direct.ok().flatten(), starttls.ok().flatten())),
    }
}

/// Of either kind what the DNS says, if it says anything.
fn in_order(direct: Option<Vec<Service>>, starttls: Option<Vec<Service>>) -> Services {
    let says_none = starttls.as_ref().is_some_and(Vec::is_empty);
    let mut found: Vec<_> = [direct, starttls].into_iter().flatten().flatten().collect();
    found.sort_by_key(|service| service.priority);
    Services { found, says_none }
}

async fn service(
    resolver: &TokioResolver,
    service: &str,
    domain: &str,
    is_direct: bool,
) -> io::Result<Option<Vec<Service>>> {
    let name = format!("{service}._tcp.{domain}.");
    let silent = |_| io::Error::new(io::ErrorKind::TimedOut, "the DNS does not answer");
    let lookup = match timeout(RESOLVE, resolver.srv_lookup(name)).await.map_err(silent)? {
        Ok(lookup) => lookup,
        Err(error) if error.is_no_records_found() => return Ok(None),
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
    Ok(Some(services.collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dot_says_that_there_is_no_service() {
        let service = |priority, is_direct| Service {
            host: "a.example".to_owned(),
            port: 5222,
            priority,
            is_direct,
        };
        let (direct, clear) = (service(9, true), service(1, false));
        let all = in_order(Some(vec![direct.clone()]), Some(vec![clear.clone()]));
        assert_eq!(all.found, [clear, direct.clone()], "the lowest priority first");
        let only_direct = in_order(Some(vec![direct.clone()]), Some(vec![]));
        assert_eq!(only_direct, Services { found: vec![direct], says_none: true });
        assert!(in_order(None, Some(vec![])).says_none);
        assert_eq!(
            in_order(Some(vec![]), None),
            Services::default(),
            "it may be where it usually is"
        );
    }
}
