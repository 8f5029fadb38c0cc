//! `dns`: what the DNS says of the served domains. Asterisk connects to an address; relays and XMPP clients
//! that know a domain alone ask for its services.

use std::net::IpAddr;

use lampfield_relay::Service;

use super::check::{Finding, Findings};
use super::scene::{NotAsked, Scene};

/// Where XMPP clients connect if the DNS names no service (RFC 6120 section 3.2).
const PORT: u16 = 5222;

/// A domain that leads nowhere, or to another machine.
pub fn name(scene: &Scene) -> Findings {
    let network = &scene.machine.network;
    let mut found = Vec::new();
    for domain in public(scene)? {
        if !network.services(&domain).map_err(NotAsked)?.is_empty() {
            continue;
        }
        let addresses = network.addresses(&domain).map_err(NotAsked)?;
        if !addresses.iter().any(|address| is_here(scene, *address)) {
            found.push(leads_elsewhere(&domain, &addresses, port(scene)));
        }
    }
    Ok(found)
}

/// Services in the DNS behind which nobody listens here.
pub fn srv(scene: &Scene) -> Findings {
    let network = &scene.machine.network;
    let mut found = Vec::new();
    for domain in public(scene)? {
        for service in network.services(&domain).map_err(NotAsked)? {
            let addresses = network.addresses(&service.host).map_err(NotAsked)?;
            found.extend(wrong(scene, &domain, &service, &addresses)?);
        }
    }
    Ok(found)
}

/// The served domains that can be in the DNS.
fn public(scene: &Scene) -> Result<Vec<String>, NotAsked> {
    let domains = scene.domains()?.into_iter().map(|domain| domain.to_string());
    let is_public = |name: &String| {
        name.contains('.') && name.parse::<IpAddr>().is_err() && !name.ends_with(".localhost")
    };
    let public: Vec<_> = domains.filter(is_public).collect();
    match public.is_empty() {
        true => Err(NotAsked("none of the served domains can be in the DNS".to_owned())),
        false => Ok(public),
    }
}

fn is_here(scene: &Scene, address: IpAddr) -> bool {
    scene.machine.network.own().contains(&address)
}

fn port(scene: &Scene) -> u16 {
    let listeners = scene.listeners().unwrap_or_default();
    listeners.first().map_or(PORT, |listener| listener.port())
}

fn leads_elsewhere(domain: &str, addresses: &[IpAddr], port: u16) -> Finding {
    let matters = "clients that know only the domain: a relay with --to DOMAIN, XMPP clients; not an Asterisk \
                   whose serverhost is an address";
    let record = format!(
        "add to the zone: _xmpp-client._tcp.{domain}. 3600 IN SRV 0 0 {port} HOST.   (HOST: the name of \
         this machine)"
    );
    if addresses.is_empty() {
        return Finding::look(format!("the DNS does not know {domain}"), matters, record)
            .seen("neither an SRV record nor an address");
    }
    let listed: Vec<_> = addresses.iter().map(ToString::to_string).collect();
    Finding::look(format!("{domain} leads to another machine"), matters, record).seen(format!(
        "no SRV record, and {} is not an address of this machine (behind NAT that may be right)",
        listed.join(", ")
    ))
}

fn wrong(
    scene: &Scene,
    domain: &str,
    service: &Service,
    addresses: &[IpAddr],
) -> Result<Option<Finding>, NotAsked> {
    let Service { host, port, is_direct, .. } = service;
    let kind = if *is_direct { "_xmpps-client" } else { "_xmpp-client" };
    let seen = format!("{kind}._tcp.{domain} is {host}:{port}");
    let matters = format!("relays and XMPP clients that know only {domain}");
    if addresses.is_empty() {
        let text = format!("the DNS sends clients of {domain} to {host}, which it does not know");
        let mend = format!("add to the zone: {host}. 3600 IN A ADDRESS   (or correct {kind})");
        return Ok(Some(Finding::bad(text, matters, mend).seen(seen)));
    }
    if !addresses.iter().any(|address| is_here(scene, *address)) {
        let text = format!("the DNS sends clients of {domain} to another machine");
        let mend = format!("correct {kind}._tcp.{domain}. in the zone, if that is not meant (NAT)");
        return Ok(Some(Finding::look(text, matters, mend).seen(seen)));
    }
    let own = scene.listeners()?;
    if own.iter().any(|listener| listener.port() == *port) {
        return Ok(None);
    }
    let text = format!("the DNS sends clients of {domain} to port {port}, where nobody listens");
    let ports: Vec<_> = own.iter().map(|listener| listener.port().to_string()).collect();
    let mend = format!(
        "add to the zone: {kind}._tcp.{domain}. 3600 IN SRV 0 0 {} {host}.   (or listen on {port})",
        ports.first().map_or("5222", String::as_str)
    );
    Ok(Some(Finding::bad(text, matters, mend).seen(seen)))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Stage, texts};
    use super::*;

    fn stage() -> Stage {
        let stage = Stage::new();
        stage.configure("[[domain]]\nname = 'lamps.example'\n");
        stage.dns(|dns| dns.own = vec!["192.0.2.1".parse().expect("an address")]);
        stage
    }

    fn service(host: &str, port: u16) -> Service {
        Service { host: host.to_owned(), port, priority: 0, is_direct: false }
    }

    #[test]
    fn a_domain_that_leads_nowhere_or_elsewhere_is_told() {
        let stage = stage();
        let said = || texts(name(&stage.without_server()));
        assert_eq!(said(), ["the DNS does not know lamps.example"]);
        let at = |address: &str| {
            let address = address.parse().expect("an address");
            stage.dns(|dns| drop(dns.hosts.insert("lamps.example".to_owned(), vec![address])));
        };
        at("198.51.100.7");
        assert_eq!(said(), ["lamps.example leads to another machine"]);
        at("192.0.2.1");
        assert_eq!(said(), [""; 0]);
        stage.dns(|dns| dns.is_silent = true);
        assert!(name(&stage.without_server()).is_err());
        let alone = Stage::new();
        assert!(name(&alone.without_server()).is_err(), "only localhost is served");
    }

    #[test]
    fn a_service_behind_which_nobody_is_is_told() {
        let stage = stage();
        let said = || texts(srv(&stage.without_server()));
        assert_eq!(said(), [""; 0]);
        stage.dns(|dns| dns.services = vec![service("pbx.example", 5_222)]);
        assert!(said()[0].ends_with("to pbx.example, which it does not know"), "{:?}", said());
        let here = vec!["192.0.2.1".parse().expect("an address")];
        stage.dns(|dns| drop(dns.hosts.insert("pbx.example".to_owned(), here)));
        assert_eq!(said(), [""; 0]);
        stage.dns(|dns| dns.services = vec![service("pbx.example", 5_269)]);
        assert!(said()[0].ends_with("to port 5269, where nobody listens"), "{:?}", said());
        stage.dns(|dns| dns.own.clear());
        assert!(said()[0].ends_with("to another machine"), "{:?}", said());
    }
}
