//! Result set management (XEP-0059): which page is wanted, which page this is.

use lampfield_xmpp_stream::{Element, Tag};

use super::error::Malformed;
use super::ns;
use crate::services::pubsub::engine::{Page, PageRequest, PageStart};

/// Whether the asker pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Paging {
    /// It does, and is told where the page lies.
    Asked,
    /// It does not, and is told only when it does not get everything.
    Unasked,
}

/// The page that `parent` asks for by its `<set/>`, if it has one.
///
/// # Errors
/// [`Malformed::Value`] for a number that is none.
pub fn page_request(parent: Element<'_>) -> Result<Option<PageRequest>, Malformed> {
    let Some(set) = parent.child(ns::RSM, "set") else { return Ok(None) };
    let max = set.child_text(ns::RSM, "max").map(|text| number("max", &text)).transpose()?;
    let after = set.child_text(ns::RSM, "after");
    let before = set.child_text(ns::RSM, "before");
    let place = match (after, before) {
        (Some(after), _) => PageStart::After(after.into_owned()),
        (None, Some(before)) if before.is_empty() => PageStart::End,
        (None, Some(before)) => PageStart::Before(before.into_owned()),
        (None, None) => PageStart::Start,
    };
    Ok(Some(PageRequest { max, place }))
}

/// Appends, where the asker is to be told, the page's first and last entry and how many there are
/// in all.
pub(super) fn write_set<T>(
    out: &mut Vec<u8>,
    paging: Paging,
    page: &Page<T>,
    name: impl Fn(&T) -> &str,
) {
    if paging == Paging::Unasked && page.is_whole() {
        return;
    }
    Tag::open(out, "set").xmlns(ns::RSM).children(|out| {
        if let (Some(first), Some(last)) = (page.entries.first(), page.entries.last()) {
            Tag::open(out, "first").text(name(first));
            Tag::open(out, "last").text(name(last));
        }
        Tag::open(out, "count").text(&page.total.to_string());
    });
}

/// Appends where a part of a list lies whose length nobody counts.
pub fn write_part(out: &mut Vec<u8>, first: Option<&str>, last: Option<&str>) {
    Tag::open(out, "set").xmlns(ns::RSM).children(|out| {
        for (name, entry) in [("first", first), ("last", last)] {
            if let Some(entry) = entry {
                Tag::open(out, name).text(entry);
            }
        }
    });
}

/// A number of entries.
pub(super) fn number(name: &'static str, text: &str) -> Result<usize, Malformed> {
    text.trim().parse().map_err(|_| Malformed::Value { name, value: text.to_owned() })
}
