//! The way by a relay: a program beside Asterisk, two units that run it, and a section that leads to
//! it: with a package, or by hand. The units are those of the package; by
//! hand they have the command of this server in them instead of the file that the package's unit reads.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use super::{Invitation, XmppConfLine};
use crate::document::invite::{ByRelay, RelayPackage};
use crate::package_files;

const SERVICE: &str = include_str!("../../../../../packaging/systemd/lampfield-relay.service");
const SOCKET: &str = include_str!("../../../../../packaging/systemd/lampfield-relay.socket");

const PACKAGE: &str = "lampfield-relay";

/// Where a program is that was not installed by a package.
const FOLDER: &str = "/usr/local/bin/";

/// Where the service of the package finds the command's options.
const OPTIONS: &str = "/etc/default/lampfield-relay";

/// Where Asterisk finds its relay.
const LISTEN: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 5222);

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
        let options = format!("{to}{prints}");
        let command = format!("lampfield relay --listen {LISTEN}{options}");
        let comment = |other| format!("# or --to {}\n", SocketAddr::new(other, port));
        let others: String = others.into_iter().map(comment).collect();
        let name = self.jid.split('@').next().unwrap_or_default();
        Some(ByRelay {
            package: package(options.trim_start()),
            copy: format!("scp {} root@{name}:{FOLDER}lampfield", self.program),
            unit_file: "/etc/systemd/system/lampfield-relay.service".to_owned(),
            unit: service(&command, &others),
            socket_unit_file: "/etc/systemd/system/lampfield-relay.socket".to_owned(),
            socket_unit: by_hand(SOCKET),
            enable: "systemctl daemon-reload && systemctl enable --now lampfield-relay.socket \
                     lampfield-relay.service"
                .to_owned(),
            block: self.section(&XmppConfLine {
                hosts: vec![
                    format!("serverhost={}", LISTEN.ip()),
                    format!("port={}", LISTEN.port()),
                ],
                tls: false,
                sasl: true,
            }),
            command,
        })
    }
}

/// The steps with the package of this version, which `cargo xtask dist` makes beside that of the server.
fn package(options: &str) -> RelayPackage {
    RelayPackage {
        install: format!("apt install ./{}", package_files::debian(PACKAGE)),
        install_rpm: format!("dnf install ./{}", package_files::rpm(PACKAGE)),
        options_file: OPTIONS.to_owned(),
        options: format!("LAMPFIELD_RELAY=\"{options}\""),
        start: "systemctl enable lampfield-relay.socket lampfield-relay.service && \
                systemctl restart lampfield-relay.service"
            .to_owned(),
    }
}

fn option(name: &str, value: impl std::fmt::Display) -> String {
    format!(" {name} {value}")
}

/// The service with this command in the place of what the package reads.
fn service(command: &str, others: &str) -> String {
    let line = |line: &str| match line.starts_with("ExecStart=") {
        true => format!("{others}ExecStart={FOLDER}{command}\n"),
        false => format!("{line}\n"),
    };
    by_hand(SERVICE).lines().map(line).collect()
}

/// A unit of the package as it stands on its own: without the file that is read, and without remarks.
fn by_hand(unit: &str) -> String {
    let from = unit.find("[Unit]").unwrap_or_default();
    let unit = unit.get(from..).unwrap_or_default();
    let stays = |line: &&str| !line.contains(OPTIONS);
    unit.lines().filter(stays).map(|line| format!("{line}\n")).collect()
}
