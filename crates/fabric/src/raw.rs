//! What lies below the store: an engine that keeps rows, and nothing more. Everything that all
//! stores have in common (the queue, reading what is still in it, trying again, watches) is above
//! it, in [`crate::Store`]. It must never be asked for more than a cluster can do.
//!
//! What is promised here is little on purpose; [`crate::Storage`] says what follows from it.

mod group;
mod watchers;

pub(crate) use self::{
    group::{Group, GroupRow, Key, Pending, Slice, size},
    watchers::{Reader, Watchers},
};

use crate::{Bucket, Page, Revision, Row};

/// An engine. All calls come from one thread of the store, one after another, and only that thread
/// waits for them. A call that needs a network must give up by itself after a second or two.
///
/// Closed set: adding one is a design decision.
pub(crate) trait RawStore: Send + 'static {
    /// Commits a group in the order of [`Group::steps`]: no step begins before all rows of the one
    /// before it are as safe as their bucket promises; inside a step any order will do. An engine
    /// that can may do it all at once. What has been committed is told to `watchers`.
    ///
    /// NATS: one step is puts in flight together, each under the revision that the key has, and
    /// then their acknowledgements; so a group costs a round trip for each bucket that is in it.
    ///
    /// # Errors
    /// Not all is committed; any part may be, as far as the order allows. The same rows, or newer
    /// ones in their place, come again.
    fn commit(&mut self, group: &Group, watchers: &mut Watchers) -> Result<(), RawError>;

    /// The committed value of a key: after a `commit` that has returned, nothing older than that.
    ///
    /// NATS: from the copy that each node keeps, into which its own acknowledged writes go at once.
    ///
    /// # Errors
    /// Nothing can be read.
    fn get(&mut self, bucket: Bucket, key: &str) -> Result<Option<Row>, RawError>;

    /// Committed rows from a key on whose keys begin with `prefix`, in the byte order of their
    /// keys, at most `limit`. No row before the cursor of the page is left out.
    ///
    /// NATS: as `get`; JetStream itself keeps no order of keys.
    ///
    /// # Errors
    /// Nothing can be read.
    fn scan(
        &mut self,
        bucket: Bucket,
        prefix: &str,
        from: &str,
        limit: usize,
    ) -> Result<Page, RawError>;

    /// Sets (or with `None` removes) a key if its committed revision is `expected`, and commits
    /// that. What has been committed is told to `watchers`.
    ///
    /// NATS: `update` with the revision, which JetStream checks where the key has its home.
    ///
    /// # Errors
    /// [`NotSet`]. After `Failed` it may have been set all the same.
    fn compare_and_set(
        &mut self,
        bucket: Bucket,
        key: &str,
        expected: Option<Revision>,
        new: Option<&str>,
        watchers: &mut Watchers,
    ) -> Result<Revision, NotSet>;

    /// Nothing more comes; the engine is dropped next. What is committed stays so without it.
    fn close(&mut self);
}

/// Why an engine could not do something: for people, what is wrong, where, and how to mend it. One
/// sentence without a full stop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RawError(pub(crate) String);

/// Why a compare-and-set has not set anything.
#[derive(Debug)]
pub(crate) enum NotSet {
    /// The key has another revision, or none.
    Conflict(Option<Revision>),
    /// It could not be done, or nobody can say whether it was.
    Failed(RawError),
}
