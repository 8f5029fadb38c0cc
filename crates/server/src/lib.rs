//! The configuration, apart from the program that acts on it, so that it can be fuzzed alone.

pub mod config;
