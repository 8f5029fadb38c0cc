//! Lampfield as it is measured: its defaults, clear-text logins beside STARTTLS so that both
//! transports reach one server, and room for a million facts.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use anyhow::Result;

use super::process::Process;
use super::{DOMAIN, PASSWORD};

/// Where it listens.
pub const ADDRESS: &str = "127.0.0.1:25222";
/// The domain whose accounts are PBX servers, made at their first login.
pub const TELEPHONY: &str = "pbx.example";
/// The accounts of the other domain: ordinary users.
const USERS: usize = 501;

/// Starts it on this data folder.
pub fn start(program: &Path, data: &Path) -> Result<Process> {
    fs::create_dir_all(data)?;
    let secret = data.join("secret");
    fs::write(&secret, PASSWORD)?;
    fs::set_permissions(&secret, fs::Permissions::from_mode(0o600))?;
    let config = data.join("lampfield.toml");
    fs::write(&config, configuration(data))?;
    let mut command = Command::new(program);
    command.arg("serve").arg("--config").arg(config);
    Process::start(&mut command, ADDRESS.parse()?, "lampfield")
}

/// The certificate that it makes for the domain; the peers get the same one, so that all do the
/// same arithmetic.
pub struct Certificate {
    chain: Vec<u8>,
    key: Vec<u8>,
}

impl Certificate {
    /// Lets Lampfield make it.
    pub fn make(program: &Path, data: &Path) -> Result<Self> {
        drop(start(program, data)?);
        let read = |suffix: &str| fs::read(data.join(format!("tls/{DOMAIN}.{suffix}")));
        let certificate = Self { chain: read("pem")?, key: read("key")? };
        fs::remove_dir_all(data)?;
        Ok(certificate)
    }

    /// Puts it into a peer's folder.
    pub fn write(&self, folder: &Path) -> Result<()> {
        fs::write(folder.join("certificate.pem"), &self.chain)?;
        Ok(fs::write(folder.join("key.pem"), &self.key)?)
    }
}

fn configuration(data: &Path) -> String {
    let users = (1..=USERS).map(|user| {
        format!(
            "[[domain.account]]\nname = \"bench-{user}\"\npassword_file = \"secret\"\n\
             role = \"user\"\n"
        )
    });
    format!(
        "data_dir = \"{data}\"\n\
         [xmpp]\nlisten = [\"{ADDRESS}\"]\ntls = \"optional\"\nclear_text_auth = true\n\
         [limits]\nfacts = 2000000\nfacts_per_server = 1000000\n\
         [log]\nlevel = \"warn\"\n\
         [[domain]]\nname = \"{TELEPHONY}\"\nregistration = \"first-login\"\n\
         join_secret_file = \"secret\"\n\
         [[domain]]\nname = \"{DOMAIN}\"\n{users}",
        data = data.display(),
        users = users.collect::<String>(),
    )
}
