//! The certificates in use: kept fresh while the server runs, and what somebody should know about them.

use std::time::Duration;

use jiff::Timestamp;
use lampfield_hub::Now;
use tokio::time::{Instant, sleep};

use super::ServerHost;
use crate::certificate::{self, Summary};
use crate::document::status::{Attention, Certificate, Severity};
use crate::failure::{Exit, Failure};
use crate::serve::certificates::FilesAre;

/// How often the operator's files are looked at. A new certificate is in use after two looks at the most.
const LOOK: Duration = Duration::from_secs(5);

/// How often it is looked whether one of ours ends soon.
const MAKE: Duration = Duration::from_hours(1);

impl ServerHost {
    /// Takes new certificate files into use as they come, and makes ours anew before they end.
    pub async fn keep_certificates(&self) {
        let mut made = Instant::now();
        loop {
            sleep(LOOK).await;
            let config = self.config.borrow().clone();
            let is_due = made.elapsed() >= MAKE;
            if self.certificates.look(&config) != FilesAre::Changed && !is_due {
                continue;
            }
            made = Instant::now();
            match self.certificates.load(&config) {
                Ok(loaded) => loaded.into_iter().for_each(|loaded| self.use_certificates(loaded)),
                Err(error) => {
                    tracing::error!(
                        code = "certificate-refused",
                        "{error}; the previous certificates stay in use"
                    );
                    self.certificates.refuse(&config, error);
                }
            }
        }
    }

    /// Makes a new key and certificate for a domain, beside those in use or in their place.
    pub(super) fn rotate(&self, domain: &str, now: bool) -> Result<Vec<String>, Failure> {
        let config = self.config.borrow().clone();
        let Some(Summary { domain, .. }) = self.certificates.of(domain) else {
            let message = format!("there is no TLS for {domain}, so it has no certificate");
            return Err(Failure::new(Exit::Conflict, "no-certificate", message));
        };
        if certificate::is_operators(&config, &domain) {
            let message =
                format!("the certificate of {domain} is yours: Lampfield has not made it");
            return Err(Failure::new(Exit::Conflict, "not-made-here", message)
                .line("note", "replace its files; the server loads them automatically"));
        }
        let new = self.certificates.rotate(&domain, now).map_err(Failure::from)?;
        if now {
            let loaded = self.certificates.load(&config).map_err(Failure::from)?;
            loaded.into_iter().for_each(|loaded| self.use_certificates(loaded));
        }
        Ok(new.fingerprints.all().map(str::to_owned).collect())
    }

    /// Takes certificates into use, for new connections.
    pub(super) fn use_certificates(&self, loaded: crate::serve::certificates::Loaded) {
        for new in self.certificates.take(loaded) {
            let fingerprint = new.fingerprints.certificate.as_str();
            tracing::info!(code = "certificate", domain = %new.domain, fingerprint, "a new certificate");
        }
        self.door.set_certificate_hash(self.certificates.only_hash());
    }

    /// What is wrong with the certificates, if anything is.
    pub(super) fn attention_to_certificates(&self, now: Now) -> Vec<Attention> {
        let summaries = self.certificates.all();
        let mut attention: Vec<_> = summaries.iter().filter_map(|one| ends(one, now)).collect();
        attention.extend(self.certificates.refused().map(|failure| Attention {
            code: "certificate-refused".to_owned(),
            severity: Severity::Bad,
            text: format!("{}; the previous certificates stay in use", failure.message),
            remedy: remedy(&failure),
        }));
        attention
    }
}

/// What mends the files, in the words in which a start would be refused.
fn remedy(failure: &Failure) -> String {
    let tries = failure.lines.iter().filter(|(label, _)| label == "try");
    let tries: Vec<_> = tries.map(|(_, text)| text.as_str()).collect();
    match tries.is_empty() {
        true => "put the right files there; the server loads them automatically".to_owned(),
        false => tries.join("; "),
    }
}

fn ends(certificate: &Summary, now: Now) -> Option<Attention> {
    let now = Timestamp::from_millisecond(i64::try_from(now.wall.millis()).ok()?).ok()?;
    let ending = certificate.ending(now)?;
    Some(Attention {
        code: "certificate-ends".to_owned(),
        severity: if ending.is_past { Severity::Bad } else { Severity::Look },
        text: ending.text,
        remedy: ending.remedy,
    })
}

impl From<&Summary> for Certificate {
    fn from(summary: &Summary) -> Self {
        Self {
            domain: summary.domain.to_string(),
            fingerprint: summary.fingerprints.certificate.clone(),
            key_fingerprint: summary.fingerprints.key.clone(),
            valid_to: summary.valid_to.map(|end| end.to_string()),
        }
    }
}
