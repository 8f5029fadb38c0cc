//! The complete xmpp.conf section for one Asterisk server, and how to see that it works.

use crate::config::keys::Tls;
use crate::document::invite::Invite;
use crate::serve::addresses::Reachable;

/// What an invitation is made of.
#[derive(Debug)]
pub struct Invitation<'a> {
    /// The account, as a bare JID.
    pub jid: &'a str,
    /// Its domain.
    pub domain: &'a str,
    /// Its password.
    pub secret: &'a str,
    /// Where the server is.
    pub reachable: &'a Reachable,
    /// Whether it is encrypted.
    pub tls: Tls,
    /// Whether the account logs in without SASL.
    pub legacy: bool,
    /// Why the address may be wrong.
    pub note: Option<String>,
}

// === impl Invitation ===

impl Invitation<'_> {
    /// As a document to be shown.
    pub fn document(&self) -> Invite {
        let jid = self.jid;
        Invite {
            schema: "invite/1".to_owned(),
            jid: jid.to_owned(),
            file: "/etc/asterisk/xmpp.conf".to_owned(),
            block: self.block(),
            reload: "asterisk -rx \"module reload res_xmpp.so\"".to_owned(),
            proof: "asterisk -rx \"xmpp show connections\"".to_owned(),
            expected: format!("[lampfield] {jid}/asterisk     - Connected"),
            note: self.note.clone(),
        }
    }

    /// The section. No buddy lines: the PBX accounts of a domain see each other anyway.
    pub fn block(&self) -> String {
        let Self { jid, domain, secret, reachable, .. } = self;
        let mut lines = vec!["[lampfield]".to_owned(), "type=client".to_owned()];
        lines.push(format!("serverhost={}", reachable.best));
        for other in &reachable.others {
            lines.push(format!("; or: serverhost={other}"));
        }
        if reachable.port != 5222 {
            lines.push(format!("port={}", reachable.port));
        }
        lines.push(format!("pubsub_node=pubsub.{domain}"));
        lines.push(format!("username={jid}/asterisk"));
        lines.push(format!("secret={secret}"));
        lines.push("distribute_events=yes".to_owned());
        lines.push(format!("usetls={}", if self.tls == Tls::Off { "no" } else { "yes" }));
        lines.push(format!("usesasl={}", if self.legacy { "no" } else { "yes" }));
        lines.join("\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_section_is_complete() {
        let reachable = Reachable {
            best: [192, 0, 2, 10].into(),
            others: vec![[198, 51, 100, 7].into()],
            port: 5299,
        };
        let invitation = Invitation {
            jid: "pbx-1@localhost",
            domain: "localhost",
            secret: "hq2f",
            reachable: &reachable,
            tls: Tls::Required,
            legacy: false,
            note: None,
        };
        let block = "[lampfield]\ntype=client\nserverhost=192.0.2.10\n; or: serverhost=198.51.100.7\n\
                     port=5299\npubsub_node=pubsub.localhost\nusername=pbx-1@localhost/asterisk\n\
                     secret=hq2f\ndistribute_events=yes\nusetls=yes\nusesasl=yes";
        assert_eq!(invitation.block(), block);
    }
}
