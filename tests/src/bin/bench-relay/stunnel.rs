//! stunnel in the relay's place. It wraps bytes in TLS and knows nothing of them: what it costs is what
//! any program in the way costs on this machine.

use std::net::SocketAddrV4;
use std::process::Stdio;
use std::time::Duration;

use lampfield_tests::eventually::{SOON, eventually};
use lampfield_tests::process::Process;
use tempfile::TempDir;
use tokio::net::TcpStream;

/// A running stunnel, killed when dropped.
pub struct Stunnel {
    process: Process,
    _folder: TempDir,
}

impl Stunnel {
    /// Starts one that is found at this address, to a port that begins with TLS.
    pub async fn start(listen: SocketAddrV4, to: SocketAddrV4) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("stunnel.conf");
        let config = format!(
            "foreground = yes\npid =\ndebug = err\n\
             socket = l:TCP_NODELAY=1\nsocket = r:TCP_NODELAY=1\n\
             [lamps]\nclient = yes\naccept = {listen}\nconnect = {to}\n"
        );
        std::fs::write(&file, config).expect("a file");
        let process = Process::start("stunnel", |command| {
            command.arg(&file).stdout(Stdio::null()).stderr(Stdio::null());
        });
        eventually(SOON, || async {
            TcpStream::connect(listen).await.map(drop).map_err(|error| error.to_string())
        })
        .await;
        Self { process, _folder: folder }
    }

    /// The processor time that it has used so far.
    pub fn processor_time(&self) -> Duration {
        self.process.processor_time()
    }
}
