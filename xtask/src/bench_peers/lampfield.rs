//! Lampfield as it is measured: its defaults, clear-text logins beside STARTTLS so that both
//! transports reach one server, room for a million facts, and long leases: the facts of a load
//! generator that has ended are there at the next start.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use anyhow::Result;

use super::process::Process;
use super::{DOMAIN, PASSWORD};

/// The address and the port on which it listens.
pub const ADDRESS: &str = "127.0.0.1:25222";
/// Where the limit listens.
pub const LIMIT: &str = "127.0.0.1:25522";
/// The domain whose accounts are PBX servers, made at their first login.
pub const TELEPHONY: &str = "pbx.example";
/// The accounts of the other domain: ordinary users.
const USERS: usize = 501;

/// What it says when it serves.
const READY: &str = "lampfield ready";

/// Which cores a program may use.
#[derive(Debug, Clone, Copy)]
pub enum Cores {
    /// All that there are.
    All,
    /// The first core: that of the server.
    First,
    /// The last core: that of the load generator.
    Last,
}

impl Cores {
    /// The command that runs the program on them.
    pub fn command(self, program: &Path) -> Command {
        let last = std::thread::available_parallelism().map_or(0, |count| count.get() - 1);
        let core = match self {
            Self::All => return Command::new(program),
            Self::First => 0,
            Self::Last => last,
        };
        let mut command = Command::new("taskset");
        command.arg("--cpu-list").arg(core.to_string()).arg(program);
        command
    }
}

/// Starts it on this data folder.
pub fn start(program: &Path, data: &Path, cores: Cores) -> Result<Process> {
    fs::create_dir_all(data)?;
    let secret = data.join("secret");
    fs::write(&secret, PASSWORD)?;
    fs::set_permissions(&secret, fs::Permissions::from_mode(0o600))?;
    let config = data.join("lampfield.toml");
    fs::write(&config, configuration(data))?;
    let mut command = cores.command(program);
    command.arg("serve").arg("--config").arg(config);
    Process::until_said(&mut command, READY, &data.join("said"))
}

/// Starts the TCP server that only hands on bytes.
pub fn start_limit(program: &Path, cores: Cores) -> Result<Process> {
    let mut command = cores.command(program);
    command.args(["bench", "raw", "--listen", LIMIT]);
    Process::start(&mut command, LIMIT.parse()?, "lampfield")
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
        drop(start(program, data, Cores::All)?);
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
         [limits]\nfacts = 2000000\nfacts_per_origin = 1000000\n\
         [lease]\ngrace = \"1h\"\nrestart_grace = \"1h\"\n\
         [log]\nlevel = \"warn\"\n\
         [[domain]]\nname = \"{TELEPHONY}\"\nregistration = \"first-login\"\n\
         join_secret_file = \"secret\"\n\
         [[domain]]\nname = \"{DOMAIN}\"\n{users}",
        data = data.display(),
        users = users.collect::<String>(),
    )
}
