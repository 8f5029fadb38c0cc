//! Which account it has: one of its own at the Lampfield on this machine, by invitation as for a real
//! PBX, or one that somebody has made for it elsewhere.

use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use lampfield_fake_pbx::{Settings, Tls};
use lampfield_operations::operation::{Invite, UserList, UserRemove};
use lampfield_relay::{Target, Trust, TrustError};

use super::super::args::{Common, FakePbxArgs as Args};
use super::super::stop::Stop;
use super::super::{ask, connect, password};
use crate::document::invite::InviteDocument;
use crate::failure::{Exit, Failure};
use crate::shell;

/// The port of an XMPP server, where none is named.
const PORT: u16 = 5222;

/// The account of one PBX.
pub struct PbxAccount {
    /// All that it needs to log in.
    pub settings: Settings,
    /// It was made for this, and goes with it.
    is_ours: bool,
}

// === impl PbxAccount ===

impl PbxAccount {
    /// The account that is meant on the command line.
    pub fn find(args: &Args, common: &Common) -> Result<Self, Stop> {
        match &args.to {
            Some(target) => Self::elsewhere(target, args),
            None => Self::here(args, common),
        }
    }

    fn elsewhere(target: &Target, args: &Args) -> Result<Self, Stop> {
        let (user, domain) = match args.name.split_once('@') {
            Some((user, domain)) => (user, domain.to_owned()),
            None => (args.name.as_str(), args.domain.clone().unwrap_or(target.host.clone())),
        };
        let tls = match (args.no_tls, &args.ca, args.fingerprint.as_slice()) {
            (true, ..) => Tls::Off,
            (false, Some(file), _) => {
                checked(Trust::file(file, std::slice::from_ref(target), Vec::new()))?
            }
            (false, None, []) => Tls::Any,
            (false, None, prints) => checked(Trust::pinned(prints.to_vec()))?,
        };
        let secret = match &args.password_file {
            Some(file) => first_line(file)?,
            None => password::known()?,
        };
        let server = Target { port: target.port.or(Some(PORT)), ..target.clone() }.to_string();
        let settings = Settings { tls, ..Settings::new(&server, &domain, user, &secret) };
        Ok(Self { settings, is_ours: false })
    }

    /// Asks the server here, as an operator does for a new PBX.
    fn here(args: &Args, common: &Common) -> Result<Self, Stop> {
        let before = ask(common, &UserList { domain: None })?.users;
        let (name, domain) = (args.name.clone(), args.domain.clone());
        // As it is: what is made for people has no line breaks.
        let invite = connect(common)?.ask(&Invite { name, domain, rotate: false })?;
        let known = before.iter().find(|user| user.jid == invite.jid);
        if known.is_some_and(|user| user.connected > 0) {
            let message = format!("{} is connected: fake-pbx would disconnect its PBX", invite.jid);
            let failure = Failure::new(Exit::Conflict, "fake-name-taken", message);
            return Err(failure.line("try", "lampfield fake-pbx test-1").into());
        }
        Ok(Self { settings: invited(&invite)?, is_ours: known.is_none() })
    }

    /// Removes the account if it was made for this, and with it all that the PBX said.
    pub fn give_back(&self, common: &Common) -> Result<(), Stop> {
        if self.is_ours {
            ask(common, &UserRemove { name: self.settings.account() })?;
        }
        Ok(())
    }

    /// How to be rid of the account later.
    pub fn left_behind(&self, common: &Common) -> String {
        let remove =
            format!("lampfield user remove {} --yes", shell::word(&self.settings.account()));
        match self.is_ours {
            true => format!(
                "Its account stays, so that its lamps go out like those of a dead PBX: {}\n",
                common.retyped(&remove)
            ),
            false => String::new(),
        }
    }
}

/// What stands in the block for `xmpp.conf`.
pub fn invited(invite: &InviteDocument) -> Result<Settings, Failure> {
    let value = |key: &str| {
        let mut lines = invite.block.lines();
        lines.find_map(|line| line.strip_prefix(key)?.strip_prefix('='))
    };
    let missing = |key: &str| Failure::bug(format!("no {key} in the invitation"));
    let needed = |key: &str| value(key).ok_or_else(|| missing(key));
    let (user, domain) = invite.jid.split_once('@').ok_or_else(|| missing("username"))?;
    let port = value("port").and_then(|port| port.parse().ok()).unwrap_or(PORT);
    let host = needed("serverhost")?.to_owned();
    let server = Target { host, port: Some(port) }.to_string();
    let tls = match (value("usetls"), &invite.fingerprint) {
        (Some("no"), _) => Tls::Off,
        (_, Some(print)) => checked(Trust::pinned(vec![print.parse().map_err(Failure::bug)?]))?,
        (_, None) => Tls::Any,
    };
    Ok(Settings { tls, ..Settings::new(&server, domain, user, needed("secret")?) })
}

fn checked(trust: Result<Trust, TrustError>) -> Result<Tls, Failure> {
    let wrong = |error: TrustError| Failure::new(Exit::Usage, "no-trust", error.to_string());
    Ok(Tls::Checked(trust.map_err(wrong)?.config()))
}

fn first_line(file: &Path) -> Result<String, Failure> {
    let wrong = |error: String| {
        Failure::new(Exit::Usage, "unreadable-file", format!("{}: {error}", file.display()))
    };
    let opened = File::open(file).map_err(|error| wrong(error.to_string()))?;
    let line = password::line(&mut BufReader::new(opened))?;
    if line.is_empty() { Err(wrong("its first line is empty".to_owned())) } else { Ok(line) }
}
