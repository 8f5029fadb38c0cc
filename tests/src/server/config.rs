//! The configuration of a server under test, from the product's fixed points.

use std::fmt::Write;
use std::net::SocketAddrV4;
use std::path::Path;

/// The XMPP domain of all tests.
pub const DOMAIN: &str = "asterisk.example";

/// The port of every server; each has its own loopback addresses.
pub const PORT: u16 = 25_222;

/// One account, as the configuration declares it.
#[derive(Clone, Debug)]
pub struct Account {
    name: String,
    /// Lines of its table besides name and password.
    more: String,
}

/// What a test wants to be different from the usual.
#[derive(Clone, Debug)]
pub struct Config {
    accounts: Vec<Account>,
    tls: &'static str,
    grace: &'static str,
    restart_grace: &'static str,
    domain: String,
    xmpp: String,
    more: String,
}

impl Config {
    /// Without TLS, PLAIN allowed, a grace that a test can wait for, no accounts.
    pub fn plain() -> Self {
        Self {
            accounts: Vec::new(),
            tls: "off",
            grace: "2s",
            restart_grace: "75s",
            domain: String::new(),
            xmpp: String::new(),
            more: String::new(),
        }
    }

    /// The same with TLS required.
    pub fn with_tls(self) -> Self {
        Self { tls: "required", ..self }
    }

    /// With TLS for those who want it, and passwords in clear text for those who do not.
    pub fn with_optional_tls(self) -> Self {
        Self { tls: "optional", ..self }
    }

    /// With the accounts `server1` to `server9`, role `pbx`.
    pub fn servers(mut self) -> Self {
        for number in 1..=9 {
            self.accounts.push(Account { name: format!("server{number}"), more: String::new() });
        }
        self
    }

    /// With one more account and these lines in its table (`role = "user"`).
    pub fn account(mut self, name: &str, more: &str) -> Self {
        self.accounts.push(Account { name: name.to_owned(), more: more.to_owned() });
        self
    }

    /// The same with these times in `[lease]`.
    pub fn lease(self, grace: &'static str, restart_grace: &'static str) -> Self {
        Self { grace, restart_grace, ..self }
    }

    /// With these lines more in `[[domain]]`.
    pub fn domain(mut self, lines: &str) -> Self {
        self.domain += lines;
        self.domain += "\n";
        self
    }

    /// With these lines more in `[xmpp]`.
    pub fn xmpp(mut self, lines: &str) -> Self {
        self.xmpp += lines;
        self.xmpp += "\n";
        self
    }

    /// With these lines at the end of the file.
    pub fn more(mut self, lines: &str) -> Self {
        self.more += lines;
        self.more += "\n";
        self
    }

    /// The password of every declared account.
    pub fn password(account: &str) -> String {
        format!("secret-of-{account}")
    }

    pub(super) fn to_toml(&self, data: &Path, listen: &[SocketAddrV4]) -> String {
        let listen: Vec<_> = listen.iter().map(|address| format!("\"{address}\"")).collect();
        let mut text = format!(
            "data_dir = \"{}\"\n[[domain]]\nname = \"{DOMAIN}\"\n{}",
            data.display(),
            self.domain
        );
        for Account { name, more } in &self.accounts {
            let password = Self::password(name);
            let account = "[[domain.account]]";
            writeln!(text, "{account}\nname = \"{name}\"\npassword = \"{password}\"\n{more}")
                .expect("memory");
        }
        let Self { tls, grace, restart_grace, xmpp, more, .. } = self;
        let clear = *tls != "required";
        writeln!(
            text,
            "[xmpp]\nlisten = [{}]\ntls = \"{tls}\"\nclear_text_auth = {clear}\n{xmpp}\
             [lease]\ngrace = \"{grace}\"\nrestart_grace = \"{restart_grace}\"\n{more}",
            listen.join(", ")
        )
        .expect("memory");
        text
    }
}
