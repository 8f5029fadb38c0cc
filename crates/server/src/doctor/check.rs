//! The one shape of every check and of what it finds. There is no finding without somebody to whom it
//! matters and without something to do about it.

use super::mend::Mend;
use super::scene::{NotAsked, Scene};
use crate::document::status::Severity;

/// One check: its name, `group/what`, and the function that looks.
pub struct Check {
    pub id: &'static str,
    pub run: fn(&Scene) -> Findings,
}

/// What a check says: nothing when all is well.
pub type Findings = Result<Vec<Finding>, NotAsked>;

/// A check that has looked, or tried to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Examined {
    /// The word that names the check in answers and in the manual.
    pub id: &'static str,
    /// What it has found, or why it could not look.
    pub answer: Findings,
}

/// Something that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Whether somebody should look or something does not work.
    pub severity: Severity,
    /// What is wrong, in a sentence.
    pub text: String,
    /// What was seen of it, where the sentence does not say it all.
    pub seen: Option<String>,
    /// Whom it matters to.
    pub matters_to: String,
    /// What to type, or to do.
    pub mend: String,
    /// The same as something that `--fix` can do.
    pub can: Option<Mend>,
}

/// The part of a name before the `/`.
pub fn group(id: &str) -> &str {
    id.split('/').next().unwrap_or(id)
}

// === impl Finding ===

impl Finding {
    /// Something that does not work.
    pub fn bad(
        text: impl Into<String>,
        matters_to: impl Into<String>,
        mend: impl Into<String>,
    ) -> Self {
        Self {
            severity: Severity::Bad,
            text: text.into(),
            seen: None,
            matters_to: matters_to.into(),
            mend: mend.into(),
            can: None,
        }
    }

    /// Something that works and may not be meant so, or will not work for long.
    pub fn look(
        text: impl Into<String>,
        matters_to: impl Into<String>,
        mend: impl Into<String>,
    ) -> Self {
        Self { severity: Severity::Look, ..Self::bad(text, matters_to, mend) }
    }

    /// With what was seen of it.
    pub fn seen(self, seen: impl Into<String>) -> Self {
        Self { seen: Some(seen.into()), ..self }
    }

    /// Which `--fix` can mend.
    pub fn by(self, mend: Mend) -> Self {
        Self { can: Some(mend), ..self }
    }
}
