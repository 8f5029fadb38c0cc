//! How people write which lamp they mean: with its kind in front or without, or a part of its name.

use lampfield_board::Kind;

/// What stands between the parts of a name.
const BETWEEN: [char; 3] = ['/', ':', '@'];

/// What was typed with this kind in front, which may stand there already.
pub(crate) fn of_kind(kind: Option<Kind>, typed: &str) -> String {
    match kind {
        Some(kind) => {
            let prefix = format!("{kind}/");
            format!("{prefix}{}", typed.strip_prefix(&prefix).unwrap_or(typed))
        }
        None => typed.to_owned(),
    }
}

/// The kind that is written in front, and the rest.
pub(crate) fn with_kind(typed: &str) -> (Option<Kind>, &str) {
    let kinded = typed.split_once('/').and_then(|(kind, name)| Some((kind.parse().ok()?, name)));
    kinded.map_or((None, typed), |(kind, name)| (Some(kind), name))
}

/// The parts of a name, any of which may stand for the whole.
pub(crate) fn parts(name: &str) -> impl Iterator<Item = &str> {
    name.split(BETWEEN)
}

/// Whether this may be a part of the name that is meant, and not all of it.
pub(crate) fn may_be_part(name: &str) -> bool {
    !name.contains(BETWEEN)
}
