//! Certificate and key in PEM files: reading them, and writing our own. A key file is checked
//! before it is read, and created unreadable for others before anything is in it.

use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use lampfield_fabric::private;
use rustls::crypto::CryptoProvider;
use rustls::sign::CertifiedKey;
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use x509_parser::x509::X509Version;

use super::CertificateError;
use super::pem::{KEY, PemFault};

/// The two files of one certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PemPair {
    /// The chain, the server's own certificate first.
    pub certificate: PathBuf,
    /// The file with the private key.
    pub key: PathBuf,
}

/// Permission bits a key file must not have: writable for its group, anything for others. Reading by
/// the group is common for keys shared between services.
const FORBIDDEN: u32 = 0o037;

// === impl PemPair ===

impl PemPair {
    /// Reads both.
    ///
    /// # Errors
    /// A file cannot be read, the key is open to others, or they do not belong together.
    pub fn load(&self, provider: &CryptoProvider) -> Result<CertifiedKey, CertificateError> {
        let chain = self.chain()?;
        let mode = fs::metadata(&self.key).map_err(file(&self.key))?.mode() & 0o7777;
        if mode & FORBIDDEN != 0 {
            return Err(CertificateError::OpenKey { path: self.key.clone(), mode });
        }
        let text = fs::read(&self.key).map_err(file(&self.key))?;
        let key = PrivateKeyDer::from_pem_slice(&text).map_err(|_| CertificateError::NotPem {
            path: self.key.clone(),
            what: KEY,
            fault: match PemFault::of(&text, "PRIVATE KEY") {
                PemFault::Other { .. } if self.key == self.certificate => PemFault::OnlyCertificate,
                fault => fault,
            },
        })?;
        CertifiedKey::from_der(chain.clone(), key.clone_key(), provider).map_err(|source| {
            match source {
                rustls::Error::InconsistentKeys(_) => self.mismatch(&chain, &key, provider),
                _ if is_version_1(&chain) => {
                    CertificateError::Version1 { path: self.certificate.clone() }
                }
                source => CertificateError::Unusable { path: self.certificate.clone(), source },
            }
        })
    }

    fn mismatch(
        &self,
        chain: &[CertificateDer<'static>],
        key: &PrivateKeyDer<'static>,
        provider: &CryptoProvider,
    ) -> CertificateError {
        let fits = |one: &CertificateDer<'static>| {
            CertifiedKey::from_der(vec![one.clone()], key.clone_key(), provider).is_ok()
        };
        CertificateError::Mismatch {
            certificate: self.certificate.clone(),
            key: self.key.clone(),
            fits: chain.iter().position(fits).map(|index| index + 1),
        }
    }

    /// Writes both, each whole or not at all.
    ///
    /// # Errors
    /// The folder cannot be written.
    pub fn store(&self, certificate: &str, key: &str) -> Result<(), CertificateError> {
        write(&self.key, key).map_err(file(&self.key))?;
        write(&self.certificate, certificate).map_err(file(&self.certificate))
    }

    fn chain(&self) -> Result<Vec<CertificateDer<'static>>, CertificateError> {
        let text = fs::read(&self.certificate).map_err(file(&self.certificate))?;
        let chain = CertificateDer::pem_slice_iter(&text).collect::<Result<Vec<_>, _>>();
        let is_readable = |chain: &Vec<CertificateDer<'static>>| {
            chain.first().is_some_and(|first| x509_parser::parse_x509_certificate(first).is_ok())
        };
        chain.ok().filter(is_readable).ok_or_else(|| CertificateError::NotPem {
            path: self.certificate.clone(),
            what: "certificate",
            fault: PemFault::of(&text, "CERTIFICATE"),
        })
    }
}

fn is_version_1(chain: &[CertificateDer<'_>]) -> bool {
    let first = chain.first().and_then(|der| x509_parser::parse_x509_certificate(der).ok());
    first.is_some_and(|(_, certificate)| certificate.version() == X509Version::V1)
}

fn write(path: &Path, text: &str) -> io::Result<()> {
    let draft = path.with_extension("new");
    // A draft left by a crash may have any mode; a new file has ours.
    match fs::remove_file(&draft) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        Ok(()) | Err(_) => (),
    }
    let mut out = private::options().write(true).create_new(true).open(&draft)?;
    out.write_all(text.as_bytes())?;
    out.sync_all()?;
    fs::rename(&draft, path)
}

fn file(path: &Path) -> impl FnOnce(io::Error) -> CertificateError {
    let path = path.to_owned();
    |source| CertificateError::File { path, source }
}
