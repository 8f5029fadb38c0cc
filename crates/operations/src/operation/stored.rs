//! A change is answered when it is on the disk, or when that will take a while.

use lampfield_fabric::{Health, Storage, StoreError, Ticket};

use crate::desk::Desk;
use crate::failure::{Exit, Failure};

impl<H> Desk<H> {
    /// Waits until a write is safe. None is safe already.
    ///
    /// # Errors
    /// The store writes nothing at present, or is closed. What was done is done.
    pub(super) async fn stored(&self, ticket: Option<Ticket>) -> Result<(), Failure> {
        let Some(ticket) = ticket else { return Ok(()) };
        let (mut committed, mut health) = (self.store.committed(), self.store.health());
        tokio::select! {
            biased;
            safe = committed.wait_for(|safe| *safe >= ticket) => {
                safe.map(drop).map_err(|_| closed())
            }
            ill = health.wait_for(|health| *health != Health::Ok) => match ill.as_deref() {
                Ok(Health::Stalled { reason, .. }) => Err(not_stored(reason)),
                _ => Err(closed()),
            },
        }
    }
}

/// What a disk that takes nothing usually lacks.
pub(super) const SHOW_ROOM: &str = "df -h";

/// It is done, and will be stored when there is room.
pub(super) fn not_stored(reason: &str) -> Failure {
    Failure::new(Exit::Bad, "not-stored", format!("done, but not stored yet: {reason}"))
        .line("try", SHOW_ROOM)
}

/// What the store answers, where it cannot be asked.
pub(super) fn unreadable(error: &StoreError) -> Failure {
    Failure::new(Exit::Bad, "store", error.to_string())
}

fn closed() -> Failure {
    unreadable(&StoreError::Closed)
}
