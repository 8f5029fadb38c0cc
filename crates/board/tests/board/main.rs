//! The board as its callers see it: every rule as an example, and the whole against models.

// A helper that cannot make its fixture ends the test, as the test itself would.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod aggregation;
mod digests;
mod fixtures;
mod histories;
mod kinds;
mod mappings;
mod model;
mod near_names;
mod patterns;
mod reasons;
mod size;
mod texts;
mod words;
