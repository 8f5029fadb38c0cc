//! Who holds what: ties facts to the connections that said them. Decides when a fact ends, what a
//! peer must still be told, and what a newcomer is sent first.
//!
//! [`Hub`] does no I/O and reads no clock: calls and ticks go in, [`Effect`]s come out, so whole
//! clusters can be simulated in one thread. [`HubShell`] runs it.

mod backoff;
mod boards;
mod connections;
mod deadlines;
mod departed;
mod doors;
mod effect;
mod grant;
mod hub;
mod keys;
pub mod kit;
mod notice;
mod now;
mod origins;
mod policy;
mod profile;
mod publication;
mod reached_limit;
mod readers;
mod refusals;
mod remains;
mod report;
mod restrictions;
mod settings;
mod shell;
pub mod shell_words;
mod stored;
mod sweep;
mod tombstones;

pub use boards::{Boards, Succession};
pub use connections::ConnId;
pub use doors::{DoorHealth, DoorReport, DoorState};
pub use effect::Effect;
pub use grant::Grant;
pub use hub::{Hub, Room, Verdict, Watch};
pub use notice::{Happening, Notice, Trouble};
pub use now::Now;
pub use policy::{Policies, Policy, Rule};
pub use profile::{Profile, Waits};
pub use publication::{Outcome, Publication, Refusal};
pub use reached_limit::ReachedLimit;
pub use readers::{PeerCache, Reader};
pub use report::{Explanation, Lease, OriginReport, Status, Tally, Used};
pub use settings::{Grace, HistorySettings, HubLimits, Settings};
pub use shell::{
    HubShell, Leaf, LinkEvent, LinkTurn, Observer, Search, Sought, StoredHistory, StoredReport,
};
