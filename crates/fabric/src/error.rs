//! What a store call can answer instead of a value. Each text can be shown to a person as it is.

use crate::{Bucket, Revision};

/// Why a store refused or failed a call. But for `Stalled`, such a call has changed nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// The store has been closed, or its thread is gone.
    #[error("the store is closed")]
    Closed,
    /// The key is empty, longer than [`crate::StoreLimits::key_bytes`] or holds a NUL character.
    #[error("a key in {bucket} has {bytes} bytes or a NUL character (1 to {limit} bytes, no NUL)")]
    BadKey {
        /// The bucket that the write was for.
        bucket: Bucket,
        /// The length of the refused key in bytes.
        bytes: usize,
        /// The longest key allowed, in bytes.
        limit: usize,
    },
    /// The value is longer than [`crate::StoreLimits::value_bytes`].
    #[error("the value of {key:?} in {bucket} has {bytes} bytes (at most {limit})")]
    BadValue {
        /// The bucket that the write was for.
        bucket: Bucket,
        /// The key of the refused value.
        key: String,
        /// The length of the refused value in bytes.
        bytes: usize,
        /// The longest value allowed, in bytes.
        limit: usize,
    },
    /// More writes wait to be committed than the limits allow. Keys that already wait can still be
    /// given newer values of the same size or less.
    #[error("{keys} keys ({bytes} bytes) already wait to be stored, which is the limit")]
    QueueFull {
        /// Keys that wait to be committed, each with its newest value only.
        keys: usize,
        /// Bytes of keys and values that wait.
        bytes: usize,
    },
    /// More questions wait for an answer than [`crate::StoreLimits::requests`] allows.
    #[error("{limit} requests already wait for the store, which is the limit")]
    TooManyRequests {
        /// The most requests that may wait: [`crate::StoreLimits::requests`].
        limit: usize,
    },
    /// The key does not have the revision that the caller expects; the current one is given,
    /// none where the key does not exist.
    #[error("{key:?} in {bucket} has changed meanwhile")]
    Conflict {
        /// The bucket that holds the key.
        bucket: Bucket,
        /// The key that has changed meanwhile.
        key: String,
        /// The revision that the key has now; none if it does not exist.
        current: Option<Revision>,
    },
    /// Nothing can be written at present, or nobody can say whether it was; the reason names the
    /// way out.
    #[error("nothing can be stored at present: {reason}")]
    Stalled {
        /// The reason as a person reads it, the same text as in [`crate::Health::Stalled`].
        reason: String,
    },
    /// The store could not be read, because the disk or the file has failed.
    #[error("{bucket} cannot be read: {reason}")]
    Unreadable {
        /// The bucket that was to be read.
        bucket: Bucket,
        /// Why it cannot be read, and what the operator can do.
        reason: String,
    },
}

// === impl StoreError ===

impl StoreError {
    /// Whether the same call can never succeed.
    #[must_use]
    pub const fn is_final(&self) -> bool {
        matches!(self, Self::BadKey { .. } | Self::BadValue { .. })
    }
}
