//! `user change`: where an account stands and what it may do. What stands in the file is changed in the file.

use lampfield_accounts::AccountChanges;
use lampfield_board::{BoardName, Labels, Pattern, SiteName};

use super::accounts::{Named, labels, patterns, site};
use super::giving::Given;
use super::{Perform, operation};
use crate::actor::Actor;
use crate::definition::Effect;
use crate::desk::Desk;
use crate::document::done::Done;
use crate::document::warning::Warning;
use crate::failure::{Exit, Failure};
use crate::host::Host;

operation! {
    /// Changes the site, the labels or the rights of an account that a command has added.
    pub struct UserChange = "user change" {
        /// NAME or NAME@DOMAIN
        name: String,
        /// The names it may publish from now on, replacing the old ones; may be repeated, '' for none
        allow: Vec<String>,
        /// The names it may hear from now on, replacing the old ones; may be repeated, '' for none
        hear: Vec<String>,
        /// The site whose [[map]] rules apply to its next connections; '' for none
        site: Option<String>,
        /// A word to find it by, replacing the old ones; may be repeated, '' for none
        label: Vec<String>,
    }
    AccountsWrite, Effect::Changes("the accounts"), Board, Document("done/1") -> Done
}

impl<H: Host> Perform<H> for UserChange {
    async fn perform(self, desk: &Desk<H>, actor: &Actor) -> Result<Done, Failure> {
        let jid = desk.jid(actor, &Named::parse(&self.name))?;
        desk.known(actor, &jid)?;
        let changes = self.changes()?;
        if changes == AccountChanges::default() {
            return Err(nothing_asked("user change", "--site, --label, --allow or --hear"));
        }
        let names = |some: &Option<Vec<Pattern>>| some.clone().unwrap_or_default();
        Given::names(&jid, &names(&changes.allow), &names(&changes.hear)).check(actor)?;
        let text = format!("changed {jid}: {}", told(&changes));
        let warnings = || desk.accounts.get(&jid).map(|account| desk.host.warnings_of(&account));
        let before = warnings().unwrap_or_default();
        let changed = desk.accounts.change(&jid, changes).await;
        changed.map_err(|error| desk.refused(error))?;
        let warnings = Warning::new_in(warnings().unwrap_or_default(), &before);
        Ok(Done { warnings, ..Done::new("user-changed", text) })
    }

    fn about(&self, desk: &Desk<H>) -> Option<BoardName> {
        desk.board_of_named(&Named::parse(&self.name))
    }
}

impl UserChange {
    /// What is to be another. Nothing said stays as it is, and one empty text takes all away.
    fn changes(&self) -> Result<AccountChanges, Failure> {
        let of = |typed: &[String], argument| match typed {
            [] => Ok(None),
            [none] if none.is_empty() => Ok(Some(Vec::new())),
            typed => patterns(typed, argument).map(Some),
        };
        Ok(AccountChanges {
            allow: of(&self.allow, "--allow")?,
            hear: of(&self.hear, "--hear")?,
            site: match self.site.as_deref() {
                None => None,
                Some("") => Some(None),
                Some(typed) => Some(Some(site(typed)?)),
            },
            labels: match self.label.as_slice() {
                [] => None,
                [none] if none.is_empty() => Some(Labels::default()),
                typed => Some(labels(typed)?),
            },
        })
    }
}

/// A change was asked for without saying what is to be another.
pub(super) fn nothing_asked(operation: &str, options: &str) -> Failure {
    Failure::new(Exit::Usage, "nothing-asked", format!("{operation} needs something to change"))
        .line("try", options)
}

/// What was changed to what, in a sentence.
fn told(changes: &AccountChanges) -> String {
    let AccountChanges { allow, hear, site, labels } = changes;
    let listed = |texts: Vec<String>| match texts.is_empty() {
        true => "nothing".to_owned(),
        false => texts.join(" "),
    };
    let texts = |some: &Vec<Pattern>| listed(some.iter().map(ToString::to_string).collect());
    let parts = [
        allow.as_ref().map(|allow| format!("it may publish {}", texts(allow))),
        hear.as_ref().map(|hear| format!("it may hear {}", texts(hear))),
        site.as_ref().map(|site| {
            let site = site.as_ref().map_or("none", SiteName::as_str);
            format!("site {site} from its next connection on")
        }),
        labels.as_ref().map(|labels| format!("labels {}", listed(labels.to_texts()))),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join("; ")
}
