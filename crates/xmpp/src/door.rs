//! The XMPP door as a whole: what its connections and services share.

use std::cell::Cell;
use std::rc::Rc;

use lampfield_hub::ConnId;

use crate::accounts::AccountBook;
use crate::gate::Gate;
use crate::router::Router;
use crate::services::Services;
use crate::settings::Settings;
use crate::wire::Flusher;

/// Shared by every connection of the core thread.
#[derive(Debug)]
pub struct Door {
    /// What the operator has decided.
    pub settings: Settings,
    /// Who may log in and what they may do.
    pub accounts: Rc<AccountBook>,
    /// Who is connected.
    pub router: Router,
    /// What the server answers.
    pub services: Services,
    /// How many may connect.
    pub gate: Rc<Gate>,
    /// Writes what was sent, once per turn.
    pub flusher: Rc<Flusher>,
    next_conn: Cell<u64>,
}
