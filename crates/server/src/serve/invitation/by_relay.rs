//! The way by a relay: a program beside Asterisk, two units that run it, and a section that leads to
//! it. The units are those of the manual, with the command of this server in them.

use std::net::SocketAddr;

use super::{Invitation, XmppConfLine};
use crate::document::invite::ByRelay;

const SERVICE: &str = include_str!("../../../../../docs/lampfield-relay.service");
const SOCKET: &str = include_str!("../../../../../docs/lampfield-relay.socket");

/// Where a program is that was not installed by a package.
const FOLDER: &str = "/usr/local/bin/";

/// Where Asterisk finds its relay.
const LISTEN: &str = "127.0.0.1:5222";

// === impl Invitation ===

impl Invitation<'_> {
    /// The way by a relay, if the server has a certificate: a relay sends no password in clear text.
    pub(super) fn by_relay(&self) -> Option<ByRelay> {
        let [to, others] = [vec![self.reachable.best], self.reachable.others.clone()];
        let port = self.reachable.port;
        let to: String =
            to.into_iter().map(|to| option("--to", SocketAddr::new(to, port))).collect();
        let prints = self.fingerprints.as_ref()?;
        let prints: String = prints.all().map(|print| option("--fingerprint", print)).collect();
        let command = format!("lampfield relay --listen {LISTEN}{to}{prints}");
        let comment = |other| format!("# or --to {}\n", SocketAddr::new(other, port));
        let others: String = others.into_iter().map(comment).collect();
        let name = self.jid.split('@').next().unwrap_or_default();
        Some(ByRelay {
            copy: format!("scp {} root@{name}:{FOLDER}lampfield", self.program),
            unit_file: "/etc/systemd/system/lampfield-relay.service".to_owned(),
            unit: service(&command, &others),
            socket_unit_file: "/etc/systemd/system/lampfield-relay.socket".to_owned(),
            socket_unit: without_remarks(SOCKET),
            enable: "systemctl daemon-reload && systemctl enable --now lampfield-relay.socket \
                     lampfield-relay.service"
                .to_owned(),
            block: self.section(&XmppConfLine {
                hosts: vec!["serverhost=127.0.0.1".to_owned()],
                tls: false,
                sasl: true,
            }),
            command,
        })
    }
}

fn option(name: &str, value: impl std::fmt::Display) -> String {
    format!(" {name} {value}")
}

/// The service with this command in the place of its sample.
fn service(command: &str, others: &str) -> String {
    let line = |line: &str| match line.starts_with("ExecStart=") {
        true => format!("{others}ExecStart={FOLDER}{command}\n"),
        false => format!("{line}\n"),
    };
    without_remarks(SERVICE).lines().map(line).collect()
}

/// Without what the file says to readers of the manual.
fn without_remarks(unit: &str) -> String {
    let from = unit.find("[Unit]").unwrap_or_default();
    unit.get(from..).unwrap_or_default().to_owned()
}
