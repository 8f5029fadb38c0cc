//! Who is kept out, by whom and for how long.

use std::cmp::Reverse;
use std::fmt;
use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use super::{AfterLoss, Arrived, FactValue, Filing, Reason};
use crate::wall_time::WallTime;

/// The ban of an address (`203.0.113.7`), of a network (`203.0.113.0/24`) or of an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ban {
    /// What was done, in the words of whoever banned.
    pub reason: String,
    /// Who or what banned: a person, a rule, a PBX's own guard.
    pub source: String,
    /// When it ends; never if none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<WallTime>,
}

// === impl Ban ===

impl Ban {
    /// How long it lasts, as something that can be compared: one without an end lasts longest.
    fn length(&self) -> (bool, Option<WallTime>) {
        (self.until.is_none(), self.until)
    }
}

impl fmt::Display for Ban {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.told(&|moment| moment.to_string()))
    }
}

/// An attacker is banned for as long as anybody bans it. Who banned it may go away meanwhile; the attacker has not.
impl FactValue for Ban {
    const WORD: &'static str = "ban";
    const ABOUT: &'static str = "who is kept out, by whom and for how long";
    const FORM: &'static str =
        r#"{"reason": TEXT, "source": TEXT}; and if it ends "until": MOMENT"#;
    const RULE: &'static str = "longest-ban";
    const ANOTHER: &'static str = "end";
    const AFTER_LOSS: AfterLoss = AfterLoss::Keep;
    const FILING: Filing = Filing::BySubject;
    const MAY_EXPIRE: bool = true;
    const MOST_BYTES: usize = 1_024;

    fn examples() -> Vec<Self> {
        let until = |until: Option<u64>| Self {
            reason: "scans for passwords".to_owned(),
            source: "pbx-a".to_owned(),
            until: until.map(WallTime::from_millis),
        };
        vec![until(Some(4_000_000_000_000)), until(Some(4_000_000_060_000)), until(None)]
    }

    fn fold<'a>(facts: impl Iterator<Item = Arrived<'a, Self>> + Clone) -> Option<Self> {
        facts
            .max_by_key(|fact| (fact.value.length(), Reverse(fact.at)))
            .map(|fact| fact.value.clone())
    }

    fn explain(facts: &[Arrived<'_, Self>], lamp: &Self) -> Reason {
        let text = match facts.len() {
            1 => lamp.to_string(),
            all => format!("the longest of {all} bans: {lamp}"),
        };
        Reason { text, decides: facts.iter().map(|fact| fact.value == lamp).collect() }
    }

    fn told(&self, clock: &dyn Fn(WallTime) -> String) -> String {
        let until = self.until.map(clock);
        let until = until.map_or("for good".to_owned(), |until| format!("until {until}"));
        format!("banned {until} by {}: {}", self.source, self.reason)
    }

    fn deadline(&self) -> Option<WallTime> {
        self.until
    }

    fn ending_at(&self, moment: WallTime) -> Option<Self> {
        Some(Self { until: Some(moment), ..self.clone() })
    }

    fn left_at(&self, moment: WallTime) -> Option<Self> {
        self.until.is_none_or(|until| until > moment).then(|| self.clone())
    }

    /// An address, or a network of some bits.
    fn looks_like(name: &str) -> bool {
        let (address, bits) = name.split_once('/').unwrap_or((name, "0"));
        address.parse::<IpAddr>().is_ok() && bits.parse::<u8>().is_ok()
    }
}
