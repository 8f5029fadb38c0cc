//! The certificates in use, which grow and shrink with the domains and change with their files.

use std::cell::RefCell;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::certificate::{self, ByName, CertificateError, Summary};
use crate::config::Config;
use crate::config::name::DomainName;
use crate::failure::Failure;

/// The certificates of all served domains; none without TLS.
#[derive(Debug)]
pub struct Certificates {
    by_name: Option<Arc<ByName>>,
    summaries: RefCell<Vec<Summary>>,
    data_dir: PathBuf,
    /// The operator's files as they were when they were read last, and as they were looked at last.
    read: RefCell<Vec<Stamp>>,
    looked_at: RefCell<Vec<Stamp>>,
    /// Why the files are not in use as they are now.
    refused: RefCell<Option<Failure>>,
}

/// What changes when a file is written, or another one takes its place, also behind a link; none if
/// there is none.
type Stamp = Option<(u64, u64, i64, i64)>;

/// Certificates that can be taken into use.
pub struct Loaded {
    by_name: ByName,
    summaries: Vec<Summary>,
    stamps: Vec<Stamp>,
}

/// What has become of the operator's files since they were read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FilesAre {
    /// As they were.
    Same,
    /// Being written perhaps: another look decides.
    Changing,
    /// Others, for the time of one look at the least.
    Changed,
}

// === impl Certificates ===

impl Certificates {
    /// Those that were loaded at the start.
    pub fn new(
        by_name: Arc<ByName>,
        summaries: Vec<Summary>,
        config: &Config,
        data_dir: &Path,
    ) -> Self {
        let stamps = stamps(config);
        Self {
            by_name: Some(by_name),
            summaries: RefCell::new(summaries),
            looked_at: RefCell::new(stamps.clone()),
            read: RefCell::new(stamps),
            ..Self::none(data_dir)
        }
    }

    /// None: there is no TLS.
    pub fn none(data_dir: &Path) -> Self {
        Self {
            by_name: None,
            summaries: RefCell::default(),
            data_dir: data_dir.to_owned(),
            read: RefCell::default(),
            looked_at: RefCell::default(),
            refused: RefCell::default(),
        }
    }

    /// What there is to know of them.
    pub fn all(&self) -> Vec<Summary> {
        self.summaries.borrow().clone()
    }

    /// The certificate in use for a domain; none without TLS.
    pub fn of(&self, domain: &str) -> Option<Summary> {
        self.summaries.borrow().iter().find(|one| one.domain.as_str() == domain).cloned()
    }

    /// Why the files as they are now are not in use, and those of before are.
    pub fn refused(&self) -> Option<Failure> {
        self.refused.borrow().clone()
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

    /// Looks at the operator's files. A change counts when a second look finds the same: certificate and
    /// key are two files, and nobody writes both at once.
    pub fn look(&self, config: &Config) -> FilesAre {
        if self.by_name.is_none() {
            return FilesAre::Same;
        }
        let now = stamps(config);
        let is_settled = *self.looked_at.borrow() == now;
        let is_read = *self.read.borrow() == now;
        *self.looked_at.borrow_mut() = now;
        match (is_read, is_settled) {
            (true, _) => FilesAre::Same,
            (false, false) => FilesAre::Changing,
            (false, true) => FilesAre::Changed,
        }
    }

    /// Loads those of all served domains anew, or makes them anew where ours end soon. None are in use
    /// before [`Self::take`]. None without TLS.
    ///
    /// # Errors
    /// One cannot be had. The same files are not tried again by themselves.
    pub fn load(&self, config: &Config) -> Result<Option<Loaded>, CertificateError> {
        if self.by_name.is_none() {
            return Ok(None);
        }
        let stamps = stamps(config);
        let domains: Vec<_> =
            self.summaries.borrow().iter().map(|one| one.domain.clone()).collect();
        let (by_name, summaries) = certificate::load(config, &domains, &self.data_dir)?;
        Ok(Some(Loaded { by_name, summaries, stamps }))
    }

    /// Makes a new key and certificate for a domain; they wait, or are in its files for the next load.
    ///
    /// # Errors
    /// They cannot be made or written.
    pub fn rotate(&self, domain: &DomainName, now: bool) -> Result<Summary, CertificateError> {
        let next = certificate::make_next(domain, &self.data_dir)?;
        if now {
            certificate::use_next(domain, &self.data_dir)?;
        }
        Ok(next)
    }

    /// Keeps why the files that are there now cannot be used; those of before stay in use.
    pub fn refuse(&self, config: &Config, error: CertificateError) {
        *self.read.borrow_mut() = stamps(config);
        *self.refused.borrow_mut() = Some(error.into());
    }

    /// Takes certificates into use, for new connections. Gives those that are new.
    pub fn take(&self, loaded: Loaded) -> Vec<Summary> {
        if let Some(by_name) = &self.by_name {
            by_name.replace(&loaded.by_name);
        }
        *self.refused.borrow_mut() = None;
        *self.read.borrow_mut() = loaded.stamps;
        let before = self.summaries.replace(loaded.summaries.clone());
        let is_new = |one: &Summary| before.iter().all(|old| old.fingerprints != one.fingerprints);
        loaded.summaries.into_iter().filter(is_new).collect()
    }

    /// The hash for `tls-server-end-point`, where all connections are shown the same certificate.
    pub fn only_hash(&self) -> Option<Vec<u8>> {
        self.by_name.as_ref()?.only_hash()
    }
}

fn stamps(config: &Config) -> Vec<Stamp> {
    let stamp = |file: PathBuf| {
        let of = fs::metadata(file).ok()?;
        Some((of.ino(), of.size(), of.mtime(), of.mtime_nsec()))
    };
    certificate::files(config).into_iter().map(stamp).collect()
}
