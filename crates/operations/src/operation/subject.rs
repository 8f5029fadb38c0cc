//! Which lamp is meant: people write it with its kind or without, in short, and sometimes wrongly. A lamp of which the
//! actor may not hear is no other than one that is not there.

use lampfield_board::{Subject, WallTime};
use lampfield_hub::{Hub, HubShell, Sought};

use super::recall::unreadable;
use super::walk;

use crate::actor::Actor;
use crate::desk::Desk;
use crate::failure::{Exit, Failure};
use crate::host::Host;
use crate::shell;
use crate::typed_lamp::{parts, with_kind};

/// The code for a lamp of which nobody says anything.
pub(super) const UNKNOWN: &str = "unknown-subject";

/// Names offered when there is no such subject.
const NEAREST: usize = 3;

/// Names told when several are meant.
const TOLD: usize = 10;

impl<H: Host> Desk<H> {
    /// The subject that is meant, among those that stand on the board.
    pub(super) async fn subject_on_board(
        &self,
        actor: &Actor,
        board: &HubShell,
        typed: &str,
    ) -> Result<Subject, Failure> {
        let found = match self.exact(actor, board, typed)? {
            None => in_short(actor, board, typed).await?,
            found => found,
        };
        found.ok_or_else(|| board.read(|hub, _| self.unknown(actor, hub, typed)))
    }

    /// The subject of exactly this name, with its kind in front or without, if it stands on the board.
    pub(super) fn exact(
        &self,
        actor: &Actor,
        board: &HubShell,
        typed: &str,
    ) -> Result<Option<Subject>, Failure> {
        let candidates = candidates(actor, typed)?.into_iter();
        board.read(|hub, _| {
            one_of(typed, candidates.filter(|subject| hub.board().find(subject).is_some()))
        })
    }

    /// The subject that is meant, among those that are spoken of or were, and whose past may be found by their names.
    pub(super) async fn spoken_of(
        &self,
        actor: &Actor,
        board: &HubShell,
        typed: &str,
    ) -> Result<Subject, Failure> {
        let begin = WallTime::default();
        let candidates = candidates(actor, typed)?;
        let known = |hub: &Hub, subject: &Subject| {
            hub.board().find(subject).is_some() || !hub.history().of(subject, begin, 1).is_empty()
        };
        let known = board.read(|hub, _| {
            one_of(typed, candidates.iter().filter(|subject| known(hub, subject)).cloned())
        });
        let known = match known? {
            None => one_of(typed, self.remembered(board, &candidates).await?.into_iter())?,
            known => known,
        };
        let known = match known {
            None => in_short(actor, board, typed).await?,
            known => known,
        };
        board.read(|hub, _| {
            let hidden = |subject: &&Subject| hub.history().masks().hides(subject);
            match (&known, candidates.iter().find(hidden)) {
                (Some(known), _) if hidden(&known) => Err(masked(hub, known)),
                (None, Some(hidden)) => Err(masked(hub, hidden)),
                _ => known.ok_or_else(|| self.unknown(actor, hub, typed)),
            }
        })
    }

    /// Those of some subjects of whom the store has a past.
    async fn remembered(
        &self,
        board: &HubShell,
        some: &[Subject],
    ) -> Result<Vec<Subject>, Failure> {
        let sought = Sought {
            board: board.name(),
            subjects: some,
            since: WallTime::default(),
            until: WallTime::from_millis(u64::MAX),
            links: false,
        };
        let search = self.boards.history().search(sought).await.map_err(unreadable)?;
        search.named().await.map_err(unreadable)
    }

    /// Nobody says anything about it on this board; somebody may on another, which only whoever may touch that learns.
    pub(super) fn unknown(&self, actor: &Actor, hub: &Hub, typed: &str) -> Failure {
        let unknown = unknown(actor, hub, typed);
        if actor.board().is_some() {
            return unknown;
        }
        let meant = candidates(actor, typed).unwrap_or_default();
        let knows = |board: &HubShell| {
            board.read(|hub, _| meant.iter().any(|subject| hub.board().find(subject).is_some()))
        };
        let others = self.boards.all();
        match others.iter().filter(|board| board.name() != hub.name()).find(|board| knows(board)) {
            Some(other) => {
                unknown.line("note", format!("it is on another board: --board {}", other.name()))
            }
            None => unknown,
        }
    }
}

