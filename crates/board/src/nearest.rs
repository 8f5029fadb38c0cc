//! "Did you mean": the names most like one that is not there. A help for people, so it may miss
//! some; it must never take long.

use crate::subject::Subject;

/// The most subjects that one question looks at.
const MOST_LOOKED_AT: usize = 10_000;

/// Longer names are found only when they differ in nothing but case: comparing two names costs
/// the product of their lengths.
const LONGEST_COMPARED: usize = 64;

/// The subjects with the names most like `name`, of those that may be told: first those that differ in case only, then the
/// nearest by edits, at most `most` and none that is mostly different.
pub(crate) fn nearest<'a>(
    name: &str,
    subjects: impl Iterator<Item = &'a Subject>,
    most: usize,
    may_be_told: impl Fn(&Subject) -> bool,
) -> Vec<Subject> {
    let asked = name.to_lowercase();
    let mut near: Vec<(usize, &Subject)> = subjects
        .take(MOST_LOOKED_AT)
        .filter(|subject| may_be_told(subject))
        .filter_map(|subject| Some((distance(&asked, subject.name().as_str())?, subject)))
        .collect();
    near.sort_unstable();
    near.into_iter().take(most).map(|(_, subject)| subject.clone()).collect()
}

/// How many edits lie between two names apart from case; none when that is too many.
fn distance(asked: &str, name: &str) -> Option<usize> {
    let name = name.to_lowercase();
    if name == asked {
        return Some(0);
    }
    let farthest = (asked.len() / 3).clamp(1, 8);
    let comparable = asked.len().max(name.len()) <= LONGEST_COMPARED
        && asked.len().abs_diff(name.len()) <= farthest;
    let edits = comparable.then(|| strsim::osa_distance(asked, &name))?;
    (edits <= farthest).then_some(edits.max(1))
}
