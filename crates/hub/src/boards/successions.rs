//! Which board follows which when domains have others than when the server ran last. What accounts say is theirs and goes
//! with them; what is the board's own, its history and what was said on it by hand, follows the domains that had it.

use std::collections::BTreeSet;
use std::rc::Rc;

use lampfield_board::BoardName;

use crate::StoredHistory;

/// The boards of one domain: the one that it had when the server ran last, and the one that it has now.
///
/// A board that none of its domains has any longer is followed by those that they have. If that is one, what was said by
/// hand goes there; if they are several, or if others have a board of its name now, it ends. The history goes along only
/// under a mere new name, where all domains of the board went to one that nobody had: pages of two boards cannot be put
/// together, as the same name was two lamps, and nobody is to read what strangers said. Otherwise it is removed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Succession {
    /// The board that it had.
    pub before: BoardName,
    /// The board that it has.
    pub now: BoardName,
}

/// Where the domains of a board are now.
pub(super) fn heirs(successions: &[Succession], board: &BoardName) -> BTreeSet<BoardName> {
    let of_it = successions.iter().filter(|one| one.before == *board);
    of_it.map(|one| one.now.clone()).collect()
}

/// The boards that none of their domains has any longer. Others may have one of the same name by now, which is another
/// board.
pub(super) fn left(successions: &[Succession]) -> BTreeSet<BoardName> {
    let before = successions.iter().map(|one| one.before.clone());
    before.filter(|board| !heirs(successions, board).contains(board)).collect()
}

/// Moves or removes the history of each board that has been left. To be called before the history runs. Where
/// the store takes nothing, that is left to a later start: no lamp waits for it.
pub(super) async fn of_history(
    successions: &[Succession],
    left: &BTreeSet<BoardName>,
    history: &Rc<StoredHistory>,
) {
    let before: BTreeSet<_> = successions.iter().map(|one| &one.before).collect();
    for board in left {
        let done = match new_name(successions, board).filter(|new| !before.contains(new)) {
            Some(new) => history.rename(board, &new).await,
            None => history.forget(board).await,
        };
        if let Err(error) = done {
            tracing::warn!(code = "history-unread", %board, %error, "a history cannot be moved yet");
        }
    }
}

/// The only board that follows another one, if it follows no other.
fn new_name(successions: &[Succession], board: &BoardName) -> Option<BoardName> {
    let heirs = heirs(successions, board);
    let new = heirs.first().filter(|_| heirs.len() == 1)?;
    let follows_others = successions.iter().any(|one| one.now == *new && one.before != *board);
    (!follows_others).then(|| new.clone())
}
