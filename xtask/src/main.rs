//! The commands that developers run: `cargo xtask --help`.

fn main() {}
