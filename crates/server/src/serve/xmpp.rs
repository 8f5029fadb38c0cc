//! What the XMPP door is told, from what the operator wrote.

use std::sync::Arc;

use lampfield_board::BoardName;
use lampfield_xmpp::settings::{
    ClearTextAuth, DomainSettings, Registration, Settings, TURN, TlsPolicy, XmppLimits,
};
use lampfield_xmpp::wire::LinkLimits;

use crate::certificate;
use crate::config::Config;
use crate::config::keys::{self, Tls};
use crate::config::name::DomainName;
use crate::failure::Failure;
use crate::place::Place;
use crate::serve::added::{Added, AddedDomains};
use crate::serve::boards::BoardsOfDomains;
use crate::serve::certificates::Certificates;

/// The settings of the door, and its certificates.
///
/// # Errors
/// A certificate cannot be had.
pub fn settings(
    place: &Place,
    boards: &BoardsOfDomains,
    added: &AddedDomains,
) -> Result<(Settings, Certificates), Failure> {
    let xmpp = &place.config.xmpp;
    let domains = boards.domains();
    let added = added.served();
    let of_file = self::domains(&place.config, boards);
    let mut settings = Settings {
        domains: of_file.into_iter().chain(added.iter().filter_map(Added::settings)).collect(),
        listen: xmpp.listen.clone(),
        listen_tls: xmpp.listen_tls.clone(),
        tls: match xmpp.tls {
            Tls::Required => TlsPolicy::Required,
            Tls::Optional => TlsPolicy::Optional,
            Tls::Off => TlsPolicy::Off,
        },
        certificates: None,
        certificate_hash: None,
        clear_text_auth: match xmpp.clear_text_auth {
            true => ClearTextAuth::Allowed,
            false => ClearTextAuth::Refused,
        },
        turn: TURN,
        limits: limits(&xmpp.limits),
    };
    if xmpp.tls == Tls::Off {
        return Ok((settings, Certificates::none(&place.data_dir)));
    }
    let (by_name, summaries) = certificate::load(&place.config, &domains, &place.data_dir)?;
    settings.certificate_hash = by_name.only_hash();
    let by_name = Arc::new(by_name);
    settings.certificates = Some(certificate::settings(Arc::clone(&by_name))?);
    let certificates = Certificates::new(by_name, summaries, &place.config, &place.data_dir);
    Ok((settings, certificates))
}

/// What the door is told of the domains in the configuration.
pub fn domains(config: &Config, boards: &BoardsOfDomains) -> Vec<DomainSettings> {
    let served = config.served();
    let of = |name: &DomainName| Some(domain(config, name, &boards.of_domain(name.as_str())?));
    served.iter().filter_map(of).collect()
}

fn domain(config: &Config, name: &DomainName, board: &BoardName) -> DomainSettings {
    let given = config.domain.iter().find(|domain| domain.name == *name);
    DomainSettings {
        name: name.to_string(),
        board: board.clone(),
        registration: match given.map(|domain| domain.registration) {
            None | Some(keys::Registration::Closed) => Registration::Closed,
            Some(keys::Registration::InBand) => Registration::InBand,
            Some(keys::Registration::FirstLogin) => Registration::FirstLogin,
        },
        show_caps: given.is_some_and(|domain| domain.show_caps),
    }
}

/// The bounds of what peers can make the door hold or do.
pub fn limits(limits: &keys::XmppLimits) -> XmppLimits {
    XmppLimits {
        stanza_bytes: limits.stanza.bytes(),
        unauthenticated_stanza_bytes: limits.unauthenticated_stanza.bytes(),
        depth: limits.depth,
        attributes: limits.attributes,
        login_time: limits.login_time,
        login_tries: u32::try_from(limits.login_tries).unwrap_or(u32::MAX),
        connections: limits.connections,
        unauthenticated_per_address: limits.unauthenticated_per_address,
        registrations_per_address: limits.registrations_per_address,
        resources: limits.resources,
        unread: LinkLimits {
            comfortable: limits.unread_comfortable.bytes(),
            most: limits.unread.bytes(),
        },
        unread_total: limits.unread_total.bytes(),
    }
}
