//! The certificates of the served domains: the operator's PEM files, or self-signed ones that are
//! made on the first start and kept in the data folder. A key that others can read is never used
//! and never written.

mod by_name;
mod files;
mod pem;
mod self_signed;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use rustls::ServerConfig;
use rustls::crypto::{CryptoProvider, ring};
use rustls::sign::CertifiedKey;
use sha2::{Digest, Sha256};
use thiserror::Error;

pub use by_name::ByName;
use files::PemPair;
use pem::PemFault;

use crate::config::Config;
use crate::config::name::DomainName;
use crate::failure::{Exit, Failure};
use crate::shell;

/// Why a domain has no certificate.
#[derive(Debug, Error)]
pub enum CertificateError {
    /// A file cannot be read or written.
    #[error("{}: {source}", path.display())]
    File {
        /// The file that was to be read or written.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A key file is open to others.
    #[error("{} has mode {mode:04o}: others can read the private key", path.display())]
    OpenKey {
        /// The file with the private key.
        path: PathBuf,
        /// Its permission bits, as `chmod` takes them.
        mode: u32,
    },
    /// A file holds no certificate or no key in PEM form.
    #[error("{} holds no {what}: {fault}", path.display())]
    NotPem {
        /// The file that was read.
        path: PathBuf,
        /// `certificate` or `private key`.
        what: &'static str,
        /// Where it goes wrong.
        fault: PemFault,
    },
    /// Certificate and key do not belong together.
    #[error("the private key in {} does not belong to the first certificate in {}", key.display(), certificate.display())]
    Mismatch {
        /// The file with the certificate chain.
        certificate: PathBuf,
        /// The file with the private key.
        key: PathBuf,
        /// Which certificate of the chain it belongs to, from 1, if to any.
        fits: Option<usize>,
    },
    /// The certificate is of a form without names of servers.
    #[error("the certificate in {} is X.509 version 1, which has no subjectAltName", path.display())]
    Version1 {
        /// The file with the certificate chain.
        path: PathBuf,
    },
    /// The certificate cannot be used.
    #[error("the certificate in {} cannot be used: {source}", path.display())]
    Unusable {
        /// The file with the certificate chain.
        path: PathBuf,
        /// What the TLS library said.
        source: rustls::Error,
    },
    /// No certificate can be made for this name.
    #[error("no certificate can be made for {domain}: {source}")]
    NotMade {
        /// The domain that was to have it.
        domain: DomainName,
        /// What the library that makes certificates said.
        source: rcgen::Error,
    },
    /// The TLS library refuses its own settings.
    #[error("TLS cannot be set up: {0}")]
    Tls(#[from] rustls::Error),
}

/// Where a certificate comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Maker {
    /// The operator; the file is named.
    Operator(PathBuf),
    /// This program, at this start.
    MadeNow,
    /// This program, at an earlier start.
    MadeBefore,
}

/// What an operator wants to know of a certificate.
#[derive(Debug, Clone)]
pub struct Summary {
    /// The domain for which it is shown.
    pub domain: DomainName,
    /// Who has made it, and when.
    pub maker: Maker,
    /// The begin of its life; `None` if it cannot be read.
    pub valid_from: Option<Timestamp>,
    /// The end of its life; `None` if it cannot be read.
    pub valid_to: Option<Timestamp>,
    /// By what a relay may know it.
    pub fingerprints: Fingerprints,
    /// Names of the domain that are not in it.
    pub missing: Vec<String>,
}

/// The end of a certificate, when it is near or past.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ending {
    /// It is over.
    pub is_past: bool,
    /// When it ends, or has ended, in a sentence.
    pub text: String,
    /// How it is renewed, in a sentence.
    pub remedy: String,
}

/// How long before its end a certificate is spoken of.
const SOON: SignedDuration = SignedDuration::from_hours(14 * 24);

/// SHA-256 of what a relay may be told to know a server by, 64 hex digits each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fingerprints {
    /// Of the certificate (DER).
    pub certificate: String,
    /// Of its public key (SubjectPublicKeyInfo), which a new certificate may keep; none if it cannot
    /// be read.
    pub key: Option<String>,
}

// === impl Fingerprints ===

impl Fingerprints {
    /// Both fingerprints, or the one that there is.
    pub fn all(&self) -> impl Iterator<Item = &str> {
        [Some(&self.certificate), self.key.as_ref()].into_iter().flatten().map(String::as_str)
    }
}

