//! What a client of the load generator is there for.

/// What a client does; the limit wants to know it first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Only publishes.
    Publisher,
    /// Only hears.
    Hearer,
    /// Both.
    Both,
}
