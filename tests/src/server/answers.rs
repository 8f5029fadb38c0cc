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
    /// The EID of the origin.
    pub eid: String,
    /// What it said, as text.
    pub value: String,
}

/// Whether `status --json` shows a live origin of this account.
pub(super) fn is_connected(status: &Value, account: &str) -> bool {
    origins_of(status, account).any(|origin| origin["state"] == "live")
}

/// The predicted reconnect pause and the grace of this account's first origin, in seconds.
pub(super) fn predicted_wait_and_grace(status: &Value, account: &str) -> (f64, f64) {
    let origin = origins_of(status, account).next().expect("an origin of this account");
    let seconds = |name: &str| origin[name].as_f64().expect("seconds");
    (seconds("predicted_wait_seconds"), seconds("grace_seconds"))
}

fn origins_of<'a>(status: &'a Value, account: &'a str) -> impl Iterator<Item = &'a Value> {
    let origins = status["origins"].as_array().into_iter().flatten();
    origins.filter(move |origin| origin["origin"]["account"] == account)
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

    /// How many new messages the lamp of a mailbox shows.
    pub fn new_messages(&self) -> Option<u64> {
        self.0["aggregate"]["new"].as_u64()
    }

    /// The live facts, each with its origin.
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
