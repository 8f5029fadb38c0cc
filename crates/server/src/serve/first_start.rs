//! The first start without a configuration: makes one PBX account and tells how to connect it. The
//! secret goes to the screen only if that is a terminal; otherwise it lies in a file of mode 0600
//! until the first login.

use std::fs::{self, OpenOptions};
use std::io::{self, IsTerminal, Write};
use std::net::SocketAddr;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::Duration;

use lampfield_xmpp::Door;
use lampfield_xmpp_stream::BareJid;
use tokio::task::spawn_local;

use super::banner::say;
use super::desk::Desk;
use crate::control::Named;
use crate::document::invite::Invite;
use crate::failure::Failure;
use crate::place::Place;

/// The account that is made.
const FIRST: &str = "pbx-1";

/// How often it is looked for the first login.
const LOOK: Duration = Duration::from_secs(2);

/// Whether this is a first start without a configuration.
pub fn is_one(place: &Place, door: &Door) -> bool {
    place.file.is_none() && door.site.accounts.list().is_empty()
}

/// Makes the account and tells how to connect it.
///
/// # Errors
/// The account or its file cannot be made.
pub async fn welcome(desk: &Desk, place: &Place) -> Result<(), Failure> {
    let account = Named { name: FIRST.to_owned(), domain: None };
    let invite = desk.invite(&account, false).await?;
    if io::stderr().is_terminal() {
        say(&page(&invite));
        say(only_here(&place.config.xmpp.listen));
        return Ok(());
    }
    let path = place.data_dir.join(format!("{FIRST}.xmpp.conf"));
    write(&path, &invite.block)
        .map_err(|error| Failure::bug(format!("{}: {error}", path.display())))?;
    tracing::info!(
        code = "first-start",
        account = invite.jid,
        file = %path.display(),
        "the file holds what to put into xmpp.conf on an Asterisk server; it goes away at the first \
         login"
    );
    let jid = BareJid::parse(&invite.jid).map_err(Failure::bug)?;
    spawn_local(remove_at_login(Rc::clone(&desk.door), jid, path));
    Ok(())
}

/// Says how other machines can be let in, where only this one is.
fn only_here(listen: &[SocketAddr]) -> &'static str {
    match listen.iter().all(|address| address.ip().is_loopback()) {
        true => {
            "Only this machine can connect. To let others in, start it with --listen 0.0.0.0:5222 \
             (or\nlisten = [\"0.0.0.0:5222\"] in [xmpp]); then: lampfield invite pbx-1\n\n"
        }
        false => "",
    }
}

fn page(invite: &Invite) -> String {
    let block: String = invite.block.lines().map(|line| format!("    {line}\n")).collect();
    format!(
        "\nConnect an Asterisk: put this into xmpp.conf on it, then run: {}\n(module load if it was \
         never loaded)\n\n{block}\n",
        invite.reload
    )
}

fn write(path: &Path, block: &str) -> io::Result<()> {
    let mut file =
        OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)?;
    writeln!(file, "{block}")
}

async fn remove_at_login(door: Rc<Door>, jid: BareJid, path: PathBuf) {
    while door.site.router.resources(&jid).is_empty() {
        tokio::time::sleep(LOOK).await;
    }
    match fs::remove_file(&path) {
        Ok(()) => tracing::info!(file = %path.display(), "removed: its account has logged in"),
        Err(error) => tracing::warn!(file = %path.display(), %error, "cannot be removed"),
    }
}
