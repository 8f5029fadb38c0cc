//! Which server is the right one: whoever has one of the given keys, or a certificate that the given
//! or the system's authorities have signed for the domain.

use std::collections::BTreeSet;
use std::io::ErrorKind;
use std::path::Path;
use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::server::ParsedCertificate;
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme,
};
use rustls_pki_types::pem::{self, PemObject};
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};

use crate::fingerprint::Fingerprint;
use crate::target::Target;

/// Names of a certificate that are told: the fingerprint stands behind them, and a line is not told without end.
const NAMES: usize = 4;

/// How a server proves that it is the right one.
#[derive(Debug, Clone)]
pub struct Trust {
    config: Arc<ClientConfig>,
}

/// Why there is no server that could be trusted.
#[derive(Debug, thiserror::Error)]
pub enum TrustError {
    /// The file of certificates cannot be read.
    #[error("{path}: {why}")]
    Unreadable {
        /// The file, as `--ca` names it.
        path: String,
        /// What the system or the PEM reader said.
        why: String,
    },
    /// The file of `--ca` has no certificate; its name.
    #[error("{0} has no certificate")]
    Empty(String),
    /// The system has no certificates that could vouch for a server.
    #[error(
        "this machine has no certificate store (install ca-certificates), and neither --ca nor \
         --fingerprint was given"
    )]
    NoStore,
    /// Something that rustls does not accept.
    #[error("{0}")]
    Tls(String),
}

/// Looks at the certificate that a server shows.
#[derive(Debug)]
struct Verifier {
    /// Right is whose certificate or key has one of these fingerprints...
    pinned: Vec<Fingerprint>,
    /// ... and who is signed.
    signed: Option<Signed>,
    provider: Arc<CryptoProvider>,
}

/// The certificates that authorities have signed, and those that are known themselves.
#[derive(Debug)]
struct Signed {
    known: Vec<CertificateDer<'static>>,
    /// Names that are as good as the domain's: the operator has given them.
    hosts: Vec<ServerName<'static>>,
    by_authorities: Arc<WebPkiServerVerifier>,
}

// === impl Trust ===

impl Trust {
    /// Whoever has one of these.
    ///
    /// # Errors
    /// None that is to be expected.
    pub fn pinned(fingerprints: Vec<Fingerprint>) -> Result<Self, TrustError> {
        Self::by(fingerprints, None)
    }

    /// Whom the certificates of a PEM file have signed, and these themselves; and whoever has one of
    /// these fingerprints.
    ///
    /// # Errors
    /// The file cannot be read, or has none.
    pub fn file(
        path: &Path,
        targets: &[Target],
        pinned: Vec<Fingerprint>,
    ) -> Result<Self, TrustError> {
        let unreadable = |error: pem::Error| {
            let why = match &error {
                pem::Error::Io(error) if error.kind() == ErrorKind::NotFound => {
                    "there is no such file".to_owned()
                }
                pem::Error::Io(error) => error.to_string(),
                error => error.to_string(),
            };
            TrustError::Unreadable { path: path.display().to_string(), why }
        };
        let read = CertificateDer::pem_file_iter(path).map_err(unreadable)?;
        let known = read.collect::<Result<Vec<_>, _>>().map_err(unreadable)?;
        if known.is_empty() {
            return Err(TrustError::Empty(path.display().to_string()));
        }
        Self::by(pinned, Some(Signed::by(known.clone(), known, targets)?))
    }

    /// Whom the authorities that the system trusts have signed.
    ///
    /// # Errors
    /// It has none.
    pub fn system(targets: &[Target]) -> Result<Self, TrustError> {
        let found = rustls_native_certs::load_native_certs();
        if found.certs.is_empty() {
            return Err(TrustError::NoStore);
        }
        Self::by(Vec::new(), Some(Signed::by(found.certs, Vec::new(), targets)?))
    }

    fn by(pinned: Vec<Fingerprint>, signed: Option<Signed>) -> Result<Self, TrustError> {
        let provider = Arc::new(ring::default_provider());
        let verifier = Verifier { pinned, signed, provider: Arc::clone(&provider) };
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| TrustError::Tls(error.to_string()))?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(verifier))
            .with_no_client_auth();
        Ok(Self { config: Arc::new(config) })
    }

    /// What TLS is begun with, also by others than a relay.
    pub fn config(&self) -> Arc<ClientConfig> {
        Arc::clone(&self.config)
    }
}

// === impl Signed ===

impl Signed {
    fn by(
        authorities: Vec<CertificateDer<'static>>,
        known: Vec<CertificateDer<'static>>,
        targets: &[Target],
    ) -> Result<Self, TrustError> {
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(authorities);
        let provider = Arc::new(ring::default_provider());
        let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider);
        let by_authorities =
            verifier.build().map_err(|error| TrustError::Tls(error.to_string()))?;
        let host = |target: &Target| ServerName::try_from(target.host.clone()).ok();
        let hosts = targets.iter().filter_map(host).collect();
        Ok(Self { known, hosts, by_authorities })
    }
}

