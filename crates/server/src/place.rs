//! Where the configuration and the data folder of this server are. One rule for the server and for
//! the commands that talk to it, so that they always find each other.

use std::env;
use std::fs;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use crate::config::value::FilePath;
use crate::config::{Config, Problems, Source};
use crate::failure::{Exit, Failure};
use crate::retyped::retyped;

/// The control socket in the data folder.
const SOCKET: &str = "control.sock";

/// The largest configuration file that is read, in bytes.
const LARGEST_FILE: u64 = 4 << 20;

/// The configuration in force and where things are.
#[derive(Debug)]
pub struct Place {
    /// The configuration file; none where the defaults are in force.
    pub file: Option<PathBuf>,
    /// What it says, or the defaults.
    pub config: Config,
    /// What should be looked at in it.
    pub warnings: Problems,
    /// The folder for everything that is kept.
    pub data_dir: PathBuf,
    /// What the command line says besides the file; it goes before it.
    told: Told,
}

/// What the command line says besides the file.
#[derive(Debug, Clone, Default)]
struct Told {
    config: Option<PathBuf>,
    data_dir: Option<PathBuf>,
    listen: Vec<SocketAddr>,
}

/// Why there is no place to start from.
#[derive(Debug)]
pub enum PlaceError {
    /// The configuration file is wrong.
    Misconfigured(Problems),
    /// The file cannot be read, or there is no folder to keep anything in.
    Failed(Failure),
}

// === impl Place ===

impl Place {
    /// Finds and reads the configuration. `file` and `data_dir` are what the command line says.
    ///
    /// # Errors
    /// The file cannot be read or is wrong, or there is no folder to keep anything in.
    pub fn find(file: Option<&Path>, data_dir: Option<&Path>) -> Result<Self, PlaceError> {
        let named = file.map(Path::to_owned);
        let file = named.clone().or_else(|| Some(usual_file()?).filter(|f| f.exists()));
        let text = match &file {
            Some(path) => read(path)?,
            None => String::new(),
        };
        let path = file.clone().unwrap_or_default();
        let (config, warnings) = Config::parse(Source { path, text })?;
        let told =
            Told { config: named, data_dir: data_dir.map(Path::to_owned), listen: Vec::new() };
        let given = config.data_dir.as_ref().map(|path| path.as_path());
        let data_dir = match data_dir.or(given) {
            Some(path) => path.to_owned(),
            None => usual_data_dir()?,
        };
        Ok(Self { file, config, warnings, data_dir, told })
    }

    /// Where the running server takes commands, for whoever only asks it. A server goes on with the configuration that it
    /// read when that was right, so mistakes in the file must not keep anybody from asking: they are given back.
    ///
    /// # Errors
    /// As [`Place::find`], if no folder is named on the command line and none can be made out in the file.
    pub fn socket_to_ask(
        file: Option<&Path>,
        data_dir: Option<&Path>,
    ) -> Result<(PathBuf, Option<Problems>), PlaceError> {
        if let Some(folder) = data_dir {
            return Ok((folder.join(SOCKET), None));
        }
        match Self::find(file, None) {
            Ok(place) => Ok((place.socket(), None)),
            Err(PlaceError::Misconfigured(problems)) => {
                match Config::data_dir_of(&problems.source) {
                    Some(Some(folder)) => Ok((folder.join(SOCKET), Some(problems))),
                    Some(None) => Ok((usual_data_dir()?.join(SOCKET), Some(problems))),
                    None => Err(PlaceError::Misconfigured(problems)),
                }
            }
            Err(other) => Err(other),
        }
    }

    /// Reads the configuration file again; what the command line said stays.
    ///
    /// # Errors
    /// As [`Place::find`].
    pub fn again(&self) -> Result<Self, PlaceError> {
        let again = Self::find(self.file.as_deref(), Some(&self.data_dir))?;
        Ok(Self { told: self.told.clone(), ..again.listening(&self.told.listen) })
    }

    /// The same, but listening on other addresses if any are given.
    pub fn listening(mut self, addresses: &[SocketAddr]) -> Self {
        if !addresses.is_empty() {
            self.config.xmpp.listen = addresses.to_vec();
            self.told.listen = addresses.to_vec();
        }
        self
    }

