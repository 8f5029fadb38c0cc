//! `tls`: the operator's certificates, and those that are in use.

use std::io;

use jiff::Timestamp;

use super::check::{Finding, Findings};
use super::mend::Mend;
use super::scene::{NotAsked, Scene};
use crate::certificate::{self, CertificateError, Summary};
use crate::failure::Failure;

/// Files that cannot be used.
pub fn files(scene: &Scene) -> Findings {
    let error = match certificate::check(&scene.place()?.config) {
        Ok(_) => return Ok(Vec::new()),
        Err(error) => error,
    };
    if let Some(path) = closed_to_us(&error) {
        return Err(NotAsked(format!("{path} is not yours to read: sudo")));
    }
    let mend = match &error {
        CertificateError::OpenKey { path, .. } => {
            Some(Mend::Mode { path: path.clone(), mode: 0o600 })
        }
        _ => None,
    };
    let failure = Failure::from(error);
    let remedy =
        failure.lines.iter().find(|(label, _)| label == "try").map(|(_, text)| text.clone());
    let matters = "the next start, and everyone who waits for the new certificate";
    let remedy = remedy.unwrap_or_else(|| "lampfield check".to_owned());
    let found = Finding::bad(failure.message, matters, remedy);
    Ok(vec![match mend {
        Some(mend) => found.by(mend),
        None => found,
    }])
}

/// Names that a certificate lacks.
pub fn name(scene: &Scene) -> Findings {
    let lacking = usable(scene)?.into_iter().filter(|one| !one.missing.is_empty());
    let found = lacking.map(|one| {
        let text = format!(
            "the certificate of {} does not name {}",
            one.domain,
            one.missing.join(" and ")
        );
        let matters =
            "relays without --fingerprint and clients that check names; stock Asterisk does not";
        let mend = format!(
            "request it for DNS:{0},DNS:pubsub.{0}   (certbot: -d {0} -d pubsub.{0})",
            one.domain
        );
        Finding::bad(text, matters, mend)
    });
    Ok(found.collect())
}

/// Certificates that end soon, or have ended. Those in use count; without a server those of the files.
pub fn end(scene: &Scene) -> Findings {
    let now = Timestamp::now();
    let in_files = usable(scene).unwrap_or_default();
    let mut ends: Vec<_> = in_files.iter().filter_map(|one| one.ending(now)).collect();
    if let Ok(status) = scene.status() {
        // One that the server has made is in no file of the operator.
        let code = |code: &str| code == "certificate-ends";
        let told = status.attention.iter().filter(|one| code(&one.code));
        ends.extend(told.map(|one| certificate::Ending {
            is_past: one.text.contains(" expired "),
            text: one.text.clone(),
            remedy: one.remedy.clone(),
        }));
        ends.dedup_by(|one, other| one.text == other.text);
    }
    let matters = "relays without --fingerprint and clients that check it; stock Asterisk does not";
    let found = ends.into_iter().map(|ending| {
        let made = if ending.is_past { Finding::bad } else { Finding::look };
        made(ending.text, matters.to_owned(), ending.remedy)
    });
    Ok(found.collect())
}

/// A new certificate that the server has not taken.
pub fn in_use(scene: &Scene) -> Findings {
    let status = scene.status()?;
    let socket = scene.socket.clone();
    let other = usable(scene)?.into_iter().filter(|one| {
        let used = status.certificates.iter().find(|used| used.domain == one.domain.to_string());
        used.is_some_and(|used| used.fingerprint != one.fingerprints.certificate)
    });
    let found = other.map(|one| {
        let text = format!(
            "the server uses an older certificate of {} than the one in its file",
            one.domain
        );
        let matters = "everyone who waits for the new certificate";
        let found = Finding::look(text, matters, "lampfield reload");
        match &socket {
            Some(socket) => found.by(Mend::Reload { socket: socket.clone() }),
            None => found,
        }
    });
    Ok(found.collect())
}

/// What the operator's files hold. Where they cannot be used, another check says so.
fn usable(scene: &Scene) -> Result<Vec<Summary>, NotAsked> {
    certificate::check(&scene.place()?.config)
        .map_err(|_| NotAsked("the certificate files cannot be used".to_owned()))
}

