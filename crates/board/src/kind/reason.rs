//! How the rule of a kind came out for some facts.

/// How the rule of a kind came out for some facts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    /// In words, without a full stop.
    pub text: String,
    /// For each fact, in the same order, whether the lamp shows what it shows because of it.
    pub decides: Vec<bool>,
}
