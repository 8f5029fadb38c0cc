//! Chooses the certificate for a connection. It must work for a client that names no server.

use std::sync::{Arc, PoisonError, RwLock};

use lampfield_xmpp_stream::in_letters;
use rustls::pki_types::CertificateDer;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use sha2::{Digest, Sha256, Sha384, Sha512};
use x509_parser::oid_registry::{
    OID_PKCS1_RSASSAPSS, OID_PKCS1_SHA384WITHRSA, OID_PKCS1_SHA512WITHRSA,
    OID_SIG_ECDSA_WITH_SHA384, OID_SIG_ECDSA_WITH_SHA512, OID_SIG_ED25519,
};

use crate::config::name::DomainName;

/// The certificates by domain; the first domain's is for clients that name none.
#[derive(Debug)]
pub struct ByName {
    certificates: RwLock<Vec<(DomainName, Arc<CertifiedKey>)>>,
}

// === impl ByName ===

impl ByName {
    /// The certificates in the order of the configuration.
    pub fn new(certificates: Vec<(DomainName, Arc<CertifiedKey>)>) -> Self {
        Self { certificates: RwLock::new(certificates) }
    }

    /// Those of more domains, behind the others.
    pub fn add(&self, more: &Self) {
        let more = more.all();
        self.certificates.write().unwrap_or_else(PoisonError::into_inner).extend(more);
    }

    /// These instead of those of before; connections that are there keep theirs.
    pub fn replace(&self, other: &Self) {
        let other = other.all();
        *self.certificates.write().unwrap_or_else(PoisonError::into_inner) = other;
    }

    /// A domain is served no longer.
    pub fn remove(&self, domain: &DomainName) {
        let mut certificates = self.certificates.write().unwrap_or_else(PoisonError::into_inner);
        certificates.retain(|(name, _)| name != domain);
    }

    fn all(&self) -> Vec<(DomainName, Arc<CertifiedKey>)> {
        self.certificates.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The hash for `tls-server-end-point` (RFC 5929 section 4.1), if every client is shown the same
    /// certificate and its signature says which hash that is.
    pub fn only_hash(&self) -> Option<Vec<u8>> {
        match self.all().as_slice() {
            [(_, certificate)] => end_point_hash(certificate.cert.first()?),
            _ => None,
        }
    }

    fn choose(&self, asked: Option<&str>) -> Option<Arc<CertifiedKey>> {
        // COMPAT(asterisk<=22 res_xmpp): sends no server name, so the first domain answers.
        let certificates = self.certificates.read().unwrap_or_else(PoisonError::into_inner);
        let named = asked.map(in_letters).and_then(|asked| {
            certificates
                .iter()
                .find(|(domain, _)| domain.as_str() == asked || domain.pubsub() == asked)
        });
        named.or(certificates.first()).map(|(_, certificate)| Arc::clone(certificate))
    }
}

impl ResolvesServerCert for ByName {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        self.choose(hello.server_name())
    }
}

/// The hash of the certificate's own signature, SHA-256 in the place of the weaker ones. Signatures
/// that do not name one hash have no such binding.
fn end_point_hash(der: &CertificateDer<'_>) -> Option<Vec<u8>> {
    let (_, certificate) = x509_parser::parse_x509_certificate(der).ok()?;
    let algorithm = &certificate.signature_algorithm.algorithm;
    if [OID_SIG_ED25519, OID_PKCS1_RSASSAPSS].contains(algorithm) {
        None
    } else if [OID_SIG_ECDSA_WITH_SHA384, OID_PKCS1_SHA384WITHRSA].contains(algorithm) {
        Some(Sha384::digest(der).to_vec())
    } else if [OID_SIG_ECDSA_WITH_SHA512, OID_PKCS1_SHA512WITHRSA].contains(algorithm) {
        Some(Sha512::digest(der).to_vec())
    } else {
        Some(Sha256::digest(der).to_vec())
    }
}
