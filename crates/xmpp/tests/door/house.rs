//! A door over an empty store, on a thread of its own, gone after the test.

use std::collections::HashMap;
use std::rc::Rc;
use std::time::Duration;

use lampfield_accounts::{
    AccountBook, AccountKeys, AccountSource, BookLimits, NewAccount, NewPassword, Role,
};
use lampfield_board::BoardName;
use lampfield_fabric::{Embedded, Store};
use lampfield_hub::Boards;
use lampfield_hub::kit::DoorBoards;
use lampfield_xmpp::services::Service;
use lampfield_xmpp::settings::{
    ClearTextAuth, DomainSettings, Registration, Settings, TURN, TlsPolicy, XmppLimits,
};
use lampfield_xmpp::{Door, Listeners};
use lampfield_xmpp_stream::BareJid;

/// The password of every account in these tests.
pub const PASSWORD: &str = "secret";

/// An open door, and where it listens.
pub struct House {
    pub door: Rc<Door>,
    pub address: std::net::SocketAddr,
    pub accounts: Rc<AccountBook>,
    pub store: Store,
    pub boards: Boards,
}

/// Runs `test` beside an open door, for at most half a minute.
pub fn house(test: impl AsyncFnOnce(House)) {
    house_with(Vec::new(), test);
}

/// The same with services that are asked before the standard ones.
pub fn house_with(first: Vec<Rc<dyn Service>>, test: impl AsyncFnOnce(House)) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let tasks = tokio::task::LocalSet::new();
    tasks.block_on(&runtime, async {
        let folder = tempfile::tempdir().unwrap();
        let (store, _) =
            Embedded::open(folder.path(), lampfield_fabric::StoreLimits::default()).unwrap();
        let (door, listeners, boards) = open(first, store, folder.path()).await;
        let address = listeners.addresses().unwrap()[0];
        listeners.serve(&door);
        let (accounts, store) =
            (Rc::clone(&door.context.accounts), door.context.ledger.store().clone());
        let house = House { door, address, accounts, store, boards };
        tokio::time::timeout(Duration::from_secs(30), test(house)).await.unwrap();
    });
}

async fn open(
    first: Vec<Rc<dyn Service>>,
    store: Store,
    folder: &std::path::Path,
) -> (Rc<Door>, Listeners, Boards) {
    let hub = lampfield_hub::Settings::default();
    let boards = Boards::open(store.clone(), hub, [], |_| None).await.unwrap();
    boards.set_homes(|account| BoardName::parse(account.as_str().rsplit_once('@')?.1).ok());
    boards.run();
    let keys = AccountKeys::load(folder).unwrap();
    let limits = BookLimits::default();
    let accounts = AccountBook::open(store.clone(), keys, HashMap::new(), limits).await.unwrap();
    for (name, role) in [("a", Role::Pbx), ("b", Role::Pbx), ("c", Role::Pbx), ("user", Role::User)]
    {
        let jid = BareJid::parse(&format!("{name}@example.org")).unwrap();
        let password = NewPassword::Given(PASSWORD.to_owned());
        let new = NewAccount::usual(jid, password, role, AccountSource::Cli);
        accounts.add(new).await.unwrap();
    }
    let settings = Settings {
        domains: vec![DomainSettings {
            name: "example.org".to_owned(),
            board: BoardName::parse("example.org").unwrap(),
            registration: Registration::Closed,
            show_caps: false,
        }],
        listen: vec!["127.0.0.1:0".parse().unwrap()],
        listen_tls: vec![],
        tls: TlsPolicy::Off,
        certificates: None,
        certificate_hash: None,
        clear_text_auth: ClearTextAuth::Allowed,
        turn: TURN,
        limits: XmppLimits::default(),
    };
    let door =
        Door::open_with(first, settings, accounts, DoorBoards::of(&boards), store).await.unwrap();
    let listeners = Listeners::bind(&door.context.settings).unwrap();
    (door, listeners, boards)
}
