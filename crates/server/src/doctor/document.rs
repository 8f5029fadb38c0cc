//! `doctor/1`: what is wrong, and what was looked at.

use jiff::Timestamp;
use serde::Serialize;

use super::check::{self, Examined};
use super::scene::NotAsked;
use crate::document::status::Severity;

/// What the checks have said.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Diagnosis {
    /// The schema of this document, `doctor/1`.
    pub schema: &'static str,
    /// Whether nothing is bad; decides the exit status.
    pub healthy: bool,
    /// When this was true, RFC 3339.
    pub as_of: String,
    /// Whether a server answered; without one only its place was looked at.
    pub server_answers: bool,
    /// The groups that were looked at, in their order.
    pub groups: Vec<Group>,
    /// What is wrong, in the order of the checks.
    pub problems: Vec<FoundProblem>,
    /// Checks that found nothing wrong.
    pub passed: Vec<&'static str>,
    /// Checks that could not look, and why.
    pub not_asked: Vec<Unasked>,
    /// What `--end-to-end` measured; absent without it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end_to_end: Option<EndToEnd>,
    /// What `--fix` has done; absent without it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fixed: Option<Vec<Fixed>>,
}

/// One group of checks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Group {
    /// Its name, the first part of the names of its checks.
    pub group: String,
    /// How many checks have looked.
    pub checks: usize,
    /// How many of them found something wrong.
    pub failed: usize,
    /// The worst that they found; `null` if nothing.
    pub severity: Option<Severity>,
}

/// Something that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FoundProblem {
    /// The check that found it: `tls/name`.
    pub id: &'static str,
    /// Whether somebody should look or something does not work.
    pub severity: Severity,
    /// What is wrong, in a sentence.
    pub text: String,
    /// What was seen of it; absent where the sentence says it all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seen: Option<String>,
    /// Whom it matters to.
    pub matters_to: String,
    /// What to type, or to do.
    pub mend: String,
    /// Whether `--fix` can do it.
    pub fixable: bool,
}

/// A check that could not look.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Unasked {
    /// The word that names the check, as in a finding.
    pub id: &'static str,
    /// Why it could not.
    pub reason: String,
}

/// How long a state takes from one PBX to another.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct EndToEnd {
    /// The two accounts that were made for it.
    pub accounts: Vec<String>,
    /// Whether they are gone again.
    pub removed: bool,
    /// States that have arrived.
    pub states: usize,
    /// The time that half of them took at most; `null` if none arrived.
    pub median_seconds: Option<f64>,
    /// The longest that one took; `null` if none arrived.
    pub longest_seconds: Option<f64>,
}

/// Something that `--fix` has changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fixed {
    /// The check that had found it.
    pub id: &'static str,
    /// What was done, as it would be typed.
    pub command: String,
}

// === impl Diagnosis ===

impl Diagnosis {
    /// What these checks say.
    pub fn of(examined: &[Examined], server_answers: bool) -> Self {
        let mut problems: Vec<_> = examined.iter().flat_map(FoundProblem::all).collect();
        problems.sort_by_key(|problem| problem.severity == Severity::Look);
        let passed = examined.iter().filter(|one| one.answer.as_ref().is_ok_and(Vec::is_empty));
        let unasked = examined.iter().filter_map(|one| {
            let NotAsked(reason) = one.answer.as_ref().err()?;
            Some(Unasked { id: one.id, reason: reason.clone() })
        });
        Self {
            schema: "doctor/1",
            healthy: problems.iter().all(|problem| problem.severity == Severity::Look),
            as_of: format!("{:.3}", Timestamp::now()),
            server_answers,
            groups: groups(examined),
            passed: passed.map(|one| one.id).collect(),
            not_asked: unasked.collect(),
            problems,
            end_to_end: None,
            fixed: None,
        }
    }
}

fn groups(examined: &[Examined]) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for one in examined {
        let Ok(found) = &one.answer else { continue };
        let group = check::group(one.id);
        if groups.last().is_none_or(|last| last.group != group) {
            let group = group.to_owned();
            groups.push(Group { group, checks: 0, failed: 0, severity: None });
        }
        let Some(last) = groups.last_mut() else { continue };
        last.checks += 1;
        last.failed += usize::from(!found.is_empty());
        let is_bad = found.iter().any(|finding| finding.severity == Severity::Bad);
        last.severity = match (is_bad, found.is_empty(), last.severity) {
            (true, ..) => Some(Severity::Bad),
            (false, false, None) => Some(Severity::Look),
            (_, _, before) => before,
        };
    }
    groups
}

// === impl FoundProblem ===

impl FoundProblem {
    /// All that one check has found.
    fn all(examined: &Examined) -> impl Iterator<Item = Self> {
        let found = examined.answer.iter().flatten();
        found.map(|finding| Self {
            id: examined.id,
            severity: finding.severity,
            text: finding.text.clone(),
            seen: finding.seen.clone(),
            matters_to: finding.matters_to.clone(),
            mend: finding.mend.clone(),
            fixable: finding.can.is_some(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::check::Finding;
    use super::*;

    #[test]
    fn checks_fold_into_their_groups() {
        let one = |id, answer| Examined { id, answer };
        let examined = [
            one("a/one", Ok(Vec::new())),
            one("a/two", Ok(vec![Finding::look("x", "y", "z")])),
            one("b/one", Ok(vec![Finding::bad("x", "y", "z")])),
            one("b/two", Err(NotAsked("why".to_owned()))),
        ];
        let diagnosis = Diagnosis::of(&examined, true);
        let group = |name: &str, checks, severity| Group {
            group: name.to_owned(),
            checks,
            failed: 1,
            severity: Some(severity),
        };
        assert_eq!(diagnosis.groups, [group("a", 2, Severity::Look), group("b", 1, Severity::Bad)]);
        assert!(!diagnosis.healthy && diagnosis.passed == ["a/one"]);
        assert!(Diagnosis::of(&examined[..2], true).healthy, "to look at is not to be broken");
    }
}
