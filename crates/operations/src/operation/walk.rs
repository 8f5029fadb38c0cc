//! A look at everything on a board, in pieces: others have their turn between two of them.

use lampfield_board::{SubjectFacts, SubjectId};
use lampfield_hub::{Hub, HubShell, Now};

/// Subjects that are looked at in one turn of the core thread.
const LOOKED_AT: usize = 500;

/// Shows each subject once, of which only an end may be remembered. What comes meanwhile may be seen or not.
pub(super) async fn over(board: &HubShell, mut visit: impl FnMut(&Hub, Now, SubjectFacts<'_>)) {
    let mut place = Some(SubjectId::FIRST);
    while let Some(from) = place {
        place = board.read(|hub, now| {
            let mut last = None;
            for facts in hub.board().subjects_from(from).take(LOOKED_AT) {
                last = Some(facts.id().next());
                visit(hub, now, facts);
            }
            last
        });
        tokio::task::yield_now().await;
    }
}
