//! What starts and yet may not be what the operator wants: told by `check`, at the start and by
//! `invite`. It judges a whole place, file and command line together; what is wrong in the text of
//! the file alone is found by `config::check`.

use std::fs;
use std::io;
use std::net::SocketAddr;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use jiff::Timestamp;

use crate::certificate::Summary;
use crate::config::keys::{Config, Xmpp};
use crate::failure::{Exit, Failure};
use crate::place::Place;

/// Descriptors besides the connections: store, sockets, files.
const BESIDES: u64 = 64;

/// One thing to look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Advice {
    /// Stable code, the same in the log and in the manual.
    pub code: &'static str,
    /// What is so, in a sentence.
    pub text: String,
    /// What to do if it is not meant so.
    pub remedy: String,
}

/// Everything to look at in a place.
pub fn of(place: &Place) -> Vec<Advice> {
    let mut advice = Vec::new();
    if is_only_here(&place.config.xmpp) {
        advice.push(Advice {
            code: "only-here",
            text: "only this machine can connect: all addresses in listen are loopback".to_owned(),
            remedy: place.to_let_others_in(),
        });
    }
    if let Some(file) = place.file.as_deref().filter(|file| is_open(file))
        && has_passwords(&place.config)
    {
        let file = file.display();
        advice.push(Advice {
            code: "open-configuration",
            text: format!("every user of this machine can read the passwords in {file}"),
            remedy: format!("chmod o= {file}; or use password_file instead of password"),
        });
    }
    advice
}

/// What to look at in the operator's own certificates.
pub fn of_certificates(certificates: &[Summary], now: Timestamp) -> Vec<Advice> {
    let names = certificates.iter().filter(|one| !one.missing.is_empty()).map(|one| Advice {
        code: "certificate-names",
        text: format!("the certificate of {} lacks {}", one.domain, one.missing.join(" and ")),
        remedy: "request it for these names too; stock Asterisk does not check them, but other \
                 clients and relays without --fingerprint do"
            .to_owned(),
    });
    let ends = certificates.iter().filter_map(|one| one.ending(now)).map(|ending| Advice {
        code: "certificate-ends",
        text: ending.text,
        remedy: ending.remedy,
    });
    let early = certificates.iter().filter_map(|one| {
        let from = one.valid_from.filter(|from| *from > now)?;
        Some(Advice {
            code: "certificate-early",
            text: format!("the certificate of {} is not valid until {from}", one.domain),
            remedy:
                "check the clock of this machine (timedatectl); until then use the certificate \
                     that it is to replace"
                    .to_owned(),
        })
    });
    names.chain(ends).chain(early).collect()
}

/// The failure of a start whose address cannot be listened on.
pub fn cannot_listen(address: SocketAddr, error: &io::Error) -> Failure {
    let failure = Failure::new(Exit::Bad, "listen", format!("{address}: {error}"))
        .line("result", "nothing was started");
    match error.kind() {
        io::ErrorKind::AddrInUse => failure
            .line("try", format!("ss -ltnp 'sport = :{}'   shows who has it", address.port())),
        io::ErrorKind::PermissionDenied => failure.line(
            "try",
            "a port from 1024 on; or AmbientCapabilities=CAP_NET_BIND_SERVICE in its systemd unit",
        ),
        io::ErrorKind::AddrNotAvailable => {
            failure.line("try", "ip -br address   shows the addresses of this machine")
        }
        _ => failure,
    }
}

/// How many files must be open at the same time to serve so many connections.
pub fn descriptors_needed(connections: usize) -> u64 {
    u64::try_from(connections).unwrap_or(u64::MAX).saturating_add(BESIDES)
}

/// Whether nobody but this machine can connect.
pub fn is_only_here(xmpp: &Xmpp) -> bool {
    let loopback = |address: &SocketAddr| address.ip().is_loopback();
    xmpp.listen.iter().chain(&xmpp.listen_tls).all(loopback)
}

fn has_passwords(config: &Config) -> bool {
    let mut accounts = config.domain.iter().flat_map(|domain| &domain.account);
    accounts.any(|account| account.password.is_some())
}

/// Whether others can read a file: it lets them, and so do all folders above it.
fn is_open(file: &Path) -> bool {
    let Ok(file) = fs::canonicalize(file) else { return false };
    let allows = |path: &Path, bits: u32| fs::metadata(path).is_ok_and(|of| of.mode() & bits != 0);
    allows(&file, 0o004) && file.ancestors().skip(1).all(|folder| allows(folder, 0o001))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn codes(text: &str, mode: u32) -> Vec<&'static str> {
        let folder = tempfile::tempdir().expect("a folder");
        let open = fs::Permissions::from_mode(0o755);
        fs::set_permissions(folder.path(), open).expect("chmod");
        let file = folder.path().join("lampfield.toml");
        fs::write(&file, text).expect("a file");
        fs::set_permissions(&file, fs::Permissions::from_mode(mode)).expect("chmod");
        let place = Place::find(Some(&file), Some(folder.path())).expect("a place");
        of(&place).into_iter().map(|advice| advice.code).collect()
    }

    const OPEN: &str = "[xmpp]\nlisten = ['0.0.0.0:5222']\n";

    #[test]
    fn a_server_that_nobody_reaches_is_told() {
        assert_eq!(codes("", 0o600), ["only-here"]);
        assert_eq!(codes("[xmpp]\nlisten = ['127.0.0.2:1', '[::1]:1']", 0o600), ["only-here"]);
        assert_eq!(codes(OPEN, 0o600), [""; 0]);
        assert_eq!(codes("[xmpp]\nlisten_tls = ['192.0.2.1:5223']", 0o600), [""; 0]);
    }

    #[test]
    fn a_certificate_of_tomorrow_is_told() {
        let now = Timestamp::from_second(1_000_000).expect("a time");
        let told = |valid_from: i64| {
            let one = Summary {
                domain: crate::config::name::DomainName::parse("a.example").expect("a name"),
                maker: crate::certificate::Maker::MadeNow,
                valid_from: Timestamp::from_second(valid_from).ok(),
                valid_to: Timestamp::from_second(900_000_000).ok(),
                fingerprints: crate::certificate::Fingerprints {
                    certificate: String::new(),
                    key: None,
                },
                missing: Vec::new(),
            };
            of_certificates(&[one], now).into_iter().map(|advice| advice.code).collect::<Vec<_>>()
        };
        assert_eq!(told(1_000_001), ["certificate-early"]);
        assert_eq!(told(999_999), [""; 0]);
    }

    #[test]
    fn passwords_that_others_can_read_are_told() {
        let account = "[[domain]]\nname = 'a.example'\n[[domain.account]]\nname = 'x'\n";
        let text = format!("{account}password = 'hunter2'\n{OPEN}");
        assert_eq!(codes(&text, 0o644), ["open-configuration"]);
        assert_eq!(codes(&text, 0o640), [""; 0]);
        assert_eq!(codes(&format!("{account}{OPEN}"), 0o644), [""; 0]);
    }

    #[test]
    fn a_closed_folder_protects_the_file_in_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let closed = fs::Permissions::from_mode(0o700);
        fs::set_permissions(folder.path(), closed).expect("chmod");
        let file = folder.path().join("lampfield.toml");
        fs::write(&file, "").expect("a file");
        fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).expect("chmod");
        assert!(!is_open(&file));
    }
}
