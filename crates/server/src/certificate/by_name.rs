//! Chooses the certificate for a connection. It must work for a client that names no server.

use std::sync::{Arc, PoisonError, RwLock};

use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;

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

    /// Takes the certificates of `newer` for all connections from now on.
    pub fn replace(&self, newer: Self) {
        let newer = newer.certificates.into_inner().unwrap_or_else(PoisonError::into_inner);
        *self.certificates.write().unwrap_or_else(PoisonError::into_inner) = newer;
    }

    fn choose(&self, asked: Option<&str>) -> Option<Arc<CertifiedKey>> {
        let certificates = self.certificates.read().unwrap_or_else(PoisonError::into_inner);
        // COMPAT(asterisk<=22 res_xmpp): sends no server name, so the first domain answers.
        let named = asked.and_then(|asked| {
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
