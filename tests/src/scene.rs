//! The usual scene: a server and some Asterisk around it, each on a link of its own, all connected
//! before the test begins.

use crate::asterisk::{Asterisk, Setup, XmppConf};
use crate::server::{Config, DOMAIN, Server};
use crate::xmpp::Client;

/// The `xmpp.conf` of account `server<number>` on a link of its own, plain, without a buddy line.
pub fn xmpp_conf(server: &mut Server, number: u8) -> XmppConf {
    let user = format!("server{number}");
    XmppConf {
        server: server.link(),
        domain: DOMAIN.to_owned(),
        secret: Config::password(&user),
        user,
        tls: false,
        sasl: true,
        general: Vec::new(),
        client: Vec::new(),
    }
}

/// Asterisk 22 as `server<number>`, connected.
pub async fn asterisk(server: &mut Server, number: u8) -> Asterisk {
    connected(Setup::new(number, xmpp_conf(server, number))).await
}

/// An Asterisk of this setup, connected.
pub async fn connected(setup: Setup) -> Asterisk {
    let asterisk = Asterisk::start(setup).await;
    asterisk.connected().await;
    asterisk
}

/// The server and two Asterisk 22.
pub async fn pair(config: &Config) -> (Server, Asterisk, Asterisk) {
    let mut server = Server::start(config).await;
    let a = asterisk(&mut server, 1).await;
    let b = asterisk(&mut server, 2).await;
    (server, a, b)
}

/// A raw client logged in as a declared account.
pub async fn client(server: &Server, user: &str) -> Client {
    let jid = format!("{user}@{DOMAIN}/test");
    Client::login(server.address(), &jid, &Config::password(user)).await
}
