//! Where a conference lives, so that whoever wants to join it is sent there.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Arrived, FactValue, Reason};

/// A conference of one name, such as `1234`, on one PBX.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Conference {
    /// How many people are in it now.
    pub members: u32,
    /// Whether nobody else may join.
    #[serde(default)]
    pub locked: bool,
    /// The URI at which it is reached, if its PBX tells one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
    /// Orders the PBXs that hold it: the one with the lowest number has it. Set by the board, one above the highest of
    /// the others when a PBX begins, and kept while it goes on.
    #[serde(default, skip_serializing_if = "is_unset")]
    pub turn: u64,
}

fn is_unset(turn: &u64) -> bool {
    *turn == 0
}

impl fmt::Display for Conference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let members = if self.members == 1 { "member" } else { "members" };
        write!(f, "{} {members}", self.members)?;
        if self.locked {
            f.write_str(", locked")?;
        }
        self.at.iter().try_for_each(|at| write!(f, ", at {at}"))
    }
}

/// Two PBXs may open a conference of the same name at the same time. It lives where it began first, for as long as
/// it lives there; the other is a room that nobody is sent to.
impl FactValue for Conference {
    const WORD: &'static str = "conference";
    const ABOUT: &'static str = "where a conference lives, and who is in it";
    const FORM: &'static str = r#"{"members": NUMBER}; and if known "locked": true, "at": TEXT"#;
    const RULE: &'static str = "first-holder";
    const ANOTHER: &'static str = "number of members";
    const SET_BY_BOARD: &'static [&'static str] = &["turn"];
    const MOST_BYTES: usize = 2_048;

    fn examples() -> Vec<Self> {
        let room = |members, locked| Self { members, locked, ..Self::default() };
        let at = Some("sip:1234@pbx-a.example".to_owned());
        vec![Self { at, ..room(3, false) }, room(1, false), room(2, true)]
    }

    fn fold<'a>(facts: impl Iterator<Item = Arrived<'a, Self>> + Clone) -> Option<Self> {
        facts.min_by_key(|fact| (fact.value.turn, fact.at)).map(|fact| fact.value.clone())
    }

    fn explain(facts: &[Arrived<'_, Self>], lamp: &Self) -> Reason {
        let first = facts.iter().min_by_key(|fact| (fact.value.turn, fact.at)).map(|fact| fact.at);
        let text = match facts.len() {
            1 => format!("one PBX holds it: {lamp}"),
            all => format!("the first of the {all} PBXs that hold it decides: {lamp}"),
        };
        Reason { text, decides: facts.iter().map(|fact| Some(fact.at) == first).collect() }
    }

    fn placed<'a>(
        &self,
        held: Option<&Self>,
        others: impl Iterator<Item = &'a Self>,
    ) -> Option<Self> {
        let highest = || others.map(|other| other.turn).max().unwrap_or_default();
        let turn = held.map_or_else(|| highest() + 1, |held| held.turn);
        Some(Self { turn, ..self.clone() })
    }
}
