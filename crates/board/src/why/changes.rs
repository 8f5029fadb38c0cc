//! What other words would change a lamp: found by trying each of them on the fold itself.

use std::fmt;
use std::sync::Arc;

use crate::board::{Fact, SubjectFacts};
use crate::device_state::DeviceState;
use crate::fold;
use crate::origin::Origin;
use crate::value::Value;

/// What one origin could say to change the lamp.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WhatIf {
    /// Who would have to say it.
    pub origin: Arc<Origin>,
    /// Which words.
    pub words: Alternatives,
}

/// The words that change a lamp.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Alternatives {
    /// Any other than the present one.
    AnythingElse,
    /// Any number of messages other than the lamp's.
    AnotherCount,
    /// These device states; none at all if empty.
    Some(Vec<Alternative>),
}

/// A device state that an origin could say, and what the lamp would then show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Alternative {
    /// The word.
    pub said: DeviceState,
    /// The lamp.
    pub lamp: DeviceState,
}

/// Counts the states first: the fold hears each of the nine once, however many origins speak.
pub(super) fn for_device(subject: SubjectFacts<'_>) -> Vec<WhatIf> {
    let count = |state| subject.facts().filter(|fact| device(fact) == Some(state)).count();
    let tally = DeviceState::ALL.map(|state| (state, count(state)));
    let lamp = subject.lamp().and_then(Value::device);
    subject.facts().map(|fact| WhatIf::of(&fact, &tally, lamp)).collect()
}

fn device(fact: &Fact<'_>) -> Option<DeviceState> {
    fact.state.live()?.device()
}

/// For a mailbox the newest arrival decides, so that each origin may change it.
pub(super) fn for_mailbox(subject: SubjectFacts<'_>) -> Vec<WhatIf> {
    let remark = |fact: Fact<'_>| WhatIf {
        origin: Arc::clone(fact.origin),
        words: Alternatives::AnotherCount,
    };
    subject.facts().map(remark).collect()
}

// === impl WhatIf ===

impl WhatIf {
    /// `tally` says how many facts there are of each state, this one included.
    fn of(fact: &Fact<'_>, tally: &[(DeviceState, usize)], lamp: Option<DeviceState>) -> Self {
        let present = device(fact);
        let by_others = tally
            .iter()
            .filter(|(state, count)| *count > usize::from(Some(*state) == present))
            .map(|(state, _)| *state);
        let tried = DeviceState::ALL.into_iter().filter(|said| Some(*said) != present);
        let answers: Vec<Alternative> = tried
            .clone()
            .filter_map(|said| {
                let lamp = fold::devices(by_others.clone().chain([said]))?;
                Some(Alternative { said, lamp })
            })
            .filter(|answer| Some(answer.lamp) != lamp)
            .collect();
        let words = if answers.len() == tried.count() {
            Alternatives::AnythingElse
        } else {
            Alternatives::Some(answers)
        };
        Self { origin: Arc::clone(fact.origin), words }
    }
}

/// For example: if pbx-b@asterisk.example 02:00:00:00:00:02 says RINGING (gives RINGINUSE) or BUSY.
impl fmt::Display for WhatIf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.words {
            Alternatives::AnythingElse => write!(f, "if {} says anything else", self.origin),
            Alternatives::AnotherCount => write!(f, "if {} says another count", self.origin),
            Alternatives::Some(answers) if answers.is_empty() => {
                write!(f, "nothing that {} says", self.origin)
            }
            Alternatives::Some(answers) => {
                write!(f, "if {} says ", self.origin)?;
                list(answers, f)
            }
        }
    }
}

/// Commas, and "or" before the last.
fn list(answers: &[Alternative], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    for (place, answer) in answers.iter().enumerate() {
        let separator = match place {
            0 => "",
            last if last + 1 == answers.len() => " or ",
            _ => ", ",
        };
        write!(f, "{separator}{answer}")?;
    }
    Ok(())
}

// === impl Alternative ===

impl fmt::Display for Alternative {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.said == self.lamp {
            self.said.fmt(f)
        } else {
            write!(f, "{} (gives {})", self.said, self.lamp)
        }
    }
}