// === impl Verifier ===

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        between: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let pinned = pinned(&self.pinned, certificate);
        match &self.signed {
            None => pinned,
            Some(_) if pinned.is_ok() => pinned,
            // A certificate that a server has made for itself has nobody to sign it.
            Some(Signed { known, .. }) if known.iter().any(|known| known == certificate) => {
                Ok(ServerCertVerified::assertion())
            }
            Some(Signed { hosts, by_authorities, .. }) => {
                let mut outcome = Err(CertificateError::NotValidForName.into());
                let names: Vec<_> = std::iter::once(name).chain(hosts).collect();
                for name in &names {
                    outcome =
                        by_authorities.verify_server_cert(certificate, between, name, ocsp, now);
                    match &outcome {
                        Err(rustls::Error::InvalidCertificate(error)) if is_name(error) => {}
                        _ => break,
                    }
                }
                outcome.map_err(|error| with_fingerprint(&error, &names, certificate))
            }
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

fn pinned(
    fingerprints: &[Fingerprint],
    certificate: &CertificateDer<'_>,
) -> Result<ServerCertVerified, rustls::Error> {
    let key = ParsedCertificate::try_from(certificate)?.subject_public_key_info();
    let shown = Fingerprint::of(certificate);
    if fingerprints.contains(&shown) || fingerprints.contains(&Fingerprint::of(&key)) {
        return Ok(ServerCertVerified::assertion());
    }
    Err(rustls::Error::General(format!(
        "the server's certificate has another fingerprint: {shown}"
    )))
}

fn is_name(error: &CertificateError) -> bool {
    matches!(
        error,
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. }
    )
}

/// Says by what it can be trusted all the same.
fn with_fingerprint(
    error: &rustls::Error,
    names: &[&ServerName<'_>],
    certificate: &CertificateDer<'_>,
) -> rustls::Error {
    let (why, shown) = (why(error, names), Fingerprint::of(certificate));
    rustls::Error::General(format!("{why}; its fingerprint: {shown}"))
}

/// What is wrong with a certificate that should have one of these names, for people.
fn why(error: &rustls::Error, names: &[&ServerName<'_>]) -> String {
    use CertificateError::{
        BadSignature, Expired, ExpiredContext, NotValidForNameContext, UnknownIssuer,
        UnsupportedSignatureAlgorithmForPublicKeyContext,
    };
    match error {
        // The last two: somebody who is trusted has the name of whoever signed it, and another key.
        rustls::Error::InvalidCertificate(
            UnknownIssuer | BadSignature | UnsupportedSignatureAlgorithmForPublicKeyContext { .. },
        ) => "the server's certificate is not signed by an authority that this machine trusts"
            .to_owned(),
        rustls::Error::InvalidCertificate(Expired | ExpiredContext { .. }) => {
            "the server's certificate has expired".to_owned()
        }
        rustls::Error::InvalidCertificate(NotValidForNameContext { presented, .. }) => {
            let has = presented.iter().map(|name| bare(name)).take(NAMES);
            let wanted: BTreeSet<_> = names.iter().map(|name| name.to_str()).collect();
            format!(
                "the server's certificate is for {}, not for {}",
                list(has, " and "),
                list(wanted.iter().map(AsRef::as_ref), " or ")
            )
        }
        rustls::Error::InvalidCertificate(other) => format!("the server's certificate: {other}"),
        other => other.to_string(),
    }
}

/// What rustls writes as `DnsName("a")` and `IpAddress(192.0.2.1)`.
fn bare(name: &str) -> &str {
    let inner = name.split_once('(').and_then(|(_, rest)| rest.strip_suffix(')'));
    inner.unwrap_or(name).trim_matches('"')
}

fn list<'a>(names: impl Iterator<Item = &'a str>, between: &str) -> String {
    let names: Vec<_> = names.collect();
    if names.is_empty() { "no name".to_owned() } else { names.join(between) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_certificate_of_somebody_else_is_told_by_its_names_and_all_that_would_do() {
        let name = |name: &str| ServerName::try_from(name.to_owned()).unwrap();
        let (domain, host) = (name("example.org"), name("192.0.2.1"));
        let told = |presented: &[&str]| {
            let presented = presented.iter().map(ToString::to_string).collect();
            let error =
                CertificateError::NotValidForNameContext { expected: host.clone(), presented };
            why(&error.into(), &[&domain, &host, &host])
        };
        assert_eq!(
            told(&["DnsName(\"a.example\")", "IpAddress(192.0.2.7)"]),
            "the server's certificate is for a.example and 192.0.2.7, not for 192.0.2.1 or example.org"
        );
        assert!(!told(&["1", "2", "3", "4", "another"]).contains("another"));
        assert!(told(&[]).contains("is for no name, not for"));
    }
}
