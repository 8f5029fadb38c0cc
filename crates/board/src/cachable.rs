//! Whether a state may be remembered (Asterisk, `enum ast_devstate_cache`).

/// Asterisk marks the states of channels that come and go (every Local channel) as not to be
/// cached: they are passed on once, and neither kept, summed up nor replayed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Cachable {
    /// Kept, and part of the aggregate.
    Yes,
    /// Passed on once to those who listen now, and forgotten.
    No,
}
