//! Writes that are committed together: the newest value of each key. It must hold a key once only.

use std::collections::BTreeMap;

#[cfg(any(test, feature = "testing"))]
use crate::Write;
use crate::{Bucket, Durability, Ticket};

/// A bucket and a key in it, which no other row has.
pub(crate) type Key = (Bucket, String);

/// Rows in the order of their keys, and the key of the first row that was left for later.
pub(crate) type Slice<T> = (Vec<T>, Option<String>);

/// A value on its way to the engine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Pending {
    pub(crate) value: Option<String>,
    pub(crate) ticket: Ticket,
}

/// Writes that are committed together, in the order of their keys, because neighbours share pages
/// of a file.
#[derive(Clone, Debug, Default)]
pub(crate) struct Group {
    rows: BTreeMap<Key, Pending>,
    bytes: usize,
    last: Ticket,
}

/// A row of a group: its key, and its value or none to remove it.
pub(crate) type GroupRow<'g> = (&'g str, Option<&'g str>);

/// What a row counts in the limits, in bytes.
pub(crate) fn size(key: &Key, value: Option<&str>) -> usize {
    key.1.len() + value.map_or(0, str::len)
}

// === impl Group ===

impl Group {
    /// Adds a write, which must be newer than all in the group.
    pub(crate) fn put(&mut self, key: Key, pending: Pending) {
        self.last = pending.ticket;
        let (key_bytes, new) = (size(&key, None), size(&key, pending.value.as_deref()));
        let old = self.rows.insert(key, pending);
        self.bytes += new;
        self.bytes -= old.map_or(0, |old| key_bytes + old.value.map_or(0, |value| value.len()));
    }

    /// Adds a whole newer group.
    pub(crate) fn absorb(&mut self, newer: Self) {
        for (key, pending) in newer.rows {
            self.put(key, pending);
        }
        self.last = self.last.max(newer.last);
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// How many keys it has, each with its newest write only.
    pub(crate) fn len(&self) -> usize {
        self.rows.len()
    }

    /// What all rows count in the limits.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    /// The ticket of the newest write.
    pub(crate) fn last(&self) -> Ticket {
        self.last
    }

    pub(crate) fn get(&self, key: &Key) -> Option<&Pending> {
        self.rows.get(key)
    }

    /// The rows of one bucket from a key on.
    fn from(&self, bucket: Bucket, key: &str) -> impl Iterator<Item = (&str, &Pending)> {
        self.rows
            .range((bucket, key.to_owned())..)
            .take_while(move |((of, _), _)| *of == bucket)
            .map(|((_, key), pending)| (key.as_str(), pending))
    }

    /// The rows of one bucket from a key on whose keys begin with `prefix`, at most `limit`.
    pub(crate) fn scan(
        &self,
        bucket: Bucket,
        prefix: &str,
        from: &str,
        limit: usize,
    ) -> Slice<(String, Pending)> {
        let mut rows = self.from(bucket, from).take_while(|(key, _)| key.starts_with(prefix));
        let first = rows
            .by_ref()
            .take(limit)
            .map(|(key, pending)| (key.to_owned(), pending.clone()))
            .collect();
        (first, rows.next().map(|(key, _)| key.to_owned()))
    }

    /// The rows of one bucket in the order of their keys.
    pub(crate) fn rows(&self, bucket: Bucket) -> impl Iterator<Item = GroupRow<'_>> {
        self.from(bucket, "").map(|(key, pending)| (key, pending.value.as_deref()))
    }

    /// The order that a commit must keep where it is not all at once: what is put before what is
    /// removed; what is put bucket by bucket in the order of [`Bucket::ALL`], what is removed the
    /// other way round. So a row is there before others rely on it, and outlives them.
    #[cfg(any(test, feature = "testing"))]
    pub(crate) fn steps(&self) -> impl Iterator<Item = (Bucket, Vec<GroupRow<'_>>)> {
        let of = |bucket, is_put: bool| {
            (bucket, self.rows(bucket).filter(|(_, value)| value.is_some() == is_put).collect())
        };
        let puts = Bucket::ALL.into_iter().map(move |bucket| of(bucket, true));
        puts.chain(Bucket::ALL.into_iter().rev().map(move |bucket| of(bucket, false)))
            .filter(|(_, rows): &(_, Vec<_>)| !rows.is_empty())
    }

    /// What the commit of this group has to outlive.
    pub(crate) fn durability(&self) -> Durability {
        let of = |(bucket, _): &Key| bucket.durability();
        self.rows.keys().map(of).max().unwrap_or(Durability::Process)
    }
}

/// What would wait if these were written one after another.
#[cfg(any(test, feature = "testing"))]
impl FromIterator<Write> for Group {
    fn from_iter<I: IntoIterator<Item = Write>>(writes: I) -> Self {
        let mut group = Self::default();
        for (Write { bucket, key, value }, ticket) in writes.into_iter().zip(1..) {
            group.put((bucket, key), Pending { value, ticket: Ticket(ticket) });
        }
        group
    }
}
