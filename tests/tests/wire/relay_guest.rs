//! A relay is a guest on the PBX's machine, with what it is left there, and with the PBX's password.

use std::fs::{self, File};
use std::io::{Read, Seek, SeekFrom};
use std::net::SocketAddrV4;
use std::os::unix::fs::MetadataExt;
use std::time::Duration;

use lampfield_tests::afar::{Relay, Trust};
use lampfield_tests::eventually::{SOON, eventually};
use lampfield_tests::other_user::OtherUser;
use lampfield_tests::process::Process;
use lampfield_tests::server::{Config, DOMAIN, PORT, Server, binary};
use lampfield_tests::stanzas::publish;
use lampfield_tests::xmpp::{Client, SASL};
use tokio::net::TcpStream;
use tokio::time::sleep;

const EID: &str = "02:00:00:00:00:01";
/// `\0server1\0secret-of-server1`, as a PBX sends it.
const LOGIN: &[u8] = b"AHNlcnZlcjEAc2VjcmV0LW9mLXNlcnZlcjE=";

/// Lines of one kind that a relay writes in a minute.
const MOST_LINES: usize = 10;

async fn house(program: Vec<String>) -> (Server, Relay) {
    let server = Server::start(&Config::plain().servers().with_optional_tls()).await;
    let listen = SocketAddrV4::new(*server.address().ip(), PORT + 1);
    let trust = Trust::Fingerprint(server.fingerprint());
    let relay = Relay::start_by(program, listen, &[server.address()], trust).await;
    (server, relay)
}

async fn pbx(relay: &Relay) -> Client {
    let jid = format!("server1@{DOMAIN}/asterisk");
    Client::login(relay.address(), &jid, &Config::password("server1")).await
}

/// How often this is in the memory that a process can read.
fn count(process: &Process, words: &[u8]) -> usize {
    let folder = format!("/proc/{}", process.pid());
    let mut memory = File::open(format!("{folder}/mem")).expect("root may read it");
    let maps = fs::read_to_string(format!("{folder}/maps")).expect("it runs");
    let mut found = 0;
    for line in maps.lines().filter(|line| line.contains(" r") && !line.contains("[v")) {
        let (start, rest) = line.split_once('-').expect("proc(5)");
        let end = rest.split(' ').next().expect("proc(5)");
        let [start, end] = [start, end].map(|text| u64::from_str_radix(text, 16).expect("proc(5)"));
        let mut bytes = Vec::new();
        memory.seek(SeekFrom::Start(start)).expect("an address");
        if (&mut memory).take(end - start).read_to_end(&mut bytes).is_ok() {
            found += bytes.windows(words.len()).filter(|window| *window == words).count();
        }
    }
    found
}

#[tokio::test]
async fn the_login_of_a_pbx_that_has_gone_is_in_its_memory_no_more() {
    let (mut server, relay) = house(vec![binary()]).await;
    let mut client = pbx(&relay).await;
    assert!(count(relay.process(), LOGIN) > 0, "it must be able to log in again");
    // It does, and all at once.
    server.kill();
    server.run().await;
    client.send(&publish("p", EID, "PJSIP/1", "INUSE")).await;
    client.until(|stanza| stanza.attr("id") == Some("p")).await;
    eventually(SOON, || async {
        let is_back = relay.log().matches("line-up").count() > 1;
        if is_back { Ok(()) } else { Err(relay.log()) }
    })
    .await;
    drop(client);
    relay.logs("code=\"pbx-gone\"").await;
    let there = || count(relay.process(), LOGIN);
    eventually(SOON, || async { if there() == 0 { Ok(()) } else { Err(format!("{}", there())) } })
        .await;
}

/// It comes in two pieces, so that what is kept of it has to grow, and its end tag never comes.
#[tokio::test]
async fn nor_is_a_login_that_never_ended() {
    let (_server, relay) = house(vec![binary()]).await;
    let mut client = Client::connect(relay.address(), DOMAIN).await;
    client.open().await;
    let login = String::from_utf8_lossy(LOGIN);
    client.send(&format!("<auth xmlns='{SASL}' mechanism='PLAIN'>{login}")).await;
    let kept = || count(relay.process(), LOGIN);
    until("it is read", || kept() > 0).await;
    client.send(&" ".repeat(4_000)).await;
    let folder = format!("/proc/{}/fd", relay.process().pid());
    let sockets = || fs::read_dir(&folder).expect("it runs").count();
    let before = sockets();
    drop(client);
    until("its socket is closed", || sockets() < before).await;
    assert_eq!(kept(), 0);
}

