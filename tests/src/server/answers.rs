//! The JSON answers of the operator's commands: the only place that knows their field names.

use serde_json::Value;

/// The answer of `why SUBJECT --json`.
#[derive(Debug)]
pub struct Why(Value);

/// One origin's fact in it.
#[derive(Debug)]
pub struct Origin {
    /// The account that said it.
    pub account: String,
    /// Its EID.
    pub eid: String,
    /// What it said.
    pub value: String,
}

/// Whether `status --json` shows a live origin of this account.
pub(super) fn is_connected(status: &Value, account: &str) -> bool {
    let origins = status["origins"].as_array().cloned().unwrap_or_default();
    let theirs = |origin: &&Value| origin["origin"]["account"] == account;
    origins.iter().filter(theirs).any(|origin| origin["state"] == "live")
}

impl Why {
    pub(super) fn new(answer: Value) -> Self {
        Self(answer)
    }

    /// About a subject that nobody ever spoke of.
    pub(super) fn nothing() -> Self {
        Self(Value::Null)
    }

    /// What the lamp shows, in Asterisk's words; `UNKNOWN` when nobody says anything.
    pub fn value(&self) -> String {
        self.0["aggregate"].as_str().unwrap_or("UNKNOWN").to_owned()
    }

    /// The live facts.
    pub fn facts(&self) -> Vec<Origin> {
        let facts = self.0["facts"].as_array().cloned().unwrap_or_default();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let origin = |fact: &Value| Origin {
            account: text(&fact["origin"]["account"]),
            eid: text(&fact["origin"]["eid"]),
            value: text(&fact["value"]),
        };
        facts.iter().map(origin).collect()
    }
}
