//! The system packages that a bare machine lacks: installed when we are root on a Debian-like
//! system, named clearly otherwise.

use std::process::Command;

use anyhow::{Result, bail};

use crate::run;

/// A program and the Debian package that brings it.
struct DebianTool {
    program: &'static str,
    package: &'static str,
}

/// What the real-Asterisk tests use: folders with other Debians, dropped packets, networks of their own,
/// orphan control; and
/// what counts instructions, searches for inputs or builds images.
const TOOLS: [DebianTool; 11] = [
    DebianTool { program: "debootstrap", package: "debootstrap" },
    DebianTool { program: "nft", package: "nftables" },
    DebianTool { program: "ip", package: "iproute2" },
    DebianTool { program: "chroot", package: "coreutils" },
    DebianTool { program: "setpriv", package: "util-linux" },
    DebianTool { program: "nsenter", package: "util-linux" },
    DebianTool { program: "cc", package: "gcc" },
    DebianTool { program: "objcopy", package: "binutils" },
    DebianTool { program: "c++", package: "g++" },
    DebianTool { program: "buildah", package: "buildah" },
    DebianTool { program: "valgrind", package: "valgrind" },
];

/// What a relay is measured against.
const STUNNEL: [DebianTool; 1] = [DebianTool { program: "stunnel", package: "stunnel4" }];

/// Installs what the tests lack, or says what to install.
pub fn ensure() -> Result<()> {
    install(&TOOLS)
}

/// The same for `bench-relay`.
pub fn ensure_stunnel() -> Result<()> {
    install(&STUNNEL)
}

fn install(tools: &[DebianTool]) -> Result<()> {
    let missing: Vec<_> = tools
        .iter()
        .filter(|tool| !run::installed(tool.program))
        .map(|tool| tool.package)
        .collect();
    if !rustix::process::geteuid().is_root() {
        let install = match missing.is_empty() {
            true => String::new(),
            false => format!("; also missing: apt-get install {}", missing.join(" ")),
        };
        bail!("the tests with real Asterisk need root (chroot, nftables): run as root{install}");
    }
    if missing.is_empty() {
        return Ok(());
    }
    if !run::installed("apt-get") {
        bail!("missing: {}; install them with your package manager", missing.join(" "));
    }
    run::must(Command::new("apt-get").args(["-q", "update"]))?;
    run::must(
        Command::new("apt-get")
            .args(["-q", "-y", "install", "--no-install-recommends"])
            .args(missing)
            .arg("debian-archive-keyring")
            .env("DEBIAN_FRONTEND", "noninteractive"),
    )
}
