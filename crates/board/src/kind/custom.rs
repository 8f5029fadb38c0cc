//! Whatever else a program wants to share: a small piece of JSON under a name of its own.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{Arrived, FactValue, Filing, Reason, ValueError, newest};
use crate::wall_time::WallTime;

/// What a program says under a name such as `gate/front`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Custom {
    /// Any JSON, which Lampfield does not interpret; its size is limited as that of every value, and its depth to 32
    /// levels.
    pub data: serde_json::Value,
    /// When that ends; without it, it stays until the origin is gone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<WallTime>,
}

/// Levels of lists and tables in a value. Stored, it lies in others, and no reader of JSON takes any depth.
const DEEPEST: usize = 32;

fn depth(value: &serde_json::Value) -> usize {
    match value {
        serde_json::Value::Array(list) => 1 + list.iter().map(depth).max().unwrap_or_default(),
        serde_json::Value::Object(table) => 1 + table.values().map(depth).max().unwrap_or_default(),
        _ => 0,
    }
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

    fn check(&self) -> Result<(), ValueError> {
        let bytes = serde_json::to_string(self).map_or(usize::MAX, |text| text.len());
        let (kind, limit) = (Self::WORD, Self::MOST_BYTES);
        if bytes > limit {
            return Err(ValueError::TooLarge { kind, bytes, limit });
        }
        match depth(&self.data) {
            ..=DEEPEST => Ok(()),
            deep => {
                let reason =
                    format!("it has {deep} levels of lists and tables; the limit is {DEEPEST}");
                Err(ValueError::Malformed { kind, reason })
            }
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn nested(levels: usize) -> Custom {
        let data = (0..levels).fold(json!(1), |inner, _| json!([inner]));
        Custom { data, until: None }
    }

    #[test]
    fn a_value_has_a_bounded_depth() {
        assert_eq!(nested(DEEPEST).check(), Ok(()));
        let refused = nested(DEEPEST + 1).check().map_err(|error| error.to_string());
        let text =
            "not a value of the kind custom: it has 33 levels of lists and tables; the limit is 32";
        assert_eq!(refused, Err(text.to_owned()));
    }
}
