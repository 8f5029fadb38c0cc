//! Accounts as JSON in the store, for whoever opens the database with the sqlite3 shell as well.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use lampfield_board::{Labels, LabelsError, Pattern, PatternError, PlaceWordError, SiteName};
use lampfield_xmpp_stream::sasl::{KeyPair, ScramKeys};
use lampfield_xmpp_stream::{BareJid, JidError};
use serde::{Deserialize, Serialize};

use crate::generation::Generation;
use crate::{Account, AccountSource, Role};

#[derive(Serialize, Deserialize)]
struct AccountRecord {
    role: Role,
    source: AccountSource,
    allow: Vec<String>,
    /// Absent where it hears everything, as in records of before there was anything else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    hear: Option<Vec<String>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    site: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    labels: Vec<String>,
    salt: String,
    iterations: u32,
    sha1: KeyPairRecord,
    sha256: KeyPairRecord,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    legacy_secret: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    invited: Option<Generation>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    declared: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct KeyPairRecord {
    stored: String,
    server: String,
}

/// Why a record cannot be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AccountRecordError {
    /// The key of its row is not an XMPP address.
    #[error(transparent)]
    Address(#[from] JidError),
    /// It is not JSON, or not of this form.
    #[error(transparent)]
    Json(#[from] serde_json::Error),
    /// One of its patterns cannot be read.
    #[error(transparent)]
    Pattern(#[from] PatternError),
    /// Its site is not a word as sites have them.
    #[error(transparent)]
    Site(#[from] PlaceWordError),
    /// Its labels are too many, or one of them is not a label.
    #[error(transparent)]
    Labels(#[from] LabelsError),
    /// One of its keys is no base64 or has the wrong length.
    #[error("{0:?} is not a key of {1} bytes")]
    Key(String, usize),
}

/// The account as a row's value.
pub(crate) fn write(account: &Account) -> String {
    let keys = &account.keys;
    let record = AccountRecord {
        role: account.role,
        source: account.source,
        allow: texts(&account.allow),
        hear: (account.hear != [Pattern::everything()]).then(|| texts(&account.hear)),
        site: account.site.as_ref().map(ToString::to_string),
        labels: account.labels.to_texts(),
        salt: STANDARD.encode(keys.salt),
        iterations: keys.iterations,
        sha1: pair(&keys.sha1),
        sha256: pair(&keys.sha256),
        legacy_secret: account.legacy_secret.clone(),
        invited: account.invited,
        declared: account.declared.map(|hash| STANDARD.encode(hash)),
    };
    // Strings and numbers: there is nothing in it that JSON cannot say.
    serde_json::to_string(&record).unwrap_or_default()
}

/// The account that a row holds.
///
/// # Errors
/// If it is not what [`write`] makes.
pub(crate) fn read(key: &str, value: &str) -> Result<Account, AccountRecordError> {
    let record: AccountRecord = serde_json::from_str(value)?;
    Ok(Account {
        jid: BareJid::parse(key)?,
        role: record.role,
        source: record.source,
        allow: patterns(&record.allow)?,
        hear: match &record.hear {
            Some(hear) => patterns(hear)?,
            None => vec![Pattern::everything()],
        },
        site: record.site.as_deref().map(SiteName::parse).transpose()?,
        labels: Labels::parse(&record.labels)?,
        keys: ScramKeys {
            salt: bytes(&record.salt)?,
            iterations: record.iterations,
            sha1: unpair(&record.sha1)?,
            sha256: unpair(&record.sha256)?,
        },
        legacy_secret: record.legacy_secret,
        invited: record.invited,
        declared: record.declared.as_deref().map(bytes).transpose()?,
    })
}

fn texts(patterns: &[Pattern]) -> Vec<String> {
    patterns.iter().map(ToString::to_string).collect()
}

fn patterns(texts: &[String]) -> Result<Vec<Pattern>, PatternError> {
    texts.iter().map(|text| Pattern::parse(text)).collect()
}

fn pair<const N: usize>(keys: &KeyPair<N>) -> KeyPairRecord {
    KeyPairRecord { stored: STANDARD.encode(keys.stored), server: STANDARD.encode(keys.server) }
}

fn unpair<const N: usize>(pair: &KeyPairRecord) -> Result<KeyPair<N>, AccountRecordError> {
    Ok(KeyPair { stored: bytes(&pair.stored)?, server: bytes(&pair.server)? })
}

fn bytes<const N: usize>(text: &str) -> Result<[u8; N], AccountRecordError> {
    let decoded = STANDARD.decode(text).ok().and_then(|bytes| bytes.try_into().ok());
    decoded.ok_or_else(|| AccountRecordError::Key(text.to_owned(), N))
}
