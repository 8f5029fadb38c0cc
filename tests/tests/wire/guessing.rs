//! Whoever guesses passwords gets few answers, and does not keep the owner of the account out.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use lampfield_tests::scene;
use lampfield_tests::server::{Config, DOMAIN, Server};
use lampfield_tests::xmpp::{Client, Element, SASL};
use tokio::time::{Instant, sleep, timeout};

/// Longer than the server lets any try wait for its answer.
const PATIENCE: Duration = Duration::from_secs(30);

/// An `<auth/>` instead of a response ends the exchange before it as a failed one.
#[tokio::test]
async fn an_exchange_begun_anew_is_a_failed_try() {
    let server = Server::start(&Config::plain().servers()).await;
    let mut client = opened(&server).await;
    for number in 0..5 {
        client.send(&proof_begins(number)).await;
    }
    client.send(&proof_begins(5)).await;
    let (condition, _) = client.ending().await;
    assert_eq!(condition.as_deref(), Some("policy-violation"), "it counts nothing");
}

/// Also where nothing was asked yet but to go on.
#[tokio::test]
async fn an_empty_beginning_is_a_try_too() {
    let server = Server::start(&Config::plain().servers()).await;
    let mut client = opened(&server).await;
    for _ in 0..6 {
        client.send(&format!("<auth xmlns='{SASL}' mechanism='PLAIN'/>")).await;
    }
    let (condition, _) = client.ending().await;
    assert_eq!(condition.as_deref(), Some("policy-violation"), "it counts nothing");
}

/// Ten connections that try one password after the other as fast as they can, from the owner's own
/// address: his second try gets through.
#[tokio::test]
async fn the_owner_gets_in_whoever_guesses_at_his_address() {
    let server = Server::start(&Config::plain().servers()).await;
    let address = server.address();
    let guessers: Vec<_> = (0..10)
        .map(|number| {
            tokio::spawn(async move {
                for count in 0.. {
                    let mut client = Client::connect(address, DOMAIN).await;
                    client.open().await;
                    let _ = try_once(&mut client, &format!("guess-{number}-{count}")).await;
                }
            })
        })
        .collect();
    sleep(Duration::from_secs(2)).await;
    let began = Instant::now();
    let password = Config::password("server1");
    let mut tries = 0;
    loop {
        tries += 1;
        let mut owner = opened(&server).await;
        owner.send(&plain(&password)).await;
        match owner.next_within(PATIENCE).await {
            Ok(answer) if answer.element.name == "success" => break,
            Ok(_) => {}
            Err(end) => panic!("{end:?} instead of an answer, try {tries}:\n{}", server.log()),
        }
        assert!(began.elapsed() < Duration::from_secs(40), "locked out after {tries} tries");
        sleep(Duration::from_secs(2)).await;
    }
    assert!(began.elapsed() < Duration::from_secs(30), "it took {:?}", began.elapsed());
    guessers.iter().for_each(tokio::task::JoinHandle::abort);
}

/// One wrong password costs one look, however often it is repeated: the right one goes through.
#[tokio::test]
async fn a_wrong_password_that_is_repeated_stands_in_nobodys_way() {
    let server = Server::start(&Config::plain().servers()).await;
    for _ in 0..20 {
        let refused = try_once(&mut opened(&server).await, "wrong").await.unwrap_err();
        assert!(refused.child("not-authorized").is_some(), "{refused}");
    }
    let mut owner = opened(&server).await;
    let password = Config::password("server1");
    let right = timeout(Duration::from_secs(2), try_once(&mut owner, &password)).await;
    right.expect("at once").expect("the right password");
}

/// A try may wait longer than a login may take, and gets its answer all the same.
#[tokio::test]
async fn a_try_that_waits_is_not_cut_off() {
    let config = Config::plain().servers().more("[xmpp.limits]\nlogin_time = \"2s\"\n");
    let server = Server::start(&config).await;
    use_up(&server).await;
    let mut owner = opened(&server).await;
    let began = Instant::now();
    try_once(&mut owner, &Config::password("server1")).await.expect("its turn comes");
    assert!(began.elapsed() > Duration::from_secs(5), "nothing was waited for");
    owner.open().await;
    owner.bind("test").await;
}

/// Who hangs up no longer waits.
#[tokio::test]
async fn a_try_that_waits_ends_with_its_connection() {
    let config = Config::plain().servers().more("[xmpp.limits]\nunauthenticated_per_address = 8\n");
    let server = Server::start(&config).await;
    use_up(&server).await;
    let mut waiting = Vec::new();
    for count in 0..8 {
        let mut client = opened(&server).await;
        client.send(&plain(&format!("more-{count}"))).await;
        waiting.push(client);
    }
    drop(waiting);
    there_is_room_again(&server).await;
}

