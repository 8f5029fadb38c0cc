//! Why a fact was withdrawn. The board only carries it to whoever asks: nothing is decided by it.

use std::fmt;
use std::str::FromStr;

/// Why a fact was withdrawn. Its text form is for people, its word for the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Ending {
    /// Its origin did not come back in time.
    Lost,
    /// Its origin did not come back in time after a start of Lampfield.
    NotBackAfterRestart,
    /// The account came back, but nobody spoke for this origin again.
    NotBack,
    /// A new login took the place of its connection and did not speak for this origin.
    Replaced,
    /// Its origin came back and did not repeat it.
    NotRepeated,
    /// Its connection ended, and a newer one of its origin did not repeat it.
    TakenOver,
    /// The connection ended as its protocol says it should, so there is no grace.
    Goodbye,
    /// The same PBX says it with another account.
    Superseded,
    /// Its account was removed, and with it all that it said.
    Removed,
    /// The value had named its own end, and that moment has passed.
    Expired,
    /// An operator has ended it with a command.
    Cleared,
    /// Its account had its rights changed, and may not say it any longer.
    NotAllowed,
    /// Its domain has another board now, and the fact went with it, or ended where the domains of its board have parted.
    Moved,
}

/// The text is not the word for an ending.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("\"{0}\" is not the word for an ending")]
pub struct UnknownEnding(pub String);

// === impl Ending ===

impl Ending {
    /// Every reason; a stored word is looked up here.
    pub const ALL: [Self; 13] = [
        Self::Lost,
        Self::NotBackAfterRestart,
        Self::NotBack,
        Self::Replaced,
        Self::NotRepeated,
        Self::TakenOver,
        Self::Goodbye,
        Self::Superseded,
        Self::Removed,
        Self::Expired,
        Self::Cleared,
        Self::NotAllowed,
        Self::Moved,
    ];

    /// The word for it in the store and in answers.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Lost => "lost",
            Self::NotBackAfterRestart => "not-back-after-restart",
            Self::NotBack => "not-back",
            Self::Replaced => "replaced",
            Self::NotRepeated => "not-repeated",
            Self::TakenOver => "taken-over",
            Self::Goodbye => "goodbye",
            Self::Superseded => "superseded",
            Self::Removed => "removed",
            Self::Expired => "expired",
            // Not "cleared", which earlier versions stored for what is removed.
            Self::Cleared => "by-command",
            Self::NotAllowed => "not-allowed",
            Self::Moved => "moved",
        }
    }
}

impl fmt::Display for Ending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Lost => "link lost, grace over",
            Self::NotBackAfterRestart => "not back after the restart",
            Self::NotBack => "the account is back under another entity id",
            Self::Replaced => "a new login took over and did not repeat it",
            Self::NotRepeated => "not repeated after the return",
            Self::TakenOver => "its connection ended, and the newer one did not repeat it",
            Self::Goodbye => "said goodbye",
            Self::Superseded => "its PBX uses another account now",
            Self::Removed => "the account was removed",
            Self::Expired => "it has expired",
            Self::Cleared => "cleared by command",
            Self::NotAllowed => "its account may no longer publish it",
            Self::Moved => "its domain has another board now",
        })
    }
}

impl FromStr for Ending {
    type Err = UnknownEnding;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        // As earlier versions stored it.
        let word = if word == "cleared" { Self::Removed.as_str() } else { word };
        let known = Self::ALL.into_iter().find(|ending| ending.as_str() == word);
        known.ok_or_else(|| UnknownEnding(word.to_owned()))
    }
}
