//! Makes a certificate for a domain without one and keeps it. Stock Asterisk checks none, so a
//! self-signed one serves; whoever does check compares the fingerprint.

use std::fs;
use std::path::Path;

use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use lampfield_fabric::private;
use rcgen::{
    CertificateParams, DnType, ExtendedKeyUsagePurpose, KeyPair, KeyUsagePurpose, date_time_ymd,
};
use rustls::crypto::CryptoProvider;

use super::files::PemPair;
use super::{CertificateError, Maker};
use crate::config::name::DomainName;

/// How long a certificate of ours lives.
const LIFE: SignedDuration = SignedDuration::from_hours(397 * 24);

/// How long before its end it is made anew.
const EARLY: SignedDuration = SignedDuration::from_hours(30 * 24);

/// Clocks of clients may be late.
const BACKDATED: SignedDuration = SignedDuration::from_hours(24);

/// The kept certificate of `domain` in `data_dir`, or a new one if there is none, it is torn, or it
/// ends soon. A new one keeps the key, by which relays know the server.
pub fn of(
    domain: &DomainName,
    data_dir: &Path,
    now: Timestamp,
    provider: &CryptoProvider,
) -> Result<(PemPair, Maker), CertificateError> {
    let pair = kept(domain, data_dir);
    private::close(&pair.key)
        .map_err(|source| CertificateError::File { path: pair.key.clone(), source })?;
    if is_good(&pair, now, provider) {
        return Ok((pair, Maker::MadeBefore));
    }
    let folder = data_dir.join("tls");
    private::make_folder(&folder)
        .map_err(|source| CertificateError::File { path: folder, source })?;
    let kept = fs::read_to_string(&pair.key).ok().and_then(|key| KeyPair::from_pem(&key).ok());
    let (certificate, key) = make(domain, now, kept)
        .map_err(|source| CertificateError::NotMade { domain: domain.clone(), source })?;
    pair.store(&certificate, &key)?;
    Ok((pair, Maker::MadeNow))
}

/// A new key and certificate for a domain that wait beside those in use, made if there are none.
///
/// # Errors
/// They cannot be made or written.
pub fn next(
    domain: &DomainName,
    data_dir: &Path,
    now: Timestamp,
    provider: &CryptoProvider,
) -> Result<PemPair, CertificateError> {
    let waiting = waiting(domain, data_dir);
    if !is_good(&waiting, now, provider) {
        let (certificate, key) = make(domain, now, None)
            .map_err(|source| CertificateError::NotMade { domain: domain.clone(), source })?;
        waiting.store(&certificate, &key)?;
    }
    Ok(waiting)
}

/// Puts those that wait in the place of those in use. After a crash between the two files, the key is
/// the new one already, and a certificate is made for it.
///
/// # Errors
/// They cannot be renamed.
pub fn take_next(domain: &DomainName, data_dir: &Path) -> Result<(), CertificateError> {
    let (from, to) = (waiting(domain, data_dir), kept(domain, data_dir));
    for (from, to) in [(from.key, to.key), (from.certificate, to.certificate)] {
        fs::rename(&from, to).map_err(|source| CertificateError::File { path: from, source })?;
    }
    Ok(())
}

fn kept(domain: &DomainName, data_dir: &Path) -> PemPair {
    named(&domain.to_string(), data_dir)
}

/// A name that no domain has: a blank is never in one.
fn waiting(domain: &DomainName, data_dir: &Path) -> PemPair {
    named(&format!("next {domain}"), data_dir)
}

fn named(name: &str, data_dir: &Path) -> PemPair {
    let folder = data_dir.join("tls");
    PemPair {
        certificate: folder.join(format!("{name}.pem")),
        key: folder.join(format!("{name}.key")),
    }
}

fn is_good(pair: &PemPair, now: Timestamp, provider: &CryptoProvider) -> bool {
    let Ok(loaded) = pair.load(provider) else { return false };
    let end = loaded.cert.first().and_then(|der| {
        let (_, certificate) = x509_parser::parse_x509_certificate(der).ok()?;
        Timestamp::from_second(certificate.validity().not_after.timestamp()).ok()
    });
    end.is_some_and(|end| end.duration_since(now) > EARLY)
}

/// Certificate and key as PEM: ECDSA on P-256, for the domain and its PubSub service.
fn make(
    domain: &DomainName,
    now: Timestamp,
    kept: Option<KeyPair>,
) -> Result<(String, String), rcgen::Error> {
    let mut params =
        CertificateParams::new([domain.in_dns(), format!("pubsub.{}", domain.in_dns())])?;
    params.distinguished_name.push(DnType::CommonName, domain.as_str());
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let (first, last) = (day(now - BACKDATED), day(now + LIFE));
    params.not_before = date_time_ymd(first.0, first.1, first.2);
    params.not_after = date_time_ymd(last.0, last.1, last.2);
    let key = kept.map_or_else(KeyPair::generate, Ok)?;
    Ok((params.self_signed(&key)?.pem(), key.serialize_pem()))
}

/// Year, month and day in UTC.
fn day(time: Timestamp) -> (i32, u8, u8) {
    let date = time.to_zoned(TimeZone::UTC).date();
    (i32::from(date.year()), date.month().unsigned_abs(), date.day().unsigned_abs())
}
