//! What somebody should know about the certificates in use.

use jiff::{SignedDuration, Timestamp};
use lampfield_hub::Now;

use crate::certificate::{Maker, Summary};
use crate::document::status::{Attention, Certificate, Severity};

/// How long before its end a certificate is spoken of.
const SOON: SignedDuration = SignedDuration::from_hours(14 * 24);

/// What is wrong with a certificate, if anything is.
pub fn attention(certificate: &Summary, now: Now) -> Option<Attention> {
    let remedy = match &certificate.maker {
        Maker::Operator(file) => format!("renew {}, then restart lampfield", file.display()),
        Maker::MadeNow | Maker::MadeBefore => "restart lampfield: it makes a new one".to_owned(),
    };
    let (severity, text) = ending(certificate, now)?;
    Some(Attention { code: "certificate-ends".to_owned(), severity, text, remedy })
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

fn ending(certificate: &Summary, now: Now) -> Option<(Severity, String)> {
    let now = Timestamp::from_millisecond(i64::try_from(now.wall.millis()).ok()?).ok()?;
    let (domain, end) = (&certificate.domain, certificate.valid_to?);
    let left = end.duration_since(now);
    if left.is_negative() {
        Some((Severity::Bad, format!("the certificate of {domain} expired on {end}")))
    } else if left < SOON {
        Some((Severity::Look, format!("the certificate of {domain} expires on {end}")))
    } else {
        None
    }
}
