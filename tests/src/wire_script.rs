//! Plays wire scripts: plain files that say what each client sends and what it must receive, for
//! readers who know XMPP and need not know Rust.
//!
//! ```text
//! # What this scenario shows.
//! Alice is server1
//! Carol is carol, role = "user"
//!
//! Alice logs in
//! Alice sends:
//!     <iq type='get' id='1' to='asterisk.example'><ping xmlns='urn:xmpp:ping'/></iq>
//! Alice receives:
//!     <iq type='result' id='1' from='asterisk.example' ...>...</iq>
//! ```
//!
//! Indented lines belong to the step above them. See [`crate::xmpp::pattern`] for the wildcards.
//! Further steps: `connects`, `opens a stream`, `secures the stream`, `receives in any order:`,
//! `receives nothing`, `is disconnected`, `is disconnected with CONDITION`, `leaves`. A line
//! `xmpp: KEY = VALUE` before the steps goes into the configuration's `[xmpp]`, `tls: required`
//! turns TLS on.

use std::collections::HashMap;
use std::path::Path;

use crate::server::{Config, DOMAIN, Server};
use crate::xmpp::pattern::Pattern;
use crate::xmpp::{Client, End};

/// One line and the indented ones below it.
struct Step<'a> {
    number: usize,
    head: &'a str,
    block: String,
}

/// The clients of one script, by the name it gives them.
struct Stage {
    server: Server,
    /// The account of each name.
    accounts: HashMap<String, String>,
    clients: HashMap<String, Client>,
}

/// Plays one file; panics at the first step that does not go as written.
pub async fn play(file: &Path) {
    let text = std::fs::read_to_string(file).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
    let mut config = Config::plain();
    let mut accounts = HashMap::new();
    let (set_up, played): (Vec<_>, Vec<_>) = steps(&text).into_iter().partition(sets_up);
    for step in &set_up {
        config = prepare(config, step.head, &mut accounts);
    }
    let server = Server::start(&config).await;
    let mut stage = Stage { server, accounts, clients: HashMap::new() };
    for step in &played {
        println!("{}:{}: {}", file.display(), step.number, step.head);
        stage.play(step).await;
    }
}

fn steps(text: &str) -> Vec<Step<'_>> {
    let mut steps: Vec<Step<'_>> = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let said = line.trim();
        if said.is_empty() || line.starts_with('#') {
            continue;
        }
        match steps.last_mut() {
            Some(step) if line.starts_with(' ') => {
                // Inside a tag a line end is a blank; between tags it would be text.
                if !step.block.is_empty() && !step.block.ends_with('>') {
                    step.block.push(' ');
                }
                step.block += said;
            }
            _ => steps.push(Step { number: index + 1, head: said, block: String::new() }),
        }
    }
    steps
}

fn sets_up(step: &Step<'_>) -> bool {
    let head = step.head;
    let is = head.split_once(" is ").is_some_and(|(_, what)| !what.starts_with("disconnected"));
    is || head.starts_with("xmpp: ") || head.starts_with("tls: ")
}

fn prepare(config: Config, head: &str, accounts: &mut HashMap<String, String>) -> Config {
    if let Some(line) = head.strip_prefix("xmpp: ") {
        return config.xmpp(line);
    }
    if head == "tls: required" {
        return config.with_tls();
    }
    let (name, account) = head.split_once(" is ").expect("NAME is ACCOUNT");
    let (account, more) = account.split_once(", ").unwrap_or((account, ""));
    let known = accounts.values().any(|other| other == account);
    accounts.insert(name.to_owned(), account.to_owned());
    // Two names may be two connections of one account.
    if known { config } else { config.account(account, more) }
}

impl Stage {
    async fn play(&mut self, step: &Step<'_>) {
        let (name, does) = step.head.split_once(' ').expect("NAME and what it does");
        match does {
            "connects" => {
                let client = Client::connect(self.server.address(), DOMAIN).await;
                self.clients.insert(name.to_owned(), client);
            }
            "logs in" => {
                let account = &self.accounts[name];
                let jid = format!("{account}@{DOMAIN}/{}", name.to_lowercase());
                let password = Config::password(account);
                let client = Client::login(self.server.address(), &jid, &password).await;
                self.clients.insert(name.to_owned(), client);
            }
            "leaves" => drop(self.clients.remove(name)),
            _ => play_one(self.clients.get_mut(name).expect("connected"), does, step).await,
        }
    }
}

async fn play_one(client: &mut Client, does: &str, step: &Step<'_>) {
    let line = step.number;
    match does {
        "opens a stream" => client.send_header().await,
        "secures the stream" => client.starttls().await,
        "sends:" => client.send(&step.block).await,
        "receives:" => {
            for pattern in patterns(step) {
                let stanza = client.next().await;
                let fits = pattern.matches(&stanza.element);
                fits.unwrap_or_else(|why| panic!("line {line}: {why}\ngot {}", stanza.raw));
            }
        }
        "receives in any order:" => {
            let mut wanted = patterns(step);
            while !wanted.is_empty() {
                let stanza = client.next().await;
                let found = wanted.iter().position(|one| one.matches(&stanza.element).is_ok());
                let found = found.unwrap_or_else(|| panic!("line {line}: got {}", stanza.raw));
                wanted.remove(found);
            }
        }
        "receives nothing" => {
            let got = client.all_until_now().await;
            assert!(got.is_empty(), "line {line}: got {got:?}");
        }
        _ => {
            let wanted = does.strip_prefix("is disconnected").unwrap_or_else(|| {
                panic!("line {line}: no such step: {does}");
            });
            let (condition, end) = client.ending().await;
            assert!(matches!(end, End::StreamClosed | End::SocketClosed), "line {line}: {end:?}");
            if let Some(wanted) = wanted.strip_prefix(" with ") {
                assert_eq!(condition.as_deref(), Some(wanted), "line {line}");
            }
        }
    }
}

fn patterns(step: &Step<'_>) -> Vec<Pattern> {
    let read = Pattern::parse_all(&step.block);
    read.unwrap_or_else(|why| panic!("line {}: not a pattern: {why}", step.number))
}
