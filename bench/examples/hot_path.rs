//! The hot path under an instruction counter: a door, a publisher and its subscribers in one
//! thread. `cargo xtask instructions` runs it in valgrind and counts what happens inside
//! [`measured`], once with one subscriber and once with many; it prints nothing.
//!
//! ```text
//! cargo run -p lampfield-bench --release --example hot_path -- 100
//! ```

use std::collections::HashMap;
use std::error::Error;
use std::rc::Rc;

use lampfield_accounts::{
    AccountBook, AccountKeys, AccountSource, BookLimits, NewAccount, NewPassword, Role,
};
use lampfield_board::BoardName;
use lampfield_fabric::Embedded;
use lampfield_hub::Boards;
use lampfield_hub::kit::DoorBoards;
use lampfield_xmpp::settings::{
    ClearTextAuth, DomainSettings, Registration, Settings, TURN, TlsPolicy, XmppLimits,
};
use lampfield_xmpp::{Door, Listeners};
use lampfield_xmpp_stream::{BareJid, sasl};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::runtime::Runtime;
use tokio::task::LocalSet;

type Outcome<T> = Result<T, Box<dyn Error>>;

const DOMAIN: &str = "example.org";
const PASSWORD: &str = "secret";
/// Fewer than would fill a socket that nobody reads.
const PUBLISHES: usize = 200;
/// Subscribers that share an account: as many as it may have resources, so that few passwords
/// are hashed.
const SHARED: usize = 10;

fn main() -> Outcome<()> {
    let subscribers: usize = std::env::args().nth(1).unwrap_or_default().parse()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let tasks = LocalSet::new();
    let folder = tempfile::tempdir()?;
    let (mut publisher, hearers) = tasks.block_on(&runtime, async {
        let (door, listeners) = open(folder.path(), subscribers.div_ceil(SHARED)).await?;
        let address = listeners.addresses()?.first().copied().ok_or("no address")?;
        listeners.serve(&door);
        let publisher = login(address, "pbx-0", "bench").await?;
        let mut hearers = Vec::new();
        for hearer in 0..subscribers {
            let name = format!("pbx-{}", 1 + hearer / SHARED);
            let mut client = login(address, &name, &format!("r{hearer}")).await?;
            let subscribe = format!("<subscribe jid='{name}@{DOMAIN}' node='device_state'/>");
            ask(&mut client, &subscribe).await?;
            // Out of the runtime, which would count what comes to them.
            hearers.push(client.into_std()?);
        }
        Outcome::Ok((publisher, hearers))
    })?;
    // What happens only once is not counted.
    warm_up(&runtime, &tasks, &mut publisher)?;
    measured(&runtime, &tasks, &mut publisher)?;
    // Their sockets stay open until here.
    drop(hearers);
    Ok(())
}

#[inline(never)]
fn warm_up(runtime: &Runtime, tasks: &LocalSet, publisher: &mut TcpStream) -> Outcome<()> {
    tasks.block_on(runtime, publish(publisher))
}

/// What valgrind counts: the same publishes once more, when all is warm.
#[inline(never)]
fn measured(runtime: &Runtime, tasks: &LocalSet, publisher: &mut TcpStream) -> Outcome<()> {
    std::hint::black_box(tasks.block_on(runtime, publish(publisher)))
}

/// One publish after the other, each when the one before is answered.
async fn publish(publisher: &mut TcpStream) -> Outcome<()> {
    for number in 0..PUBLISHES {
        let state = if number / 100 % 2 == 0 { "INUSE" } else { "NOT_INUSE" };
        let publish = format!(
            "<publish node='device_state'><item id='PJSIP/{}'><state xmlns='http://asterisk.org' \
             eid='02:00:00:00:00:01' cachable='1'>{state}</state></item></publish>",
            number % 100
        );
        ask(publisher, &publish).await?;
    }
    Ok(())
}

/// Sends a request and waits for its answer.
async fn ask(client: &mut TcpStream, payload: &str) -> Outcome<()> {
    let request = format!(
        "<iq to='pubsub.{DOMAIN}' type='set' id='q'>\
         <pubsub xmlns='http://jabber.org/protocol/pubsub'>{payload}</pubsub></iq>"
    );
    client.write_all(request.as_bytes()).await?;
    expect(client, &["</iq>", "/>"]).await
}

/// Reads until what came ends with one of these: everything comes in one piece here.
async fn expect(client: &mut TcpStream, ends: &[&str]) -> Outcome<()> {
    let (mut heard, mut piece) = (Vec::new(), [0; 4096]);
    while !ends.iter().any(|end| heard.ends_with(end.as_bytes())) {
        let count = client.read(&mut piece).await?;
        if count == 0 {
            return Err("the server has closed".into());
        }
        heard.extend_from_slice(piece.get(..count).unwrap_or_default());
    }
    Ok(())
}

async fn login(address: std::net::SocketAddr, name: &str, resource: &str) -> Outcome<TcpStream> {
    let mut client = TcpStream::connect(address).await?;
    let header = format!(
        "<stream:stream xmlns:stream='http://etherx.jabber.org/streams' xmlns='jabber:client' \
         to='{DOMAIN}' version='1.0'>"
    );
    client.write_all(header.as_bytes()).await?;
    expect(&mut client, &["</stream:features>"]).await?;
    let response = sasl::encode(&sasl::plain_response(name, PASSWORD));
    let auth = "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>";
    client.write_all(format!("{auth}{response}</auth>").as_bytes()).await?;
    expect(&mut client, &["/>", "</success>"]).await?;
    client.write_all(header.as_bytes()).await?;
    expect(&mut client, &["</stream:features>"]).await?;
    let bind = format!(
        "<iq type='set' id='b'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'>\
         <resource>{resource}</resource></bind></iq>"
    );
    client.write_all(bind.as_bytes()).await?;
    expect(&mut client, &["</iq>"]).await?;
    Ok(client)
}

/// An open door with so many accounts and one for the publisher.
async fn open(folder: &std::path::Path, accounts: usize) -> Outcome<(Rc<Door>, Listeners)> {
    let (store, _) = Embedded::open(folder, lampfield_fabric::StoreLimits::default())?;
    let settings = lampfield_hub::Settings::default();
    let boards = Boards::open(store.clone(), settings, [], |_| None).await?;
    boards.run();
    let keys = AccountKeys::load(folder)?;
    let limits = BookLimits::default();
    let book = AccountBook::open(store.clone(), keys, HashMap::new(), limits).await?;
    for account in 0..=accounts {
        let jid = BareJid::parse(&format!("pbx-{account}@{DOMAIN}"))?;
        let password = NewPassword::Given(PASSWORD.to_owned());
        book.add(NewAccount::usual(jid, password, Role::Pbx, AccountSource::Cli)).await?;
    }
    let settings = Settings {
        domains: vec![DomainSettings {
            name: DOMAIN.to_owned(),
            board: BoardName::parse(DOMAIN)?,
            registration: Registration::Closed,
            show_caps: false,
        }],
        listen: vec!["127.0.0.1:0".parse()?],
        listen_tls: vec![],
        tls: TlsPolicy::Off,
        certificates: None,
        certificate_hash: None,
        clear_text_auth: ClearTextAuth::Allowed,
        // In valgrind all takes fifty times as long.
        turn: 50 * TURN,
        limits: XmppLimits::default(),
    };
    let door = Door::open(settings, book, DoorBoards::of(&boards), store).await?;
    let listeners = Listeners::bind(&door.context.settings).map_err(|(_, error)| error)?;
    Ok((door, listeners))
}
