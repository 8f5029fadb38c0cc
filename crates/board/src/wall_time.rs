//! When something was said, for people to read. It orders nothing and ends no lease.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// Wall-clock time: milliseconds since 1970-01-01T00:00:00Z, leap seconds not counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct WallTime(u64);

// === impl WallTime ===

impl WallTime {
    /// The time so many milliseconds after 1970 began.
    #[must_use]
    pub const fn from_millis(millis: u64) -> Self {
        Self(millis)
    }

    /// Milliseconds since 1970 began (UTC, without leap seconds).
    #[must_use]
    pub const fn millis(self) -> u64 {
        self.0
    }
}

/// RFC 3339 in UTC with milliseconds, such as `2026-11-29T20:15:00.000Z`.
impl fmt::Display for WallTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let millis = i64::try_from(self.0).unwrap_or(i64::MAX);
        let moment = Timestamp::from_millisecond(millis).unwrap_or(Timestamp::MAX);
        write!(f, "{moment:.3}")
    }
}

/// The same text as `Display` gives.
impl Serialize for WallTime {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

/// From RFC 3339 with any offset. What lies before 1970 is taken as its beginning.
impl<'de> Deserialize<'de> for WallTime {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(from)?;
        let moment: Timestamp = text.parse().map_err(|_| {
            de::Error::custom(format!("\"{text}\" is not a moment, such as 2026-11-21T14:03:00Z"))
        })?;
        Ok(Self(u64::try_from(moment.as_millisecond()).unwrap_or(0)))
    }
}