fn closed_to_us(error: &CertificateError) -> Option<String> {
    match error {
        CertificateError::File { path, source }
            if source.kind() == io::ErrorKind::PermissionDenied =>
        {
            Some(path.display().to_string())
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use rcgen::{CertificateParams, KeyPair};

    use super::super::testing::{Stage, texts};
    use super::*;
    use crate::document::status::{Attention, Certificate, Severity};

    fn issue(stage: &Stage, names: &[&str], days: i64) {
        let key = KeyPair::generate().expect("a key");
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let mut params = CertificateParams::new(names).expect("names");
        let end = Timestamp::now() + jiff::SignedDuration::from_hours(24 * days);
        let end = end.to_zoned(jiff::tz::TimeZone::UTC).date();
        let (month, day) = (end.month().unsigned_abs(), end.day().unsigned_abs());
        params.not_after = rcgen::date_time_ymd(end.year().into(), month, day);
        let certificate = params.self_signed(&key).expect("a certificate");
        stage.file("a.pem", &certificate.pem());
        stage.file("a.key", &key.serialize_pem());
        stage.mode("a.key", 0o600);
        stage.configure(&format!(
            "[[domain]]\nname = 'a.example'\ncertificate = '{0}/a.pem'\ncertificate_key = '{0}/a.key'\n",
            stage.root().display()
        ));
    }

    const GOOD: [&str; 2] = ["a.example", "pubsub.a.example"];

    #[test]
    fn files_that_cannot_be_used_are_told() {
        let stage = Stage::new();
        issue(&stage, &GOOD, 90);
        assert_eq!(texts(files(&stage.scene())), [""; 0]);
        stage.mode("a.key", 0o644);
        let found = files(&stage.scene()).expect("an answer");
        let path = stage.root().join("a.key");
        assert_eq!(found[0].can, Some(Mend::Mode { path, mode: 0o600 }));
        stage.mode("a.key", 0o600);
        stage.file("a.pem", "nonsense");
        assert!(texts(files(&stage.scene()))[0].contains("holds no certificate"));
        assert!(name(&stage.scene()).is_err());
    }

    #[test]
    fn a_name_that_is_missing_is_told() {
        let stage = Stage::new();
        issue(&stage, &GOOD, 90);
        assert_eq!(texts(name(&stage.scene())), [""; 0]);
        issue(&stage, &GOOD[..1], 90);
        let said = texts(name(&stage.scene()));
        assert_eq!(said, ["the certificate of a.example does not name pubsub.a.example"]);
    }

    #[test]
    fn an_end_that_is_near_or_past_is_told() {
        let stage = Stage::new();
        issue(&stage, &GOOD, 90);
        assert_eq!(texts(end(&stage.scene())), [""; 0]);
        for (days, severity) in [(3, Severity::Look), (-3, Severity::Bad)] {
            issue(&stage, &GOOD, days);
            let found = end(&stage.without_server()).expect("an answer");
            assert_eq!(found[0].severity, severity, "{found:?}");
        }
        let mut scene = Stage::new().scene();
        scene.status.as_mut().expect("a status").attention.push(Attention {
            code: "certificate-ends".to_owned(),
            severity: Severity::Bad,
            text: "the certificate of x expired on 2026-01-01T00:00:00Z".to_owned(),
            remedy: "its log says why".to_owned(),
        });
        assert_eq!(texts(end(&scene)).len(), 1, "one that the server has made");
    }

    #[test]
    fn a_certificate_that_the_server_has_not_taken_is_told() {
        let stage = Stage::new();
        issue(&stage, &GOOD, 90);
        let mut scene = stage.scene();
        let fingerprint = usable(&scene).expect("files")[0].fingerprints.certificate.clone();
        let used = |fingerprint: &str| Certificate {
            domain: "a.example".to_owned(),
            fingerprint: fingerprint.to_owned(),
            key_fingerprint: None,
            valid_to: None,
        };
        let set = |scene: &mut Scene, print: &str| {
            scene.status.as_mut().expect("a status").certificates = vec![used(print)];
        };
        set(&mut scene, &fingerprint);
        assert_eq!(texts(in_use(&scene)), [""; 0]);
        set(&mut scene, "another");
        let found = in_use(&scene).expect("an answer");
        assert!(matches!(found[0].can, Some(Mend::Reload { .. })), "{found:?}");
        assert!(fs::exists(stage.root().join("a.pem")).expect("a look"));
    }
}
