//! One view of what is committed and what still waits for that. Pure: it must never read anything
//! itself.

use std::collections::BTreeMap;

use crate::{
    Cursor, Page, Row,
    raw::{Pending, Slice},
};

/// A pending value as a row; none when it is a removal.
pub(super) fn row(key: String, pending: Pending) -> Option<Row> {
    pending.value.map(|value| Row { key, value, revision: None })
}

/// The first key that a scan may return.
pub(super) fn start(prefix: &str, from: Option<Cursor>) -> String {
    from.map(|cursor| cursor.0).filter(|from| from.as_str() > prefix).unwrap_or(prefix.to_owned())
}

/// Lays what waits over what is committed: newer slices over older ones. Each slice is complete up
/// to where it was cut off, so the page is complete up to the first such place.
pub(super) fn merge(committed: Page, pending: Vec<Slice<(String, Pending)>>, limit: usize) -> Page {
    let mut next = committed.next.map(|cursor| cursor.0);
    let mut rows: BTreeMap<String, Option<Row>> =
        committed.rows.into_iter().map(|row| (row.key.clone(), Some(row))).collect();
    for (slice, cut) in pending {
        next = match (next, cut) {
            (Some(next), Some(cut)) => Some(next.min(cut)),
            (next, cut) => next.or(cut),
        };
        rows.extend(slice.into_iter().map(|(key, pending)| (key.clone(), row(key, pending))));
    }
    if let Some(next) = &next {
        rows.split_off(next);
    }
    let mut rows: Vec<Row> = rows.into_values().flatten().collect();
    if let Some(first_left) = rows.get(limit) {
        next = Some(first_left.key.clone());
        rows.truncate(limit);
    }
    Page { rows, next: next.map(Cursor) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Revision, Ticket};

    fn committed(keys: &[&str]) -> Page {
        let row = |key: &&str| Row {
            key: (*key).to_owned(),
            value: "old".to_owned(),
            revision: Some(Revision(1)),
        };
        Page { rows: keys.iter().map(row).collect(), next: None }
    }

    fn waits(key: &str, value: Option<&str>) -> (String, Pending) {
        (key.to_owned(), Pending { value: value.map(str::to_owned), ticket: Ticket(9) })
    }

    fn shown(page: &Page) -> Vec<String> {
        page.rows.iter().map(|row| format!("{}={}", row.key, row.value)).collect()
    }

    #[test]
    fn newer_values_and_removals_lie_over_committed_rows() {
        let older = vec![waits("a", Some("mid")), waits("b", None)];
        let newer = vec![waits("a", Some("new")), waits("d", Some("new"))];
        let page = merge(committed(&["a", "b", "c"]), vec![(older, None), (newer, None)], 10);
        assert_eq!(shown(&page), ["a=new", "c=old", "d=new"]);
        assert_eq!(page.next, None);
    }

    #[test]
    fn a_page_ends_where_the_first_slice_was_cut_off() {
        let pending = vec![waits("a", Some("new")), waits("b", Some("new"))];
        let page = merge(committed(&["a", "x"]), vec![(pending, Some("c".to_owned()))], 2);
        assert_eq!(shown(&page), ["a=new", "b=new"], "x is not next: c may come before it");
        assert_eq!(page.next, Some(Cursor("c".to_owned())));
    }

    #[test]
    fn a_page_is_never_longer_than_asked_for() {
        let pending = vec![waits("b", Some("new")), waits("d", Some("new"))];
        let page = merge(committed(&["a", "c"]), vec![(pending, None)], 3);
        assert_eq!(shown(&page), ["a=old", "b=new", "c=old"]);
        assert_eq!(page.next, Some(Cursor("d".to_owned())));
    }
}