// === impl Summary ===

impl Summary {
    /// What somebody should know of its end, if that is near or past.
    pub fn ending(&self, now: Timestamp) -> Option<Ending> {
        let (domain, end) = (&self.domain, self.valid_to?);
        let left = end.duration_since(now);
        let remedy = match &self.maker {
            Maker::Operator(file) => {
                format!("renew {}: Lampfield notices and needs no restart", file.display())
            }
            Maker::MadeNow | Maker::MadeBefore => {
                "Lampfield makes a new one automatically; if it could not, its log says why"
                    .to_owned()
            }
        };
        if left.is_negative() {
            let text = format!("the certificate of {domain} expired on {end}");
            Some(Ending { is_past: true, text, remedy })
        } else if left < SOON {
            let text = format!("the certificate of {domain} expires on {end}");
            Some(Ending { is_past: false, text, remedy })
        } else {
            None
        }
    }
}

// === impl Maker ===

impl Maker {
    /// Who looks after it: `operator` or `lampfield`.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Operator(_) => "operator",
            Self::MadeNow | Self::MadeBefore => "lampfield",
        }
    }
}

// === impl CertificateError ===

impl From<CertificateError> for Failure {
    fn from(error: CertificateError) -> Self {
        let failure = Self::new(Exit::Usage, "certificate", error.to_string());
        match error {
            CertificateError::OpenKey { path, .. } => {
                failure.line("try", format!("chmod 600 {}", path.display()))
            }
            CertificateError::NotPem { path, what, fault } => {
                let failure = failure.line("try", fault.remedy(&path, what));
                let key = if what == pem::KEY { "certificate_key" } else { "certificate" };
                match fault.new_file(&path) {
                    Some(new) => failure.line("then", format!("{key} = \"{}\"", new.display())),
                    None => failure,
                }
            }
            CertificateError::Version1 { .. } => failure.line(
                "try",
                "issue it with extensions: openssl x509 -req ... -extfile FILE, with subjectAltName=DNS:DOMAIN,DNS:pubsub.DOMAIN \
                 in FILE",
            ),
            CertificateError::Mismatch { certificate, key, fits: None } => failure.line(
                "try",
                format!(
                    "these must print the same: openssl x509 -noout -pubkey -in {}; openssl pkey \
                     -pubout -in {}",
                    certificate.display(),
                    key.display()
                ),
            ),
            CertificateError::Mismatch { fits: Some(number), .. } => failure.line(
                "try",
                format!("move certificate {number} to the top of the file: the server's own must come first"),
            ),
            CertificateError::File { path, .. } => {
                failure.line("try", format!("ls -l {}", shell::word(&path.display().to_string())))
            }
            _ => failure,
        }
    }
}

/// What there is to know of the operator's own certificates; makes none.
///
/// # Errors
/// The first domain whose files cannot be used.
pub fn check(config: &Config) -> Result<Vec<Summary>, CertificateError> {
    let provider = ring::default_provider();
    // Those for all domains count also where every domain has its own: more may be added.
    if let Some(for_all) = operators(config, None) {
        for_all.load(&provider)?;
    }
    let mut summaries = Vec::new();
    for domain in &config.served() {
        if let Some(pair) = operators(config, Some(domain)) {
            let certificate = pair.load(&provider)?;
            summaries.push(summary(domain, Maker::Operator(pair.certificate), &certificate));
        }
    }
    Ok(summaries)
}

/// The operator's own files: those of each domain, and those for all.
pub fn files(config: &Config) -> Vec<PathBuf> {
    let domains = config.domain.iter().map(|domain| Some(&domain.name));
    let pairs = domains.chain([None]).filter_map(|domain| operators(config, domain));
    pairs.flat_map(|pair| [pair.certificate, pair.key]).collect()
}

