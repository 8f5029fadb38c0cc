//! The telephony side of every board that some domain has. What one of them says never reaches another.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use lampfield_accounts::LogLimit;
use lampfield_board::{BoardName, Protocol};
use lampfield_fabric::StoreError;
use lampfield_hub::kit::{DoorBoards, DoorKit};
use tokio::sync::Notify;

use super::Telephony;
use crate::domains::ServedDomain;
use crate::results::Results;

/// One [`Telephony`] for each board.
pub struct Telephonies {
    boards: DoorBoards,
    by_board: RefCell<BTreeMap<BoardName, Rc<Telephony>>>,
    results: Rc<Results>,
    log_limit: Rc<LogLimit>,
    /// Somebody on some board is behind and has to be brought up to date.
    behind: Rc<Notify>,
}

// === impl Telephonies ===

impl Telephonies {
    pub(crate) fn new(boards: DoorBoards, results: Rc<Results>, log_limit: Rc<LogLimit>) -> Self {
        let (by_board, behind) = (RefCell::default(), Rc::default());
        Self { boards, by_board, results, log_limit, behind }
    }

    /// That of a domain's board, which is opened if it is not yet.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn open(&self, domain: &ServedDomain) -> Result<Rc<Telephony>, StoreError> {
        if let Some(known) = self.of(&domain.board) {
            return Ok(known);
        }
        let telephony = Rc::new(Telephony::new(
            DoorKit::open(&self.boards, &domain.board, Protocol::Xmpp).await?,
            Rc::clone(&self.results),
            Rc::clone(&self.log_limit),
            Rc::clone(&self.behind),
        ));
        self.by_board.borrow_mut().insert(domain.board.clone(), Rc::clone(&telephony));
        let probing = Rc::clone(&telephony);
        tokio::task::spawn_local(async move { probing.probe().await });
        Ok(telephony)
    }

    /// That of a board, if some domain has it.
    pub fn of(&self, board: &BoardName) -> Option<Rc<Telephony>> {
        self.by_board.borrow().get(board).cloned()
    }

    /// One for each board that a domain has, sorted by the board's name.
    pub fn all(&self) -> Vec<Rc<Telephony>> {
        self.by_board.borrow().values().cloned().collect()
    }

    /// Serves for ever: brings streams up to date that are behind and have room.
    pub async fn catch_up(&self, roomy: &Notify) {
        loop {
            let mut moved = false;
            for telephony in self.all() {
                moved |= telephony.catch_up().await;
            }
            if !moved {
                tokio::select! {
                    () = self.behind.notified() => {}
                    () = roomy.notified() => {}
                }
            }
        }
    }
}

impl std::fmt::Debug for Telephonies {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.by_board.borrow().keys()).finish()
    }
}
