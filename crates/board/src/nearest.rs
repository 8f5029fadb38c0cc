//! "Did you mean": the names most like one that is not there. A help for people, so it may miss
//! some; it must never take long.

use crate::subject::Subject;

/// The most subjects that one question looks at.
const MOST_LOOKED_AT: usize = 10_000;

/// Longer names are found only when they differ in nothing but case: comparing two names costs
/// the product of their lengths.
const LONGEST_COMPARED: usize = 64;

/// The subjects with the names most like `name`, of those that may be told: lamps that show something before those of
/// which only an end is remembered, then those that differ in case only, then the nearest by edits, at most `most` and
/// none that is mostly different.
pub(crate) fn nearest<'a>(
    name: &str,
    subjects: impl Iterator<Item = (&'a Subject, bool)>,
    most: usize,
    may_be_told: impl Fn(&Subject) -> bool,
) -> Vec<Subject> {
    let asked = name.to_lowercase();
    let mut near: Vec<(bool, usize, &Subject)> = subjects
        .take(MOST_LOOKED_AT)
        .filter(|(subject, _)| may_be_told(subject))
        .filter_map(|(subject, is_lit)| {
            Some((!is_lit, distance(&asked, subject.name().as_str())?, subject))
        })
        .collect();
    near.sort_unstable();
    near.into_iter().take(most).map(|(_, _, subject)| subject.clone()).collect()
}

/// How many edits lie between what was asked for and a name or one of its parts, apart from case; none when that is too
/// many. People leave parts out: `109` is near to `PJSIP/100`.
fn distance(asked: &str, name: &str) -> Option<usize> {
    let name = name.to_lowercase();
    let parts = name.split(['/', ':', '@']).filter_map(|part| edits(asked, part));
    edits(asked, &name).into_iter().chain(parts).min()
}

/// The same between two texts in lower case.
fn edits(asked: &str, name: &str) -> Option<usize> {
    if asked.is_empty() || name.is_empty() {
        return None;
    }
    if name == asked {
        return Some(0);
    }
    let farthest = (asked.len() / 3).clamp(1, 8);
    let comparable = asked.len().max(name.len()) <= LONGEST_COMPARED
        && asked.len().abs_diff(name.len()) <= farthest;
    let edits = comparable.then(|| strsim::osa_distance(asked, name))?;
    (edits <= farthest).then_some(edits.max(1))
}
