//! The first start without a configuration: makes one PBX account and tells how to connect it. The
//! secret goes to the screen only if that is a terminal; otherwise it lies in a file of mode 0600
//! until the first login.

use std::fs;
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::Duration;

use lampfield_fabric::private;
use lampfield_operations::operation::Invite;
use lampfield_operations::{Actor, Desk};
use lampfield_xmpp::Door;
use lampfield_xmpp::xmpp_conf::LOAD;
use lampfield_xmpp_stream::BareJid;
use tokio::task::spawn_local;

use super::banner::say;
use super::host::ServerHost;
use crate::document::invite::{InviteDocument, Way};
use crate::failure::Failure;
use crate::place::Place;

/// The account that is made.
const FIRST: &str = "pbx-1";

/// How often it is looked for the first login.
const LOOK: Duration = Duration::from_secs(2);

/// Whether this is a first start without a configuration.
pub fn is_one(place: &Place, door: &Door) -> bool {
    place.file.is_none() && door.context.accounts.list().is_empty()
}

/// Makes the account and tells how to connect it.
///
/// # Errors
/// The account or its file cannot be made.
pub async fn welcome(desk: &Desk<ServerHost>, place: &Place) -> Result<(), Failure> {
    let invite = Invite { name: FIRST.to_owned(), domain: None, rotate: false };
    let invite = desk.act(&Actor::owner(), invite).await?;
    if io::stderr().is_terminal() {
        say(&page(&invite, place));
        return Ok(());
    }
    let path = file(&place.data_dir);
    write(&path, &invite.block)
        .map_err(|error| Failure::bug(format!("{}: {error}", path.display())))?;
    tracing::info!(
        code = "first-start",
        account = invite.jid,
        file = %path.display(),
        "the file contains the section for xmpp.conf on an Asterisk PBX; it is removed at the first \
         login"
    );
    Ok(())
}

/// Removes the file with the first secret when its account has logged in, or is no more. A start
/// before that login finds the file again, so every start looks for it.
pub fn watch_file(door: &Rc<Door>, data_dir: &Path) {
    let path = file(data_dir);
    if let Some(jid) = fs::read_to_string(&path).ok().and_then(|block| account_in(&block)) {
        spawn_local(remove_at_login(Rc::clone(door), jid, path));
    }
}

fn file(data_dir: &Path) -> PathBuf {
    data_dir.join(format!("{FIRST}.xmpp.conf"))
}

/// The account that a block for xmpp.conf is for.
fn account_in(block: &str) -> Option<BareJid> {
    let user = block.lines().find_map(|line| line.strip_prefix("username="))?;
    BareJid::parse(user.split('/').next()?).ok()
}

fn page(invite: &InviteDocument, place: &Place) -> String {
    let block: String = invite.block.lines().map(|line| format!("    {line}\n")).collect();
    let relay = match invite.way {
        Way::Relay => place.retyped(&format!(
            "Over a slow or lossy line it needs a relay beside it. To set one up: lampfield invite {FIRST}\n\n"
        )),
        Way::Direct => String::new(),
    };
    format!(
        "\nTo connect an Asterisk, put this into its xmpp.conf, replacing any section [lampfield] that is there:\n\n\
         {block}\nThen run:  {}\n(if it was never loaded:  asterisk -rx \"{LOAD}\")\n\n{relay}",
        invite.reload
    )
}

fn write(path: &Path, block: &str) -> io::Result<()> {
    let mut file = private::open(path)?;
    file.set_len(0)?;
    writeln!(file, "{block}")
}

async fn remove_at_login(door: Rc<Door>, jid: BareJid, path: PathBuf) {
    let is_there = || !door.context.router.resources(&jid).is_empty();
    while !is_there() && door.context.accounts.get(&jid).is_some() {
        tokio::time::sleep(LOOK).await;
    }
    let why = if is_there() { "its account has logged in" } else { "its account was removed" };
    match fs::remove_file(&path) {
        Ok(()) => tracing::info!(code = "first-start", file = %path.display(), "removed: {why}"),
        Err(error) => {
            tracing::warn!(code = "first-start", file = %path.display(), %error, "cannot be removed");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_page_says_to_type_reaches_this_server() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("lampfield.toml");
        fs::write(&file, "").expect("a file");
        let place = Place::find(Some(&file), Some(folder.path())).expect("a place");
        let invite = |way| InviteDocument {
            schema: "invite/1".to_owned(),
            jid: "pbx-1@localhost".to_owned(),
            file: "xmpp.conf".to_owned(),
            block: "[lampfield]\nport=5222".to_owned(),
            reload: "asterisk -rx \"module reload res_xmpp.so\"".to_owned(),
            proof: String::new(),
            expected: String::new(),
            fingerprint: None,
            way,
            relay: None,
            note: None,
        };
        let page_of = |way| page(&invite(way), &place);
        let typed = format!(
            "lampfield --config {} --data-dir {} invite pbx-1\n",
            file.display(),
            folder.path().display()
        );
        assert!(page_of(Way::Relay).contains(&typed), "{}", page_of(Way::Relay));
        assert!(page_of(Way::Relay).contains("    [lampfield]\n    port=5222\n"));
        assert!(page_of(Way::Relay).contains("asterisk -rx \"module load res_xmpp.so\""));
        assert!(!page_of(Way::Direct).contains("relay"), "it would not print one");
    }
}
