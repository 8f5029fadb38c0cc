//! A desk phone with keys that show other extensions: it subscribes to hints over SIP (UDP), answers
//! every NOTIFY, and keeps what each key was told last.

use std::collections::HashMap;
use std::net::SocketAddrV4;
use std::sync::{Arc, Mutex};

use tokio::net::UdpSocket;
use tokio::task::AbortHandle;

use crate::eventually::{SOON, eventually};

/// What a key may ask for, as most makes do: the event package and the document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Package {
    /// Dialog states (RFC 4235): the lamp of a key.
    Dialog,
    /// Presence (RFC 3856): the picture of a contact.
    Presence,
}

impl Package {
    fn event(self) -> &'static str {
        match self {
            Self::Dialog => "dialog",
            Self::Presence => "presence",
        }
    }

    fn document(self) -> &'static str {
        match self {
            Self::Dialog => "application/dialog-info+xml",
            Self::Presence => "application/pidf+xml",
        }
    }
}

/// One phone, gone when dropped; its subscriptions end with their time.
pub struct DeskPhone {
    user: String,
    socket: Arc<UdpSocket>,
    here: SocketAddrV4,
    server: SocketAddrV4,
    /// The last document of each subscription, by `Call-ID`.
    told: Arc<Mutex<HashMap<String, String>>>,
    reader: AbortHandle,
}

impl DeskPhone {
    /// A phone of this endpoint of a PBX, which needs no password.
    pub async fn of(user: &str, server: SocketAddrV4) -> Self {
        let socket = UdpSocket::bind((*server.ip(), 0)).await.expect("a port for a phone");
        let socket = Arc::new(socket);
        let port = socket.local_addr().expect("bound").port();
        let told = Arc::default();
        let reader = tokio::spawn(answer(socket.clone(), Arc::clone(&told))).abort_handle();
        let here = SocketAddrV4::new(*server.ip(), port);
        Self { user: user.to_owned(), socket, here, server, told, reader }
    }

    /// Puts an extension on a key.
    pub async fn subscribe(&self, extension: &str, package: Package) {
        let Self { user, here, server, .. } = self;
        let (event, document) = (package.event(), package.document());
        let call = call_id(extension, package);
        let request = format!(
            "SUBSCRIBE sip:{extension}@{server} SIP/2.0\r\n\
             Via: SIP/2.0/UDP {here};branch=z9hG4bK-{call};rport\r\n\
             Max-Forwards: 70\r\n\
             From: <sip:{user}@{server}>;tag={call}\r\n\
             To: <sip:{extension}@{server}>\r\n\
             Call-ID: {call}\r\n\
             CSeq: 1 SUBSCRIBE\r\n\
             Contact: <sip:{user}@{here}>\r\n\
             Event: {event}\r\n\
             Accept: {document}\r\n\
             Expires: 600\r\n\
             Content-Length: 0\r\n\r\n"
        );
        self.socket.send_to(request.as_bytes(), server).await.expect("a datagram leaves");
    }

    /// Waits until the key's last document contains this.
    pub async fn is_told(&self, extension: &str, package: Package, words: &str) {
        eventually(SOON, || async {
            let document = self.last(extension, package);
            if document.contains(words) {
                Ok(())
            } else {
                Err(format!("{extension}, {package:?}: want {words:?}, got {document:?}"))
            }
        })
        .await;
    }

    /// The last document of a key; empty before the first.
    pub fn last(&self, extension: &str, package: Package) -> String {
        let told = self.told.lock().expect("not poisoned");
        told.get(&call_id(extension, package)).cloned().unwrap_or_default()
    }
}

impl Drop for DeskPhone {
    fn drop(&mut self) {
        self.reader.abort();
    }
}

fn call_id(extension: &str, package: Package) -> String {
    format!("{extension}-{}", package.event())
}

/// Answers each NOTIFY with 200 and keeps what it said.
async fn answer(socket: Arc<UdpSocket>, told: Arc<Mutex<HashMap<String, String>>>) {
    let mut buffer = vec![0; 65_536];
    while let Ok((length, from)) = socket.recv_from(&mut buffer).await {
        let text = String::from_utf8_lossy(&buffer[..length]).into_owned();
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
        if !head.starts_with("NOTIFY ") {
            continue;
        }
        let answered = ["via", "from", "to", "call-id", "cseq"];
        let kept = head.lines().filter(|line| {
            let name = line.split(':').next().unwrap_or_default().trim().to_lowercase();
            answered.contains(&name.as_str())
        });
        let kept: String = kept.map(|line| format!("{line}\r\n")).collect();
        let response = format!("SIP/2.0 200 OK\r\n{kept}Content-Length: 0\r\n\r\n");
        let _ = socket.send_to(response.as_bytes(), from).await;
        let call = head.lines().find_map(|line| line.strip_prefix("Call-ID: "));
        if let Some(call) = call.filter(|_| !body.is_empty()) {
            told.lock().expect("not poisoned").insert(call.to_owned(), body.to_owned());
        }
    }
}