/// Loads or makes the certificate of every domain.
///
/// # Errors
/// The first domain whose certificate cannot be had.
pub fn load(
    config: &Config,
    domains: &[DomainName],
    data_dir: &Path,
) -> Result<(ByName, Vec<Summary>), CertificateError> {
    let provider = ring::default_provider();
    let mut certificates = Vec::with_capacity(domains.len());
    let mut summaries = Vec::with_capacity(domains.len());
    for domain in domains {
        let (pair, maker) = match operators(config, Some(domain)) {
            Some(pair) => {
                let maker = Maker::Operator(pair.certificate.clone());
                (pair, maker)
            }
            None => self_signed::of(domain, data_dir, Timestamp::now(), &provider)?,
        };
        let certificate = Arc::new(pair.load(&provider)?);
        summaries.push(summary(domain, maker, &certificate));
        certificates.push((domain.clone(), certificate));
    }
    Ok((ByName::new(certificates), summaries))
}

/// A new key and certificate for a domain without files of the operator's; they wait until
/// [`use_next`].
///
/// # Errors
/// They cannot be made or written.
pub fn make_next(domain: &DomainName, data_dir: &Path) -> Result<Summary, CertificateError> {
    let provider = ring::default_provider();
    let pair = self_signed::next(domain, data_dir, Timestamp::now(), &provider)?;
    Ok(summary(domain, Maker::MadeNow, &pair.load(&provider)?))
}

/// Puts what [`make_next`] has made in the place of what is in use; a load takes it then.
///
/// # Errors
/// The files cannot be renamed.
pub fn use_next(domain: &DomainName, data_dir: &Path) -> Result<(), CertificateError> {
    self_signed::take_next(domain, data_dir)
}

/// Whether the certificate of a domain is the operator's.
pub fn is_operators(config: &Config, domain: &DomainName) -> bool {
    operators(config, Some(domain)).is_some()
}

/// The TLS settings of every listener.
///
/// # Errors
/// The TLS library refuses the settings, which would be a bug.
pub fn settings(by_name: Arc<ByName>) -> Result<Arc<ServerConfig>, CertificateError> {
    let provider: Arc<CryptoProvider> = Arc::new(ring::default_provider());
    let mut settings = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_cert_resolver(by_name);
    settings.max_fragment_size = Some(lampfield_xmpp::wire::RECORD + RECORD_HEADER);
    // Stock Asterisk resumes no session; without tickets nothing is sent that it must skip, and
    // no session memory is kept.
    settings.send_tls13_tickets = 0;
    settings.session_storage = Arc::new(rustls::server::NoServerSessionStorage {});
    Ok(Arc::new(settings))
}

/// rustls counts the five bytes of a record's header into the fragment size.
const RECORD_HEADER: usize = 5;

/// The files the operator gave for `domain`: its own, else those for all.
fn operators(config: &Config, domain: Option<&DomainName>) -> Option<PemPair> {
    let own = config.domain.iter().find(|given| Some(&given.name) == domain);
    let own = own.map(|given| (&given.certificate, &given.certificate_key));
    let all = (&config.xmpp.certificate, &config.xmpp.certificate_key);
    own.into_iter().chain([all]).find_map(|(certificate, key)| {
        Some(PemPair {
            certificate: certificate.as_ref()?.as_path().to_owned(),
            key: key.as_ref()?.as_path().to_owned(),
        })
    })
}

fn summary(domain: &DomainName, maker: Maker, certificate: &CertifiedKey) -> Summary {
    let der = certificate.cert.first().map(|der| der.as_ref()).unwrap_or_default();
    let parsed = x509_parser::parse_x509_certificate(der).ok().map(|(_, parsed)| parsed);
    let time = |seconds: i64| Timestamp::from_second(seconds).ok();
    let validity = parsed.as_ref().map(|parsed| parsed.validity());
    let named: Vec<String> = parsed.as_ref().map(dns_names).unwrap_or_default();
    let missing = [domain.to_string(), domain.pubsub()];
    Summary {
        domain: domain.clone(),
        maker,
        valid_from: validity.and_then(|it| time(it.not_before.timestamp())),
        valid_to: validity.and_then(|it| time(it.not_after.timestamp())),
        fingerprints: Fingerprints {
            certificate: fingerprint(der),
            key: parsed.as_ref().map(|parsed| fingerprint(parsed.public_key().raw)),
        },
        missing: missing.into_iter().filter(|name| !is_named(name, &named)).collect(),
    }
}

