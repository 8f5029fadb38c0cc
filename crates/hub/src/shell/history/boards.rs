//! The past of a board that has another name now, and of one that is gone. Rows are looked for in the store itself, so
//! that what cannot be read moves and goes as well.

use lampfield_board::BoardName;
use lampfield_fabric::{Bucket, Health, Row, Storage, StoreError, Ticket, Write};
use tokio::time::timeout;

use super::page::PageKey;
use super::{PATIENCE, StoredHistory};
use crate::keys;

/// Pages that are moved or removed at once, each of [`super::page::PAGE_BYTES`] and a little.
const AT_ONCE: usize = 32;

impl StoredHistory {
    /// A board has another name from now on. To be called before [`StoredHistory::run`].
    ///
    /// # Errors
    /// When the store cannot be read, or takes nothing: what is not moved yet has its old name still.
    pub(crate) async fn rename(&self, from: &BoardName, to: &BoardName) -> Result<(), StoreError> {
        let mut pages = 0;
        loop {
            let rows = self.rows_of(from).await?;
            if rows.is_empty() {
                break;
            }
            // A crash between the two leaves both, and the new ones are written once more. A row whose key nobody can read
            // has nowhere to go.
            let new = rows.iter().filter_map(|row| renamed(row, to));
            self.write_all(new.collect()).await?;
            pages += rows.len();
            self.remove_all(rows).await?;
        }
        if pages > 0 {
            tracing::info!(code = "history-moved", %from, %to, pages, "the history of a board has moved with it");
        }
        Ok(())
    }

    /// Nothing of the past of a board is left, in memory as on the disk. What it says from now on is recorded as ever.
    ///
    /// # Errors
    /// As [`StoredHistory::rename`].
    pub(crate) async fn forget(&self, board: &BoardName) -> Result<(), StoreError> {
        let mut open = self.open_pages().await;
        open.close(board);
        self.waiting.borrow_mut().forget(board);
        self.index.borrow_mut().forget(board);
        self.journal.forget(board);
        self.boards.borrow_mut().retain(|known| known != board);
        let mut pages = 0;
        loop {
            let rows = self.rows_of(board).await?;
            if rows.is_empty() {
                break;
            }
            pages += rows.len();
            self.remove_all(rows).await?;
        }
        if pages > 0 {
            tracing::info!(code = "history-removed", %board, pages, "the board and its history were removed");
        }
        Ok(())
    }

    async fn rows_of(&self, board: &BoardName) -> Result<Vec<Row>, StoreError> {
        let page = self.store.scan(Bucket::History, &keys::prefix(board), None, AT_ONCE).await?;
        Ok(page.rows)
    }

    async fn remove_all(&self, rows: Vec<Row>) -> Result<(), StoreError> {
        self.write_all(rows.into_iter().map(|row| (row.key, None)).collect()).await
    }

    fn stalled(&self) -> StoreError {
        let reason = match &*self.store.health().borrow() {
            Health::Stalled { reason, .. } => reason.clone(),
            Health::Ok => "it takes long".to_owned(),
        };
        StoreError::Stalled { reason }
    }

    /// Returns when all of it is safe.
    async fn write_all(&self, rows: Vec<(String, Option<String>)>) -> Result<(), StoreError> {
        let mut last = Ticket::default();
        for (key, value) in rows {
            last = self.store.write(Write { bucket: Bucket::History, key, value })?;
        }
        let mut committed = self.store.committed();
        let safe = committed.wait_for(|committed| *committed >= last);
        match timeout(PATIENCE, safe).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(_)) => Err(StoreError::Closed),
            Err(_) => Err(self.stalled()),
        }
    }
}

/// A row under the name of another board; none if nobody can say where its page begins.
fn renamed(row: &Row, to: &BoardName) -> Option<(String, Option<String>)> {
    let key = PageKey { board: to.clone(), ..PageKey::parse(&row.key)? };
    Some((key.to_string(), Some(row.value.clone())))
}
