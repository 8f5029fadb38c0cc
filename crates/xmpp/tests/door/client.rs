//! A client that sends text and waits for text.

use std::time::Duration;

use lampfield_xmpp_stream::sasl;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::house::{House, PASSWORD};

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(10);

pub struct Client {
    socket: TcpStream,
    /// What has come and was not expected yet.
    heard: String,
}

impl Client {
    pub async fn connect(house: &House) -> Self {
        Self { socket: TcpStream::connect(house.address).await.unwrap(), heard: String::new() }
    }

    /// Logs in with PLAIN and binds the resource `desk`.
    pub async fn login(house: &House, name: &str) -> Self {
        Self::login_as(house, name, "desk").await
    }

    /// Logs in with PLAIN and binds a resource.
    pub async fn login_as(house: &House, name: &str, resource: &str) -> Self {
        let mut client = Self::authenticate(house, name).await;
        client.bind(resource).await;
        client.expect(&format!("/{resource}</jid>")).await;
        client
    }

    /// Logs in with PLAIN, up to where a resource can be bound.
    pub async fn authenticate(house: &House, name: &str) -> Self {
        let mut client = Self::offer(house, name, PASSWORD).await;
        client.expect("<success").await;
        client.header("example.org").await;
        client.expect("</stream:features>").await;
        client
    }

    /// Gives a password with PLAIN, and does not wait for the answer.
    pub async fn offer(house: &House, name: &str, password: &str) -> Self {
        let mut client = Self::connect(house).await;
        client.header("example.org").await;
        client.expect("</stream:features>").await;
        let response = sasl::encode(&sasl::plain_response(name, password));
        client
            .send(&format!(
                "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>{response}</auth>"
            ))
            .await;
        client
    }

    /// Asks for a resource.
    pub async fn bind(&mut self, resource: &str) {
        let request = format!(
            "<iq type='set' id='bind'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'>\
             <resource>{resource}</resource></bind></iq>"
        );
        self.send(&request).await;
    }

    pub async fn header(&mut self, to: &str) {
        let header = format!(
            "<?xml version='1.0'?><stream:stream xmlns:stream='http://etherx.jabber.org/streams' \
             xmlns='jabber:client' to='{to}' version='1.0'>"
        );
        self.send(&header).await;
    }

    pub async fn send(&mut self, text: &str) {
        self.socket.write_all(text.as_bytes()).await.unwrap();
    }

    /// Waits for `wanted`; gives back everything up to the end of what was read with it.
    pub async fn expect(&mut self, wanted: &str) -> String {
        let read = async {
            loop {
                if let Some(at) = self.heard.find(wanted) {
                    let rest = self.heard.split_off(at + wanted.len());
                    let seen = std::mem::replace(&mut self.heard, rest);
                    return seen + &self.heard;
                }
                let mut piece = [0; 4096];
                let count = self.socket.read(&mut piece).await.unwrap();
                assert!(count > 0, "closed before {wanted:?}; heard {:?}", self.heard);
                self.heard.push_str(std::str::from_utf8(&piece[..count]).unwrap());
            }
        };
        let outcome = tokio::time::timeout(PATIENCE, read).await;
        outcome.unwrap_or_else(|_| panic!("no {wanted:?}; heard {:?}", self.heard))
    }
}
