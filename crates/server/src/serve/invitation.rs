//! The complete xmpp.conf section for one Asterisk, by either way, and how to see that it
//! works.

mod by_relay;

use lampfield_xmpp::xmpp_conf::RELOAD;

use crate::certificate::Fingerprints;
use crate::config::keys::Tls;
use crate::document::invite::{InviteDocument, Way};
use crate::serve::addresses::Reachable;

/// What an invitation is made of.
#[derive(Debug)]
pub struct Invitation<'a> {
    /// The account, as a bare JID.
    pub jid: &'a str,
    /// The domain of the account.
    pub domain: &'a str,
    /// The password, in clear text, for `secret=`.
    pub secret: &'a str,
    /// The addresses and the port at which clients reach the server.
    pub reachable: &'a Reachable,
    /// Whether TLS is required, optional or off.
    pub tls: Tls,
    /// Whether the account logs in without SASL.
    pub legacy: bool,
    /// How its certificate is known; none without TLS.
    pub fingerprints: Option<&'a Fingerprints>,
    /// The file of this program.
    pub program: &'a str,
    /// Whether nobody but this machine can connect.
    pub is_only_here: bool,
    /// Why the address may be wrong.
    pub note: Option<String>,
}

/// How a section says where to connect, and how.
struct XmppConfLine {
    hosts: Vec<String>,
    tls: bool,
    sasl: bool,
}

// === impl Invitation ===

impl Invitation<'_> {
    /// As a document to be shown.
    pub fn document(&self) -> InviteDocument {
        let jid = self.jid;
        let relay = self.by_relay();
        InviteDocument {
            schema: "invite/1".to_owned(),
            jid: jid.to_owned(),
            file: "/etc/asterisk/xmpp.conf".to_owned(),
            block: self.block(),
            reload: format!("asterisk -rx \"{RELOAD}\""),
            proof: "asterisk -rx \"xmpp show connections\"".to_owned(),
            expected: format!("[lampfield] {jid}/asterisk     - Connected"),
            fingerprint: self.fingerprints.map(|prints| prints.certificate.clone()),
            way: if relay.is_some() && !self.is_only_here { Way::Relay } else { Way::Direct },
            relay,
            note: self.note.clone(),
        }
    }

    /// The section that leads to the server itself.
    pub fn block(&self) -> String {
        let Reachable { best, others, port } = self.reachable;
        let mut hosts = vec![format!("serverhost={best}")];
        hosts.extend(others.iter().map(|other| format!("; or: serverhost={other}")));
        hosts.push(format!("port={port}"));
        self.section(&XmppConfLine { hosts, tls: self.tls != Tls::Off, sasl: !self.legacy })
    }

    /// A section. No buddy lines: the PBX accounts of a domain see each other anyway. It names the usual port too, for
    /// Asterisk merges sections of one name, so that the port of an older one would stay.
    fn section(&self, line: &XmppConfLine) -> String {
        let Self { jid, domain, secret, .. } = self;
        let word = |yes| if yes { "yes" } else { "no" };
        let mut lines = vec!["[lampfield]".to_owned(), "type=client".to_owned()];
        lines.extend(line.hosts.iter().cloned());
        lines.push(format!("pubsub_node=pubsub.{domain}"));
        lines.push(format!("username={jid}/asterisk"));
        lines.push(format!("secret={secret}"));
        lines.push("distribute_events=yes".to_owned());
        lines.push(format!("usetls={}", word(line.tls)));
        lines.push(format!("usesasl={}", word(line.sasl)));
        lines.join("\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reachable() -> Reachable {
        Reachable {
            best: [192, 0, 2, 10].into(),
            others: vec![[198, 51, 100, 7].into()],
            port: 5299,
        }
    }

    fn prints() -> Fingerprints {
        Fingerprints { certificate: "c1".to_owned(), key: Some("e2".to_owned()) }
    }

    fn invitation<'a>(reachable: &'a Reachable, prints: &'a Fingerprints) -> Invitation<'a> {
        Invitation {
            jid: "pbx-1@localhost",
            domain: "localhost",
            secret: "hq2f",
            reachable,
            tls: Tls::Required,
            legacy: false,
            fingerprints: Some(prints),
            program: "/opt/lampfield",
            is_only_here: false,
            note: None,
        }
    }

    #[test]
    fn the_section_is_complete() {
        let block = "[lampfield]\ntype=client\nserverhost=192.0.2.10\n; or: serverhost=198.51.100.7\n\
                     port=5299\npubsub_node=pubsub.localhost\nusername=pbx-1@localhost/asterisk\n\
                     secret=hq2f\ndistribute_events=yes\nusetls=yes\nusesasl=yes";
        assert_eq!(invitation(&reachable(), &prints()).block(), block);
    }

    #[test]
    fn a_relay_goes_where_asterisk_would_have_gone() {
        let (reachable, prints) = (reachable(), prints());
        let way = invitation(&reachable, &prints).by_relay().expect("a way");
        let command = "lampfield relay --listen 127.0.0.1:5222 --to 192.0.2.10:5299 --fingerprint c1 \
                       --fingerprint e2";
        assert_eq!(way.command, command);
        let run = format!("\n# or --to 198.51.100.7:5299\nExecStart=/usr/local/bin/{command}\n");
        assert!(way.unit.starts_with("[Unit]\n") && way.unit.contains(&run), "{}", way.unit);
        for unit in [&way.unit, &way.socket_unit] {
            assert!(!unit.contains("/etc/default") && !unit.contains("/usr/bin"), "{unit}");
        }
        let options = "LAMPFIELD_RELAY=\"--to 192.0.2.10:5299 --fingerprint c1 --fingerprint e2\"";
        assert_eq!(way.package.options, options);
        assert!(way.package.install.contains(env!("CARGO_PKG_VERSION")), "{:?}", way.package);
        let block = "[lampfield]\ntype=client\nserverhost=127.0.0.1\nport=5222\n\
                     pubsub_node=pubsub.localhost\nusername=pbx-1@localhost/asterisk\nsecret=hq2f\ndistribute_events=yes\nusetls=no\n\
                     usesasl=yes";
        assert_eq!(way.block, block);
        let without = Invitation { fingerprints: None, ..invitation(&reachable, &prints) };
        assert_eq!(without.by_relay(), None);
    }

    #[test]
    fn an_address_of_ipv6_has_its_brackets() {
        let best = std::net::Ipv6Addr::LOCALHOST.into();
        let (reachable, prints) = (Reachable { best, others: Vec::new(), port: 5222 }, prints());
        let way = invitation(&reachable, &prints).by_relay().expect("a way");
        assert!(way.command.contains("--to [::1]:5222 "), "{}", way.command);
    }
}