fn fingerprint(der: &[u8]) -> String {
    Sha256::digest(der).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn dns_names(certificate: &x509_parser::certificate::X509Certificate<'_>) -> Vec<String> {
    use x509_parser::extensions::GeneralName;
    let names = certificate.subject_alternative_name().ok().flatten();
    let names = names.map(|names| names.value.general_names.iter()).into_iter().flatten();
    names
        .filter_map(|name| match name {
            GeneralName::DNSName(name) => Some((*name).to_owned()),
            _ => None,
        })
        .collect()
}

/// RFC 6125 section 6.4.3: a wildcard stands for the whole left-most label.
fn is_named(name: &str, names: &[String]) -> bool {
    names.iter().any(|given| match given.strip_prefix("*.") {
        Some(parent) => name.split_once('.').is_some_and(|(_, rest)| rest == parent),
        None => given.eq_ignore_ascii_case(name),
    })
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;
    use crate::config::Source;

    fn config(text: &str) -> Config {
        let source = Source { path: "x.toml".into(), text: text.to_owned() };
        Config::parse(source).expect("a good file").0
    }

    fn domain(name: &str) -> DomainName {
        DomainName::parse(name).expect("a domain")
    }

    #[test]
    fn a_certificate_is_made_once_and_names_the_pubsub_service() {
        let folder = tempfile::tempdir().expect("a folder");
        let domains = [domain("asterisk.example")];
        let (_, first) = load(&config(""), &domains, folder.path()).expect("made");
        let (_, second) = load(&config(""), &domains, folder.path()).expect("kept");
        assert_eq!(first[0].maker, Maker::MadeNow);
        assert_eq!(second[0].maker, Maker::MadeBefore);
        assert_eq!(first[0].fingerprints, second[0].fingerprints);
        assert!(first[0].missing.is_empty(), "{:?}", first[0].missing);
        assert!(first[0].valid_to.expect("an end") > Timestamp::now());
        let key = folder.path().join("tls/asterisk.example.key");
        assert_eq!(key.metadata().expect("a key").permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn a_certificate_that_is_made_anew_keeps_its_key() {
        let folder = tempfile::tempdir().expect("a folder");
        let (provider, domain) = (ring::default_provider(), domain("localhost"));
        let now = Timestamp::now();
        let made = |now| {
            let (pair, maker) =
                self_signed::of(&domain, folder.path(), now, &provider).expect("made");
            assert_eq!(maker, Maker::MadeNow);
            summary(&domain, maker, &pair.load(&provider).expect("loaded")).fingerprints
        };
        let old = made(now - jiff::SignedDuration::from_hours(380 * 24));
        let new = made(now);
        assert_ne!(old.certificate, new.certificate);
        assert!(old.key.is_some() && old.key == new.key, "a relay knows it again");
    }

    #[test]
    fn half_written_files_are_made_anew() {
        let folder = tempfile::tempdir().expect("a folder");
        let domains = [domain("localhost")];
        load(&config(""), &domains, folder.path()).expect("made");
        std::fs::write(folder.path().join("tls/localhost.pem"), "").expect("a torn file");
        let (_, again) = load(&config(""), &domains, folder.path()).expect("made again");
        assert_eq!(again[0].maker, Maker::MadeNow);
    }

    #[test]
    fn the_operators_own_files_are_used_and_their_key_is_guarded() {
        let folder = tempfile::tempdir().expect("a folder");
        let domains = [domain("other.example")];
        load(&config(""), &[domain("a.example")], folder.path()).expect("a pair to borrow");
        let path = folder.path().join("tls");
        let text = format!(
            "[xmpp]\ncertificate = '{0}/a.example.pem'\ncertificate_key = '{0}/a.example.key'",
            path.display()
        );
        let (_, summaries) = load(&config(&text), &domains, folder.path()).expect("loaded");
        assert_eq!(summaries[0].maker, Maker::Operator(path.join("a.example.pem")));
        assert_eq!(summaries[0].missing, ["other.example", "pubsub.other.example"]);

        let open = std::fs::Permissions::from_mode(0o644);
        std::fs::set_permissions(path.join("a.example.key"), open).expect("chmod");
        let refused = load(&config(&text), &domains, folder.path()).err();
        assert!(matches!(refused, Some(CertificateError::OpenKey { mode: 0o644, .. })));
    }

    #[test]
    fn wildcards_stand_for_one_label() {
        let names = ["*.example".to_owned()];
        assert!(is_named("a.example", &names));
        assert!(!is_named("pubsub.a.example", &names));
        assert!(!is_named("example", &names));
    }
}
