//! ejabberd as it is measured: Debian's package, Mnesia on disk, hashed passwords, no shapers,
//! nothing loaded that the cases do not use. It is started as its own script starts it, less the
//! distribution between Erlang nodes, which would need a daemon that outlives it.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use super::lampfield::Certificate;
use super::process::Process;
use super::{DOMAIN, emptied};

/// The port on which it listens for clients.
pub const PORT: u16 = 25422;
/// Its folder, seen from inside.
const HOME: &str = "/tmp/lampfield-bench";

/// An ejabberd, installed in a Debian of its own.
pub struct Ejabberd {
    root: PathBuf,
    /// Its compiled modules, seen from inside.
    modules: PathBuf,
}

impl Ejabberd {
    /// Writes its configuration; forgets what an earlier run has stored.
    pub fn install(root: &Path, certificate: &Certificate) -> Result<Self> {
        let home = root.join(HOME.trim_start_matches('/'));
        emptied(&home)?;
        certificate.write(&home)?;
        std::fs::write(home.join("ejabberd.yml"), configuration())?;
        Ok(Self { modules: modules(root)?, root: root.to_owned() })
    }

    /// Starts it and waits until its port is open.
    pub fn start(&self) -> Result<Process> {
        let mut command = Command::new("chroot");
        command.arg(&self.root).args(["erl", "+K", "true", "+P", "250000", "-noinput", "-pa"]);
        command.arg(&self.modules).arg("-mnesia").arg("dir").arg(format!("\"{HOME}/mnesia\""));
        command.args(["-s", "ejabberd"]).env("LC_ALL", "C.UTF-8").env("HOME", HOME);
        command.env("EJABBERD_CONFIG_PATH", format!("{HOME}/ejabberd.yml"));
        command.env("EJABBERD_LOG_PATH", format!("{HOME}/ejabberd.log"));
        Process::start(&mut command, ([127, 0, 0, 1], PORT).into(), "beam.smp")
    }
}

/// Debian puts them into a folder that carries the version.
fn modules(root: &Path) -> Result<PathBuf> {
    let libraries = Path::new("usr/lib").join(format!("{}-linux-gnu", std::env::consts::ARCH));
    let mut names = std::fs::read_dir(root.join(&libraries))?.filter_map(|entry| {
        let name = entry.ok()?.file_name();
        name.to_str()?.starts_with("ejabberd-").then_some(name)
    });
    let name = names.next().context("no modules of ejabberd")?;
    Ok(Path::new("/").join(libraries).join(name).join("ebin"))
}

fn configuration() -> String {
    format!(
        r#"hosts:
  - {DOMAIN}
loglevel: error
certfiles:
  - {HOME}/certificate.pem
  - {HOME}/key.pem
auth_password_format: scram
registration_timeout: infinity
listen:
  -
    port: {PORT}
    ip: "127.0.0.1"
    module: ejabberd_c2s
    starttls: true
    shaper: none
modules:
  mod_disco: {{}}
  mod_roster: {{}}
  mod_register:
    access: all
    ip_access: all
  mod_pubsub:
    access_createnode: all
    max_items_node: 10000
    plugins:
      - flat
"#
    )
}
