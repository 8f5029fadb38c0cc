//! The certificates in use, which grow and shrink with the domains.

use std::cell::RefCell;
use std::path::PathBuf;
use std::sync::Arc;

use crate::certificate::{self, ByName, CertificateError, Summary};
use crate::config::Config;
use crate::config::name::DomainName;

/// The certificates of all served domains; none without TLS.
#[derive(Debug)]
pub struct Certificates {
    by_name: Option<Arc<ByName>>,
    summaries: RefCell<Vec<Summary>>,
    data_dir: PathBuf,
}

// === impl Certificates ===

impl Certificates {
    /// Those that were loaded at the start.
    pub fn new(by_name: Option<Arc<ByName>>, summaries: Vec<Summary>, data_dir: PathBuf) -> Self {
        Self { by_name, summaries: RefCell::new(summaries), data_dir }
    }

    /// What there is to know of them.
    pub fn all(&self) -> Vec<Summary> {
        self.summaries.borrow().clone()
    }

    /// The certificate in use for a domain; none without TLS.
    pub fn of(&self, domain: &str) -> Option<Summary> {
        self.summaries.borrow().iter().find(|one| one.domain.as_str() == domain).cloned()
    }

    /// Loads or makes that of one more domain, as for one of the file that names none.
    ///
    /// # Errors
    /// It cannot be had.
    pub fn add(&self, config: &Config, domain: &DomainName) -> Result<(), CertificateError> {
        let Some(by_name) = &self.by_name else { return Ok(()) };
        let (loaded, summaries) =
            certificate::load(config, std::slice::from_ref(domain), &self.data_dir)?;
        by_name.add(&loaded);
        self.summaries.borrow_mut().extend(summaries);
        Ok(())
    }

    /// A domain is served no longer. Its files stay: should it come back, whoever knows its key knows it again.
    pub fn remove(&self, domain: &DomainName) {
        if let Some(by_name) = &self.by_name {
            by_name.remove(domain);
        }
        self.summaries.borrow_mut().retain(|one| one.domain != *domain);
    }

    /// The hash for `tls-server-end-point`, where all connections are shown the same certificate.
    pub fn only_hash(&self) -> Option<Vec<u8>> {
        self.by_name.as_ref()?.only_hash()
    }
}
