//! What a client of the load generator is there for.

/// What a client does; the limit wants to know it first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// It publishes and hears nothing.
    Publisher,
    /// It hears and publishes nothing.
    Hearer,
    /// It publishes and hears all others.
    Both,
}