async fn until(what: &str, is_so: impl Fn() -> bool) {
    eventually(SOON, || async { if is_so() { Ok(()) } else { Err(format!("not yet: {what}")) } })
        .await;
}

/// What a process may not leave in a core belongs to root in proc(5).
#[tokio::test]
async fn no_core_of_it_has_the_login() {
    let user = OtherUser::new(64_003);
    let (_server, relay) = house(user.program("lampfield")).await;
    let owner = fs::metadata(format!("/proc/{}/environ", relay.process().pid())).unwrap().uid();
    assert_eq!(owner, 0);
}

#[tokio::test]
async fn it_uses_as_many_descriptors_as_it_may() {
    let program = ["prlimit", "--nofile=256:2048", &binary()].map(str::to_owned);
    let (_server, relay) = house(program.into()).await;
    let limits = fs::read_to_string(format!("/proc/{}/limits", relay.process().pid())).unwrap();
    let line = limits.lines().find(|line| line.starts_with("Max open files")).unwrap();
    let words: Vec<_> = line.split_whitespace().collect();
    assert_eq!(words[3..5], ["2048", "2048"]);
}

#[tokio::test]
async fn without_a_free_descriptor_nobody_is_taken_for_dead() {
    let program = ["prlimit", "--nofile=24:24", &binary()].map(str::to_owned);
    let (_server, relay) = house(program.into()).await;
    let mut client = pbx(&relay).await;
    client.send(&publish("p", EID, "PJSIP/1", "INUSE")).await;
    client.until(|stanza| stanza.attr("id") == Some("p")).await;
    let mut others = Vec::new();
    for _ in 0..30 {
        others.push(TcpStream::connect(relay.address()).await.unwrap());
    }
    relay.logs("code=\"accept\"").await;
    sleep(Duration::from_secs(2)).await;
    let told = relay.log().matches("code=\"accept\"").count();
    assert!(told <= MOST_LINES, "{told} lines");
    drop(client);
    relay.logs("code=\"pbx-gone\"").await;
    assert!(!relay.log().contains("process_ended=true"), "{}", relay.log());
}

#[tokio::test]
async fn it_runs_also_where_nobody_reads_what_it_says() {
    let server = Server::start(&Config::plain().servers().with_optional_tls()).await;
    let listen = SocketAddrV4::new(*server.address().ip(), PORT + 1);
    let mut relay = Process::start(&binary(), |command| {
        command.args(["relay", "--listen", &listen.to_string()]);
        command.args(["--to", &server.address().to_string()]);
        command.args(["--fingerprint", &server.fingerprint()]);
        command.stderr(File::options().write(true).open("/dev/full").unwrap());
    });
    eventually(SOON, || async {
        TcpStream::connect(listen).await.map(drop).map_err(|error| error.to_string())
    })
    .await;
    let ended = relay.terminate(SOON).await;
    assert_eq!(ended.and_then(|status| status.code()), Some(0));
}

/// Whoever the kernel says is behind it is looked for only once the server has let a PBX in. Told by
/// what it reads, not by time: a look goes through all sockets and processes of the machine.
#[tokio::test]
async fn who_only_connects_costs_next_to_nothing() {
    let (_server, relay) = house(vec![binary()]).await;
    pbx(&relay).await;
    let reads = || {
        let io = fs::read_to_string(format!("/proc/{}/io", relay.process().pid())).unwrap();
        let count = io.lines().find_map(|line| line.strip_prefix("syscr: ")).unwrap();
        count.parse::<u64>().unwrap()
    };
    let (before, asked) = (reads(), 200);
    for _ in 0..asked {
        drop(TcpStream::connect(relay.address()).await.unwrap());
    }
    // It is let in after them.
    pbx(&relay).await;
    let for_each = (reads() - before) / asked;
    assert!(for_each < 50, "{for_each} reads for each");
}

#[tokio::test]
async fn what_goes_wrong_again_and_again_does_not_fill_its_log() {
    let (mut server, relay) = house(vec![binary()]).await;
    let refused = async || {
        let mut client = Client::connect(relay.address(), DOMAIN).await;
        client.send("<nonsense/>").await;
        client.ending().await;
    };
    for _ in 0..2 * MOST_LINES {
        refused().await;
    }
    server.kill();
    let mut waiting = Vec::new();
    for _ in 0..2 * MOST_LINES {
        let mut client = Client::connect(relay.address(), DOMAIN).await;
        client.send_header().await;
        waiting.push(client);
    }
    sleep(Duration::from_secs(2)).await;
    for code in ["pbx-refused", "line-lost"] {
        let told = relay.log().matches(&format!("code=\"{code}\"")).count();
        assert_eq!(told, MOST_LINES, "{code}");
    }
}
