//! What `status` shows of those who do not get as far as lighting a lamp.

use crate::cli::args::Common;
use crate::document::status::{RefusedLogin, SilentPbx, StatusDocument};
use crate::screen::time::{age, counted};
use crate::screen::{Screen, Verdict};

/// Refusals that are shown; `--json` has all of them.
const SHOWN: usize = 8;

/// The same in the first line, of a server with which nothing else is wrong; none where there is nothing to say.
pub fn in_short(status: &StatusDocument) -> Option<String> {
    let refused: u64 = status.refused_logins.iter().map(|one| one.count).sum();
    let silent = status.silent.len() as u64;
    let were = if refused == 1 { "was" } else { "were" };
    let are = if silent == 1 { "is" } else { "are" };
    let parts = [
        (refused, format!("{} {were} refused", counted(refused, "login"))),
        (silent, format!("{} {are} silent", counted(silent, "PBX"))),
    ];
    let parts: Vec<_> =
        parts.into_iter().filter(|(count, _)| *count > 0).map(|(_, part)| part).collect();
    (!parts.is_empty()).then(|| format!("the server is well, but {}", parts.join(" and ")))
}

/// The PBXs that say nothing, and the logins that were refused, if there are any.
pub fn text(status: &StatusDocument, common: &Common, screen: &Screen) -> String {
    let mut out = String::new();
    let sign = screen.verdict(Verdict::Look);
    if !status.silent.is_empty() {
        out += "\nConnected, but has published nothing yet\n";
    }
    for SilentPbx { account, address, connected_seconds, listens, remedy } in &status.silent {
        let age = age(*connected_seconds);
        let listens = if *listens { ", hears the others" } else { "" };
        let remedy = common.retyped(remedy);
        out +=
            &format!(" {sign} {account} from {address}, for {age}{listens}\n     mend  {remedy}\n");
    }
    if !status.refused_logins.is_empty() {
        out += "\nLogins refused in the last 10 minutes\n";
    }
    for one in status.refused_logins.iter().take(SHOWN) {
        let RefusedLogin { cause, asked, address, count, last_seconds, remedy } = one;
        let what = cause.replace('-', " ");
        let whom = asked.as_ref().map(|asked| format!(" {asked}")).unwrap_or_default();
        let times = if *count == 1 { "once".to_owned() } else { format!("{count} times") };
        let (last, remedy) = (age(*last_seconds), common.retyped(remedy));
        out += &format!(
            " {sign} {what}:{whom} {times}, {last} ago from {address}\n     mend  {remedy}\n"
        );
    }
    if let more @ 1.. = status.refused_logins.len().saturating_sub(SHOWN) {
        out += &format!("   and {more} more: {}\n", common.retyped("lampfield status --json"));
    }
    out
}