/// Also if it has sent more than the server keeps.
#[tokio::test]
async fn a_try_with_much_behind_it_ends_with_its_connection() {
    let config = Config::plain().servers().more("[xmpp.limits]\nunauthenticated_per_address = 8\n");
    let server = Server::start(&config).await;
    use_up(&server).await;
    let mut waiting = Vec::new();
    for count in 0..8 {
        let mut client = opened(&server).await;
        client.send(&plain(&format!("more-{count}"))).await;
        let _ = client.try_send(&[b' '; 62_000]).await;
        waiting.push(client);
    }
    drop(waiting);
    there_is_room_again(&server).await;
}

/// Behind a try that waits the server keeps what a client may send at once before it has logged in.
#[tokio::test]
async fn what_comes_behind_a_try_that_waits_is_bounded() {
    let server = Server::start(&Config::plain().servers()).await;
    use_up(&server).await;
    let mut client = opened(&server).await;
    client.send(&plain("one-more")).await;
    client.send(&" ".repeat(16_384)).await;
    let early = client.next_within(Duration::from_secs(1)).await;
    assert!(early.is_err(), "16 KiB may come: {early:?}");
    client.send(" ").await;
    let ended = timeout(Duration::from_secs(2), client.ending()).await;
    let (condition, _) = ended.expect("it does not end at once");
    assert_eq!(condition.as_deref(), Some("policy-violation"));
    // All of it in one piece, try and all.
    let mut client = opened(&server).await;
    client.send(&(plain("one-more") + &" ".repeat(20_000))).await;
    let ended = timeout(Duration::from_secs(2), client.ending()).await;
    let (condition, _) = ended.expect("it does not end at once");
    assert_eq!(condition.as_deref(), Some("policy-violation"));
}

/// A client may say what follows its login before it is in.
#[tokio::test]
async fn what_comes_behind_a_try_that_waits_is_answered() {
    let server = Server::start(&Config::plain().servers()).await;
    use_up(&server).await;
    let mut owner = opened(&server).await;
    let header = format!(
        "<stream:stream xmlns:stream='http://etherx.jabber.org/streams' xmlns='jabber:client' \
         to='{DOMAIN}' version='1.0'>"
    );
    let bind = "<iq type='set' id='b'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>";
    owner.send(&(plain(&Config::password("server1")) + &header + bind)).await;
    let mut said = String::new();
    let answers = async {
        while !said.ends_with("</iq>") {
            said += &String::from_utf8(owner.read_some().await).expect("UTF-8");
        }
    };
    timeout(PATIENCE, answers).await.expect("all is answered");
    assert!(said.contains("<success") && said.contains("<jid>"), "{said}");
}

/// Uses up what is looked at without a wait.
async fn use_up(server: &Server) {
    for count in 0..5 {
        let _ = try_once(&mut opened(server).await, &format!("guess-{count}")).await;
    }
}

/// Nobody who has gone holds up a newcomer, nor a login.
async fn there_is_room_again(server: &Server) {
    lampfield_tests::eventually::eventually(Duration::from_secs(2), || async {
        let mut client = Client::connect(server.address(), DOMAIN).await;
        client.try_send(b" ").await.map_err(|error| error.to_string())?;
        client.send_header().await;
        client.next_within(PATIENCE).await.map(drop).map_err(|end| format!("{end:?}"))
    })
    .await;
    scene::client(server, "server2").await;
}

async fn opened(server: &Server) -> Client {
    let mut client = Client::connect(server.address(), DOMAIN).await;
    client.open().await;
    client
}

/// Tries a password of `server1`; what refused it, if something did.
async fn try_once(client: &mut Client, password: &str) -> Result<(), Element> {
    client.send(&plain(password)).await;
    let answer = client.next_within(PATIENCE).await.expect("an answer").element;
    if answer.name == "success" { Ok(()) } else { Err(answer) }
}

fn plain(password: &str) -> String {
    auth("PLAIN", &BASE64.encode(format!("\0server1\0{password}")))
}

fn proof_begins(number: u32) -> String {
    auth("SCRAM-SHA-1", &BASE64.encode(format!("n,,n=server1,r=abc{number}")))
}

fn auth(mechanism: &str, text: &str) -> String {
    format!("<auth xmlns='{SASL}' mechanism='{mechanism}'>{text}</auth>")
}