    /// The whole configuration as it takes effect: the file, what the command line says besides, and
    /// what holds when neither says anything.
    pub fn in_force(&self) -> Config {
        Config {
            data_dir: Some(FilePath::from(self.data_dir.clone())),
            ..self.config.with_domains()
        }
    }

    /// The file to write a key into: the one that was read, else the one that will be.
    pub fn file_named(&self) -> String {
        match self.file.clone().or_else(usual_file) {
            Some(file) => file.display().to_string(),
            None => "a file that --config names".to_owned(),
        }
    }

    /// Writes what is in force into the file that will be read; `None` if there is no such file.
    pub fn command_to_write(&self) -> Option<String> {
        let file = usual_file()?;
        let folder = file.parent()?.display().to_string();
        let mut check = "lampfield check --effective".to_owned();
        if let Some(data_dir) = &self.told.data_dir {
            check += &format!(" --data-dir {}", data_dir.display());
        }
        for address in &self.told.listen {
            check += &format!(" --listen {address}");
        }
        Some(format!("mkdir -p {folder} && {check} > {}", file.display()))
    }

    /// What to write or type so that other machines can connect, at the same port.
    pub fn to_let_others_in(&self) -> String {
        let port = self.config.xmpp.listen.first().map_or(5222, SocketAddr::port);
        match self.told.listen.is_empty() {
            true => format!("listen = [\"0.0.0.0:{port}\"] under [xmpp] in {}", self.file_named()),
            false => format!("--listen 0.0.0.0:{port} at the start"),
        }
    }

    /// A text whose commands reach this server when they are typed.
    pub fn retyped(&self, text: &str) -> String {
        retyped(text, self.told.config.as_deref(), self.told.data_dir.as_deref())
    }

    /// Where the running server takes commands.
    pub fn socket(&self) -> PathBuf {
        self.data_dir.join(SOCKET)
    }
}

// === impl PlaceError ===

impl From<Problems> for PlaceError {
    fn from(problems: Problems) -> Self {
        Self::Misconfigured(problems)
    }
}

impl From<Failure> for PlaceError {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

fn read(path: &Path) -> Result<String, Failure> {
    let unreadable = |reason: String| {
        Failure::new(Exit::Usage, "unreadable-file", format!("{}: {reason}", path.display()))
    };
    let failed = |error: io::Error| match error.kind() {
        io::ErrorKind::NotFound => {
            unreadable("there is no such file".to_owned()).line("or", "name another: --config FILE")
        }
        io::ErrorKind::PermissionDenied => unreadable("you may not read this file".to_owned())
            .line("try", "the same command as root or as the user of the server: sudo"),
        io::ErrorKind::InvalidData => unreadable("this is not UTF-8 text".to_owned()),
        _ => unreadable(error.to_string()),
    };
    let size = fs::metadata(path).map_err(failed)?.len();
    if size > LARGEST_FILE {
        return Err(unreadable(format!("it has {size} bytes, too many for a configuration file")));
    }
    fs::read_to_string(path).map_err(failed)
}

/// The file that is read when none is named: the machine's for root, the user's own for a user.
fn usual_file() -> Option<PathBuf> {
    let folder = match is_root() {
        true => PathBuf::from("/etc"),
        false => base("XDG_CONFIG_HOME", ".config")?,
    };
    Some(folder.join("lampfield/lampfield.toml"))
}

fn usual_data_dir() -> Result<PathBuf, Failure> {
    if is_root() {
        return Ok(PathBuf::from("/var/lib/lampfield"));
    }
    // systemd's StateDirectory= comes first: a service user has no home.
    let service = env::var_os("STATE_DIRECTORY").map(PathBuf::from);
    let user = || Some(base("XDG_STATE_HOME", ".local/state")?.join("lampfield"));
    service.or_else(user).ok_or_else(|| {
        Failure::new(Exit::Usage, "no-data-folder", "neither XDG_STATE_HOME nor HOME is set")
            .line("try", "lampfield --data-dir FOLDER")
    })
}

fn base(variable: &str, in_home: &str) -> Option<PathBuf> {
    let set = env::var_os(variable).map(PathBuf::from).filter(|path| path.is_absolute());
    set.or_else(|| Some(PathBuf::from(env::var_os("HOME")?).join(in_home)))
}

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}
