//! The files that `cargo xtask dist` makes of this version for this kind of machine.

use std::env::consts::ARCH;

const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The package of this name for Debian and its kin.
pub fn debian(name: &str) -> String {
    let machine = match ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    };
    format!("{name}_{VERSION}-1_{machine}.deb")
}

/// The same as an RPM.
pub fn rpm(name: &str) -> String {
    format!("{name}-{VERSION}-1.{ARCH}.rpm")
}
