//! What a relay that is a user of its own knows of the PBXs' processes: not who holds which socket.
//! The grace is too long for a test to wait for: what goes out goes out by a goodbye.

use std::fs;
use std::net::SocketAddrV4;
use std::process::Stdio;
use std::time::Duration;

use lampfield_tests::afar::{Relay, Trust};
use lampfield_tests::eventually::{SOON, eventually};
use lampfield_tests::other_user::OtherUser;
use lampfield_tests::process::Process;
use lampfield_tests::server::{Config, DOMAIN, PORT, Server};
use tokio::time::sleep;

const AT_ONCE: Duration = Duration::from_secs(1);
/// Longer than a relay waits for the end of a process.
const LIVES: Duration = Duration::from_secs(7);

struct Scene {
    server: Server,
    relay: Relay,
    asterisks: OtherUser,
    /// For the files of the program that runs the relay.
    _relays: OtherUser,
}

impl Scene {
    async fn new() -> Self {
        let config = Config::plain().servers().lease("40s", "75s").with_optional_tls();
        let server = Server::start(&config).await;
        let listen = SocketAddrV4::new(*server.address().ip(), PORT + 1);
        let trust = Trust::Fingerprint(server.fingerprint());
        // Nobody else's processes belong to them.
        let [_, net @ .., _] = server.address().ip().octets();
        let user = 100_000 + u32::from(u16::from_be_bytes(net));
        let (asterisks, relays) = (OtherUser::new(user), OtherUser::new(user + 100_000));
        let program = relays.program("lampfield-relay-of-a-user");
        let relay = Relay::start_by(program, listen, &[server.address()], trust).await;
        Self { server, relay, asterisks, _relays: relays }
    }

    /// A program named `asterisk` with the phones `PJSIP/<number>00` and one more, connected.
    async fn asterisk(&self, number: u8, more: &[&str]) -> Process {
        let account = format!("server{number}");
        let secret = self.asterisks.file(&account, &Config::password(&account));
        let devices = format!("{number}00-{number}01");
        let asterisk = self.start(|command| {
            command.args(["fake-pbx", &account, "--to", &self.relay.address().to_string()]);
            command.args(["--domain", DOMAIN, "--no-tls", "--password-file"]).arg(secret);
            command.args(["--devices", &devices, "--calls-per-minute", "1"]).args(more);
        });
        eventually(SOON, || async {
            match self.is_lit(number) {
                true => Ok(()),
                false => Err(format!("{account} says nothing: {}", self.relay.log())),
            }
        })
        .await;
        asterisk
    }

    fn start(&self, prepare: impl FnOnce(&mut std::process::Command)) -> Process {
        let program = self.asterisks.program("asterisk");
        let (program, arguments) = program.split_first().expect("a program");
        Process::start(program, |command| {
            command.args(arguments).stdout(Stdio::null()).stderr(Stdio::null());
            prepare(command);
        })
    }

    /// Another one of that name, which reaches no server.
    fn idle(&self) -> Process {
        let secret = self.asterisks.file("idle", "none");
        self.start(|command| {
            command.args([
                "fake-pbx",
                "idle",
                "--to",
                "127.0.0.1:1",
                "--domain",
                DOMAIN,
                "--no-tls",
            ]);
            command.arg("--password-file").arg(secret);
        })
    }

    /// One of that name whom nobody has waited for.
    async fn zombie(&self) -> Process {
        let zombie = self.start(|command| {
            command.arg("--version");
        });
        let stat = format!("/proc/{}/stat", zombie.pid());
        eventually(SOON, || async {
            let stat = fs::read_to_string(&stat).map_err(|error| error.to_string())?;
            if stat.contains("(asterisk) Z") { Ok(()) } else { Err(stat) }
        })
        .await;
        zombie
    }

    /// Whether anybody says anything of this one's first phone.
    fn is_lit(&self, number: u8) -> bool {
        !self.server.why(&format!("PJSIP/{number}00")).facts().is_empty()
    }

    async fn goes_out(&self, number: u8) {
        eventually(AT_ONCE, || async {
            if self.is_lit(number) { Err(self.relay.log()) } else { Ok(()) }
        })
        .await;
    }
}

#[tokio::test]
async fn of_two_asterisks_of_one_user_the_killed_one_is_gone_at_once() {
    let scene = Scene::new().await;
    let _zombie = scene.zombie().await;
    let mut first = scene.asterisk(1, &[]).await;
    let mut second = scene.asterisk(2, &[]).await;
    second.kill();
    scene.goes_out(2).await;
    assert!(scene.is_lit(1));
    first.kill();
    scene.goes_out(1).await;
}

#[tokio::test]
async fn who_closes_its_stream_and_lives_is_not_gone_because_another_one_ended() {
    let scene = Scene::new().await;
    let mut first = scene.asterisk(1, &[]).await;
    let closes = ["--crash", "4s", "--return-after", "60s"];
    let mut second = scene.asterisk(2, &closes).await;
    first.kill();
    scene.goes_out(1).await;
    scene.relay.logs("process_ended=true").await;
    eventually(SOON + LIVES, || async {
        let log = scene.relay.log();
        if log.contains("process_ended=false") { Ok(()) } else { Err(log) }
    })
    .await;
    assert!(scene.is_lit(2), "{}", scene.relay.log());
    assert_eq!(second.ended(), None);
}

/// Of neither stream it is known whose it is.
#[tokio::test]
async fn who_has_just_closed_its_stream_is_not_gone_because_another_one_ends() {
    let scene = Scene::new().await;
    let _idle = scene.idle();
    let mut first = scene.asterisk(1, &[]).await;
    let closes = ["--crash", "4s", "--return-after", "60s"];
    let mut second = scene.asterisk(2, &closes).await;
    let has_closed = || async { if sockets(&second) == 0 { Ok(()) } else { Err(String::new()) } };
    eventually(SOON, has_closed).await;
    sleep(AT_ONCE).await;
    first.kill();
    scene.goes_out(1).await;
    sleep(LIVES).await;
    assert!(scene.is_lit(2), "{}", scene.relay.log());
    scene.relay.logs("process_ended=false").await;
    assert_eq!(second.ended(), None);
}

/// How many TCP connections it has.
fn sockets(process: &Process) -> usize {
    let descriptors = fs::read_dir(format!("/proc/{}/fd", process.pid())).expect("root may look");
    let links = descriptors.filter_map(|one| fs::read_link(one.ok()?.path()).ok());
    let inodes: Vec<_> = links
        .filter_map(|link| {
            Some(link.to_str()?.strip_prefix("socket:[")?.trim_end_matches(']').to_owned())
        })
        .collect();
    let table = fs::read_to_string("/proc/net/tcp").expect("proc(5)");
    table
        .lines()
        .filter(|line| {
            line.split_whitespace()
                .nth(9)
                .is_some_and(|inode| inodes.iter().any(|one| one == inode))
        })
        .count()
}
