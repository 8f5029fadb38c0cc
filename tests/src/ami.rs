//! A client of Asterisk's manager interface: actions with their answers, and a record of every
//! event with the time that Asterisk gave it.

mod message;

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::Notify;
use tokio::task::AbortHandle;
use tokio::time::timeout;

pub use message::{Message, Micros};

/// How long an action may take.
const PATIENCE: Duration = Duration::from_secs(15);

/// One connection to the manager interface, logged in.
pub struct Ami {
    writer: tokio::sync::Mutex<OwnedWriteHalf>,
    heard: Arc<Heard>,
    next_id: Mutex<u64>,
    reader: AbortHandle,
}

#[derive(Default)]
struct Heard {
    record: Mutex<Record>,
    more: Notify,
}

#[derive(Default)]
struct Record {
    /// Answers and list items by `ActionID`.
    answers: HashMap<String, Vec<Message>>,
    events: Vec<Message>,
    closed: bool,
}

impl Ami {
    /// Logs in on a connection; `None` if it is closed at once.
    pub async fn login(stream: std::net::TcpStream, user: &str, secret: &str) -> Option<Self> {
        stream.set_nodelay(true).ok()?;
        stream.set_nonblocking(true).ok()?;
        let stream = TcpStream::from_std(stream).ok()?;
        let (reader, writer) = stream.into_split();
        let mut reader = BufReader::new(reader);
        let mut greeting = String::new();
        reader.read_line(&mut greeting).await.ok()?;
        greeting.starts_with("Asterisk Call Manager/").then_some(())?;

        let heard = Arc::new(Heard::default());
        let reader = tokio::spawn(listen(reader, heard.clone())).abort_handle();
        let writer = tokio::sync::Mutex::new(writer);
        let ami = Self { writer, heard, next_id: Mutex::new(0), reader };
        let answer = ami.action("Login", &[("Username", user), ("Secret", secret)]).await;
        assert_eq!(answer.get("Response"), Some("Success"), "AMI login: {answer:?}");
        Some(ami)
    }

    /// Sends an action and waits for its response.
    pub async fn action(&self, name: &str, fields: &[(&str, &str)]) -> Message {
        let id = self.send(name, fields).await;
        let got = self.answer(&id, |messages| !messages.is_empty()).await;
        got.into_iter().next().expect("one at least")
    }

    /// Sends an action that answers with a list, and returns its items.
    pub async fn list(&self, name: &str) -> Vec<Message> {
        let id = self.send(name, &[]).await;
        let complete = |message: &Message| message.get("EventList") == Some("Complete");
        let mut items = self.answer(&id, |messages| messages.iter().any(complete)).await;
        items.retain(|item| item.get("Event").is_some() && !complete(item));
        items
    }

    /// Reads a dialplan function or global variable.
    pub async fn get(&self, variable: &str) -> String {
        let answer = self.action("Getvar", &[("Variable", variable)]).await;
        answer.get("Value").unwrap_or_else(|| panic!("no value: {answer:?}")).to_owned()
    }

    /// Writes a dialplan function or global variable.
    pub async fn set(&self, variable: &str, value: &str) {
        let answer = self.action("Setvar", &[("Variable", variable), ("Value", value)]).await;
        assert_eq!(answer.get("Response"), Some("Success"), "{answer:?}");
    }

    /// Sends an action without waiting; its answer is kept for nobody.
    pub async fn set_without_waiting(&self, variable: &str, value: &str) {
        self.send("Setvar", &[("Variable", variable), ("Value", value)]).await;
    }

    /// Whether Asterisk has ended, or has closed it.
    pub fn is_closed(&self) -> bool {
        self.record().closed
    }

    /// Rings a channel and runs an application on it when it answers.
    pub async fn originate(&self, channel: &str, application: &str, data: &str) {
        let answer = self.action("Originate", &call(channel, application, data)).await;
        assert_eq!(answer.get("Response"), Some("Success"), "{answer:?}");
    }

    /// As [`Self::originate`] without waiting; its answer is kept for nobody.
    pub async fn originate_without_waiting(&self, channel: &str, application: &str, data: &str) {
        self.send("Originate", &call(channel, application, data)).await;
    }

    /// How many events came so far: where [`Self::events_since`] may start.
    pub fn mark(&self) -> usize {
        self.record().events.len()
    }

    /// Events that came after `mark` and fit.
    pub fn events_since(&self, mark: usize, fits: impl Fn(&Message) -> bool) -> Vec<Message> {
        self.record().events.iter().skip(mark).filter(|event| fits(event)).cloned().collect()
    }

    /// The first event after `mark` that fits; waits for it.
    pub async fn event(&self, mark: usize, fits: impl Fn(&Message) -> bool) -> Message {
        let mut seen = mark;
        let look = || {
            let record = self.record();
            let found = record.events.iter().skip(seen).find(|event| fits(event)).cloned();
            seen = record.events.len();
            found
        };
        self.heard_until(look, "an event").await
    }

    async fn send(&self, name: &str, fields: &[(&str, &str)]) -> String {
        let id = {
            let mut next = self.next_id.lock().expect("not poisoned");
            *next += 1;
            next.to_string()
        };
        let mut text = format!("Action: {name}\r\nActionID: {id}\r\n");
        for (key, value) in fields {
            text += &format!("{key}: {value}\r\n");
        }
        text += "\r\n";
        // If Asterisk has ended, who waits for an answer finds out.
        let _ = self.writer.lock().await.write_all(text.as_bytes()).await;
        id
    }

    async fn answer(&self, id: &str, complete: impl Fn(&[Message]) -> bool) -> Vec<Message> {
        let look = || {
            let mut record = self.record();
            let messages = record.answers.get(id)?;
            if complete(messages) { record.answers.remove(id) } else { None }
        };
        self.heard_until(look, "an answer").await
    }

    async fn heard_until<T>(&self, mut look: impl FnMut() -> Option<T>, what: &str) -> T {
        let wait = async {
            loop {
                let more = self.heard.more.notified();
                if let Some(found) = look() {
                    return found;
                }
                assert!(!self.record().closed, "Asterisk closed its manager interface");
                more.await;
            }
        };
        timeout(PATIENCE, wait).await.unwrap_or_else(|_| panic!("no {what} within {PATIENCE:?}"))
    }

    fn record(&self) -> std::sync::MutexGuard<'_, Record> {
        self.heard.record.lock().expect("not poisoned")
    }
}

fn call<'a>(channel: &'a str, application: &'a str, data: &'a str) -> [(&'a str, &'a str); 4] {
    [("Channel", channel), ("Application", application), ("Data", data), ("Async", "true")]
}

impl Drop for Ami {
    fn drop(&mut self) {
        self.reader.abort();
    }
}

async fn listen(reader: BufReader<OwnedReadHalf>, heard: Arc<Heard>) {
    let mut lines = reader.lines();
    let mut message = Message::default();
    while let Ok(Some(line)) = lines.next_line().await {
        if !line.is_empty() {
            message.add_line(&line);
            continue;
        }
        let message = std::mem::take(&mut message);
        let mut record = heard.record.lock().expect("not poisoned");
        match message.get("ActionID") {
            Some(id) => record.answers.entry(id.to_owned()).or_default().push(message),
            None => record.events.push(message),
        }
        drop(record);
        heard.more.notify_waiters();
    }
    heard.record.lock().expect("not poisoned").closed = true;
    heard.more.notify_waiters();
}
