//! What a lamp is about: a kind and a name. Names are kept byte for byte as the peers write them
//! (Asterisk compares device names with case); nothing here may normalise one.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use crate::kind::Kind;
use crate::name::{self, NameError};

/// The name of a subject: 1 to 1,023 bytes of UTF-8 without control characters, for example
/// `PJSIP/100`, `Custom:night mode` or `1000@default`. Cloning is cheap.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SubjectName(Arc<str>);

/// What a lamp is about. Its text form is `device/PJSIP/100` or `mailbox/1000@default`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Subject {
    kind: Kind,
    name: SubjectName,
}

/// The place of a subject on one board. It stays the subject's own while the board holds any
/// entry of it, is given to another subject afterwards, and means nothing on another node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SubjectId(pub(crate) u32);

/// Why a text is not a subject: its name is none, or its kind cannot be told.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SubjectError {
    /// The name part is not a name.
    #[error(transparent)]
    Name(#[from] NameError),
    /// The text names no kind and has not the shape of any.
    #[error("\"{0}\" may be of any kind; write KIND/{0}, where KIND is one of {words}", words = Kind::words())]
    Ambiguous(String),
}

// === impl SubjectName ===

impl SubjectName {
    /// The limit, taken from the limit of a JID's parts (RFC 7622, section 3): whatever fits in
    /// an item id and in an XMPP address fits here.
    pub const MAX_BYTES: usize = 1_023;

    /// Checks and keeps a name.
    ///
    /// # Errors
    /// When the text is empty, too long, or has a control character.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        Ok(Self(name::checked(text, Self::MAX_BYTES)?.into()))
    }

    /// The name as the peers write it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for SubjectName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl FromStr for SubjectName {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

// === impl Subject ===

impl Subject {
    /// The subject of this kind and name.
    #[must_use]
    pub fn new(kind: Kind, name: SubjectName) -> Self {
        Self { kind, name }
    }

    /// The device of this name.
    ///
    /// # Errors
    /// When the text cannot be a name.
    pub fn device(name: &str) -> Result<Self, NameError> {
        Ok(Self::new(Kind::Device, SubjectName::parse(name)?))
    }

    /// The mailbox of this name, `mailbox@context` or `mailbox` alone.
    ///
    /// # Errors
    /// When the text cannot be a name.
    pub fn mailbox(name: &str) -> Result<Self, NameError> {
        Ok(Self::new(Kind::Mailbox, SubjectName::parse(name)?))
    }

    /// The kind, which decides what values the lamp can show.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// The name within the kind, such as `PJSIP/100`.
    #[must_use]
    pub fn name(&self) -> &SubjectName {
        &self.name
    }

    /// Every subject that a person may mean by this text, the likeliest first: one if the kind is
    /// written in front, otherwise one of each kind.
    ///
    /// # Errors
    /// When the name part cannot be a name.
    pub fn candidates(text: &str) -> Result<Vec<Self>, NameError> {
        if let Some((kind, name)) = split_kind(text) {
            return Ok(vec![Self::new(kind, SubjectName::parse(name)?)]);
        }
        let name = SubjectName::parse(text)?;
        let likely = shape(text);
        let mut kinds = Kind::ALL;
        kinds.sort_by_key(|kind| Some(*kind) != likely);
        Ok(kinds.map(|kind| Self::new(kind, name.clone())).into())
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.kind, self.name)
    }
}

/// Reads `device/PJSIP/100` and `mailbox/1000@default`, and also the bare `PJSIP/100`,
/// `Custom:x` and `1000@default`, whose shape tells the kind.
impl FromStr for Subject {
    type Err = SubjectError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (kind, name) = match split_kind(text) {
            Some(written) => written,
            None => (shape(text).ok_or_else(|| SubjectError::Ambiguous(text.to_owned()))?, text),
        };
        Ok(Self::new(kind, SubjectName::parse(name)?))
    }
}

/// The kind written in front, and the rest.
fn split_kind(text: &str) -> Option<(Kind, &str)> {
    let (kind, name) = text.split_once('/')?;
    Some((kind.parse().ok()?, name))
}

/// The kind that the form of a bare name tells. The later a kind stands in the list, the narrower is its form.
fn shape(text: &str) -> Option<Kind> {
    Kind::ALL.into_iter().rev().find(|kind| kind.is_shape_of(text))
}

// === impl SubjectId ===

impl SubjectId {
    /// Where a walk over a whole board begins.
    pub const FIRST: Self = Self(0);

    /// The place after this one, where a walk goes on.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }

    /// The place of this number.
    #[must_use]
    pub const fn at(index: u32) -> Self {
        Self(index)
    }

    /// The number of the place, for tables beside the board.
    #[must_use]
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}
