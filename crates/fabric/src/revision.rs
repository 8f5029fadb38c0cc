//! Tells which of several values of one key is meant.

/// Tells one committed value of a key from the next. It rises with every change of a key while that
/// key exists; compare for equality or order within one key only. That is the number which
/// JetStream gives each message of a bucket; where a bucket is deleted it begins anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Revision(pub u64);
