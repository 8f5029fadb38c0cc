//! The numbers of a PBX's phones, as people write a range.

use std::fmt;
use std::str::FromStr;

/// Phones of one PBX at most.
const MOST: u32 = 1_000;

/// Numbers of phones, one after the other: `100-149`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PhoneRange {
    first: u32,
    last: u32,
}

/// The text is no range of phones.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is not a range of phones: write two numbers, at most {MOST} phones, such as 100-149"
)]
pub struct PhoneRangeError(String);

// === impl PhoneRange ===

impl PhoneRange {
    /// This many from a number on, two at least.
    pub fn from(first: u32, count: u32) -> Self {
        Self { first, last: first.saturating_add(count.clamp(2, MOST) - 1) }
    }

    /// All of them.
    pub fn numbers(self) -> impl Iterator<Item = u32> {
        self.first..=self.last
    }
}

impl FromStr for PhoneRange {
    type Err = PhoneRangeError;

    fn from_str(text: &str) -> Result<Self, PhoneRangeError> {
        let wrong = || PhoneRangeError(text.to_owned());
        let (first, last) = text.split_once('-').ok_or_else(wrong)?;
        let number = |text: &str| text.parse::<u32>().ok().filter(|n| *n < 1_000_000_000);
        let (first, last) = (number(first).ok_or_else(wrong)?, number(last).ok_or_else(wrong)?);
        if last <= first || last - first >= MOST {
            return Err(wrong());
        }
        Ok(Self { first, last })
    }
}

impl fmt::Display for PhoneRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.first, self.last)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges() {
        let range: PhoneRange = "100-149".parse().unwrap();
        assert_eq!((range.numbers().count(), range.to_string().as_str()), (50, "100-149"));
        for wrong in ["", "100", "100-", "149-100", "100-100", "a-b", "1-5000", "1-99999999999"] {
            assert!(wrong.parse::<PhoneRange>().is_err(), "{wrong}");
        }
    }
}
