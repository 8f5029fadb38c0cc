//! Ranges of extension numbers, as operator panels have them: `100-149`.

use std::ops::RangeInclusive;

/// Numbers that stand in a name as a whole: `100` is in `PJSIP/100` and `100@default`, not in `PJSIP/1000`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Numbers {
    numbers: RangeInclusive<u64>,
    /// As many as the shorter bound has, to as many as the longer one: 0100 is another extension than 100.
    digits: RangeInclusive<usize>,
}

// === impl Numbers ===

impl Numbers {
    /// Reads `100` or `100-149`; none where it is neither.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (low, high) = text.split_once('-').unwrap_or((text, text));
        let number = |digits: &str| digits.parse().ok().filter(|_| is_digits(digits));
        let (fewest, most) = (low.len().min(high.len()), low.len().max(high.len()));
        Some(Self { numbers: number(low)?..=number(high)?, digits: fewest..=most })
    }

    /// Whether there is no number in it, because it is written the wrong way round.
    pub(super) fn is_empty(&self) -> bool {
        self.numbers.is_empty()
    }

    /// The only one of them; none where they are several.
    pub(super) fn only(&self) -> Option<String> {
        let (low, width) = (self.numbers.start(), *self.digits.start());
        (low == self.numbers.end()).then(|| format!("{low:0width$}"))
    }

    /// Whether one of them stands in a name. What comes behind an `@` is a context or a host and is not looked at.
    pub(super) fn are_in(&self, name: &str) -> bool {
        let name = name.split('@').next().unwrap_or(name);
        name.split(|c: char| !c.is_ascii_digit()).any(|digits| self.has(digits))
    }

    fn has(&self, digits: &str) -> bool {
        self.digits.contains(&digits.len())
            && digits.parse().is_ok_and(|number| self.numbers.contains(&number))
    }
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}
