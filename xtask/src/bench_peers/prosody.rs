//! Prosody as it is measured: Debian's package, storage in SQLite, hashed passwords, no rate
//! limits, nothing loaded that the cases do not use.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

use super::lampfield::Certificate;
use super::process::Process;
use super::{DOMAIN, emptied};

/// The port on which it listens for clients.
pub const PORT: u16 = 25322;
/// Its folder, seen from inside.
const HOME: &str = "/tmp/lampfield-bench";

/// A Prosody, installed in a Debian of its own.
pub struct Prosody {
    root: PathBuf,
}

impl Prosody {
    /// Writes its configuration; forgets what an earlier run has stored.
    pub fn install(root: &Path, certificate: &Certificate) -> Result<Self> {
        let home = root.join(HOME.trim_start_matches('/'));
        emptied(&home)?;
        std::fs::create_dir(home.join("data"))?;
        certificate.write(&home)?;
        std::fs::write(home.join("prosody.cfg.lua"), configuration())?;
        Ok(Self { root: root.to_owned() })
    }

    /// Starts it and waits until its port is open.
    pub fn start(&self) -> Result<Process> {
        let mut command = Command::new("chroot");
        command.arg(&self.root).args(["prosody", "-F", "--config"]);
        command.arg(format!("{HOME}/prosody.cfg.lua")).env("LC_ALL", "C");
        Process::start(&mut command, ([127, 0, 0, 1], PORT).into(), "lua5.4")
    }
}

fn configuration() -> String {
    format!(
        r#"run_as_root = true
pidfile = "{HOME}/pid"
data_path = "{HOME}/data"
log = {{ warn = "{HOME}/log" }}
modules_enabled = {{ "roster", "saslauth", "tls", "disco", "register" }}
modules_disabled = {{ "s2s", "offline", "limits" }}
authentication = "internal_hashed"
storage = "sql"
sql = {{ driver = "SQLite3"; database = "{HOME}/data/prosody.sqlite" }}
allow_registration = true
c2s_require_encryption = false
allow_unencrypted_plain_auth = true
c2s_interfaces = {{ "127.0.0.1" }}
c2s_ports = {{ {PORT} }}
c2s_direct_tls_ports = {{ }}
s2s_ports = {{ }}
http_ports = {{ }}
https_ports = {{ }}
ssl = {{ certificate = "{HOME}/certificate.pem"; key = "{HOME}/key.pem" }}
VirtualHost "{DOMAIN}"
Component "pubsub.{DOMAIN}" "pubsub"
  admins = {{ "bench-1@{DOMAIN}" }}
  pubsub_max_items = 10000
"#
    )
}
