//! Facts and their rules: who says what about which lamp, and what the lamp therefore shows.
//!
//! Pure: no I/O, no clock, no async, no randomness that another node would see. It must never
//! decide by wall clock which fact is newer, and never grow beyond the limits it was given.

mod account_name;
mod board;
mod board_name;
mod cachable;
mod change;
mod digest;
mod eid;
mod ending;
mod fact_state;
pub mod history;
mod identity;
pub mod kind;
pub mod mapping;
mod name;
mod nearest;
mod origin;
mod pattern;
mod protocol;
mod revision;
mod site;
mod slots;
mod statement;
mod subject;
mod version;
mod wall_time;
pub mod why;

pub use account_name::AccountName;
pub use board::{Applied, Board, BoardLimits, Counts, Fact, OriginsFull, Refused, SubjectFacts};
pub use board_name::{BoardName, BoardNameError};
pub use cachable::Cachable;
pub use change::Change;
pub use digest::Digest;
pub use eid::{Eid, EidError};
pub use ending::{Ending, UnknownEnding};
pub use fact_state::FactState;
pub use history::History;
pub use identity::Identity;
pub use kind::{
    DeviceState, Kind, MessageCount, PerKind, UnknownDeviceState, UnknownKind, Value, ValueError,
};
pub use mapping::{Mapping, Translation, View};
pub use name::NameError;
pub use origin::{Origin, OriginId};
pub use pattern::{Pattern, PatternError};
pub use protocol::{Protocol, UnknownProtocol};
pub use revision::Revision;
pub use site::{Label, Labels, LabelsError, PlaceWordError, SiteName};
pub use statement::Statement;
pub use subject::{Subject, SubjectError, SubjectId, SubjectName};
pub use version::Version;
pub use wall_time::WallTime;
pub use why::Why;
