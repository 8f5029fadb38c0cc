//! Whatever else a program wants to share: a small piece of JSON under a name of its own.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{Arrived, FactValue, Filing, Reason, newest};
use crate::wall_time::WallTime;

/// What a program says under a name such as `gate/front`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Custom {
    /// Any JSON, which Lampfield does not interpret; its size is limited as that of every value.
    pub data: serde_json::Value,
    /// When that ends; without it, it stays until the origin is gone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<WallTime>,
}

impl fmt::Display for Custom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.told(&|moment| moment.to_string()))
    }
}

/// Nobody but the programs knows what it means, so that the last word counts.
impl FactValue for Custom {
    const WORD: &'static str = "custom";
    const ABOUT: &'static str = "whatever a program shares, as JSON";
    const FORM: &'static str = r#"{"data": ANY JSON}; and if it ends "until": MOMENT"#;
    const RULE: &'static str = "newest-arrival";
    const ANOTHER: &'static str = "value";
    const FILING: Filing = Filing::BySubject;
    const NEWEST_WINS: bool = true;
    const MAY_EXPIRE: bool = true;
    const MOST_BYTES: usize = 4_096;

    fn examples() -> Vec<Self> {
        let says =
            |data, until: Option<u64>| Self { data, until: until.map(WallTime::from_millis) };
        vec![
            says(json!({"open": true, "by": [1, 2]}), Some(4_000_000_000_000)),
            says(json!(1), None),
            says(json!(null), None),
        ]
    }

    fn fold<'a>(facts: impl Iterator<Item = Arrived<'a, Self>> + Clone) -> Option<Self> {
        newest::fold(facts)
    }

    fn explain(facts: &[Arrived<'_, Self>], lamp: &Self) -> Reason {
        newest::explain(facts, lamp)
    }

    /// To say it again with a later end is no news.
    fn repeats(&self, held: &Self) -> bool {
        self.data == held.data
    }

    fn told(&self, clock: &dyn Fn(WallTime) -> String) -> String {
        let until = self.until.map(|until| format!(" until {}", clock(until)));
        format!("{}{}", self.data, until.unwrap_or_default())
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
}
