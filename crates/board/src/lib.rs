//! Facts and their rules: pure, no I/O, no async.
