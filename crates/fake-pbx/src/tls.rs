//! TLS as Asterisk does it: no name is asked for and every certificate is believed, unless whoever
//! runs this says which one is right.

use std::fmt;
use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::{ClientConfig, DigitallySignedStruct, SignatureScheme};
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};

/// Whether the stream is encrypted, and whose certificate is right.
#[derive(Clone, Default)]
pub enum Tls {
    /// `usetls=no`: everything in clear text.
    Off,
    /// `usetls=yes`: whoever answers is believed.
    #[default]
    Any,
    /// Who passes this check only.
    Checked(Arc<ClientConfig>),
}

/// Believes every certificate; the signatures are still checked.
#[derive(Debug)]
struct BelieveAll(Arc<CryptoProvider>);

// === impl Tls ===

impl Tls {
    /// What a handshake begins with; none in clear text.
    ///
    /// # Errors
    /// When the versions of TLS and the ciphers do not fit, which would be a bug.
    pub fn config(&self) -> Result<Option<Arc<ClientConfig>>, rustls::Error> {
        match self {
            Self::Off => Ok(None),
            Self::Checked(config) => Ok(Some(Arc::clone(config))),
            Self::Any => {
                let provider = Arc::new(ring::default_provider());
                let config = ClientConfig::builder_with_provider(Arc::clone(&provider));
                let mut config = config
                    .with_safe_default_protocol_versions()?
                    .dangerous()
                    .with_custom_certificate_verifier(Arc::new(BelieveAll(provider)))
                    .with_no_client_auth();
                config.enable_sni = false;
                Ok(Some(Arc::new(config)))
            }
        }
    }
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Off => "Off",
            Self::Any => "Any",
            Self::Checked(_) => "Checked",
        })
    }
}

// === impl BelieveAll ===

impl ServerCertVerifier for BelieveAll {
    fn verify_server_cert(
        &self,
        _certificate: &CertificateDer<'_>,
        _between: &[CertificateDer<'_>],
        _name: &ServerName<'_>,
        _ocsp: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