/// What may be meant, as far as the actor may hear of it.
fn candidates(actor: &Actor, typed: &str) -> Result<Vec<Subject>, Failure> {
    let mut meant = Subject::candidates(typed)
        .map_err(|error| Failure::new(Exit::Usage, "wrong-subject", error.to_string()))?;
    meant.retain(|subject| actor.hear().covers(subject));
    Ok(meant)
}

/// The only one, if there is one.
fn one_of(typed: &str, held: impl Iterator<Item = Subject>) -> Result<Option<Subject>, Failure> {
    let mut held: Vec<Subject> = held.collect();
    let one = held.pop();
    match held.is_empty() {
        true => Ok(one),
        false => {
            held.extend(one);
            let message = format!("there are several kinds of \"{typed}\"");
            Err(ambiguous(message, &held))
        }
    }
}

/// Which of several it is nobody knows.
fn ambiguous(message: String, found: &[Subject]) -> Failure {
    let mut names: Vec<String> = found.iter().take(TOLD).map(ToString::to_string).collect();
    let first = names.first().cloned().unwrap_or_default();
    if found.len() > TOLD {
        names.push(format!("and {} more", found.len() - TOLD));
    }
    Failure::new(Exit::Conflict, "ambiguous-subject", message)
        .line("found", names.join("  "))
        .line("write", format!("{first}, or another one of these"))
}

/// The subject of which only a part is written: `100` for `PJSIP/100`. What shows something goes before that of which only
/// an end is remembered.
pub(super) async fn in_short(
    actor: &Actor,
    board: &HubShell,
    typed: &str,
) -> Result<Option<Subject>, Failure> {
    let (kind, part) = with_kind(typed);
    let (mut lit, mut ended) = (Vec::new(), Vec::new());
    walk::over(board, |_, _, facts| {
        let subject = facts.subject();
        let mut parts = parts(subject.name().as_str());
        let is_meant = kind.is_none_or(|kind| kind == subject.kind())
            && parts.any(|one| one == part)
            && actor.hear().covers(subject);
        if is_meant {
            if facts.is_lit() { &mut lit } else { &mut ended }.push(subject.clone());
        }
    })
    .await;
    let mut found = if lit.is_empty() { ended } else { lit };
    found.sort_unstable();
    match found.as_slice() {
        [] | [_] => Ok(found.pop()),
        several => Err(ambiguous(format!("several names contain \"{typed}\""), several)),
    }
}

/// The past of a subject is not kept under its name.
fn masked(hub: &Hub, subject: &Subject) -> Failure {
    let message = format!("the history of {subject} is not kept under its own name");
    let failure = Failure::new(Exit::NoSuchThing, "masked", message)
        .line("why", "mask of [history] in the configuration hides it");
    match hub.history().masks().kept(subject) {
        Some(kept) => {
            failure.line("try", format!("lampfield history {}", shell::word(&kept.to_string())))
        }
        None => failure,
    }
}

/// The same failure of another command than `why`, which is tried again with the nearest name.
pub(super) fn of_verb(verb: &str) -> impl FnOnce(Failure) -> Failure {
    let (why, verb) = ("lampfield why ", format!("lampfield {verb} "));
    move |mut failure| {
        let tries = failure.lines.iter_mut().filter(|(label, _)| label == "try");
        tries.for_each(|(_, command)| *command = command.replacen(why, &verb, 1));
        failure
    }
}

fn unknown(actor: &Actor, hub: &Hub, typed: &str) -> Failure {
    let (_, name) = with_kind(typed);
    let near = hub.board().nearest(name, NEAREST, |subject| actor.hear().covers(subject));
    let near: Vec<String> = near.iter().map(|near| near.name().to_string()).collect();
    let failure = Failure::new(
        Exit::NoSuchThing,
        UNKNOWN,
        format!("no subject named \"{typed}\": nobody reports it"),
    );
    match near.first() {
        None => failure.line("try", "lampfield watch   shows changes as they come"),
        Some(best) => {
            let cased = near.iter().any(|near| near.eq_ignore_ascii_case(name));
            let remark = if cased { "   (names are case-sensitive)" } else { "" };
            failure
                .line("nearest", format!("{}{remark}", near.join("  ")))
                .line("try", format!("lampfield why {}", shell::word(&best.to_string())))
        }
    }
}
