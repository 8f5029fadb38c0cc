//! Facts and their rules: who says what about which lamp, and what the lamp therefore shows.
//!
//! Pure: no I/O, no clock, no async, no randomness that another node would see. It must never
//! decide by wall clock which fact is newer, and never grow beyond the limits it was given.

mod account_name;
mod board;
mod cachable;
mod change;
mod device_state;
mod digest;
mod door_name;
mod eid;
mod ending;
pub mod fold;
pub mod history;
mod kind;
mod message_count;
mod name;
mod nearest;
mod origin;
mod pattern;
mod revision;
mod slots;
mod statement;
mod subject;
mod value;
mod version;
mod wall_time;
pub mod why;

pub use account_name::AccountName;
pub use board::{Applied, Board, BoardLimits, Counts, Fact, OriginsFull, Refused, SubjectFacts};
pub use cachable::Cachable;
pub use change::Change;
pub use device_state::{DeviceState, UnknownDeviceState};
pub use digest::Digest;
pub use door_name::{DoorName, UnknownDoor};
pub use eid::{Eid, EidError};
pub use ending::{Ending, UnknownEnding};
pub use history::History;
pub use kind::{Kind, UnknownKind};
pub use message_count::MessageCount;
pub use name::NameError;
pub use origin::{Origin, OriginId};
pub use pattern::{Pattern, PatternError};
pub use revision::Revision;
pub use statement::Statement;
pub use subject::{Subject, SubjectError, SubjectId, SubjectName};
pub use value::{FactState, Value};
pub use version::Version;
pub use wall_time::WallTime;
pub use why::Why;
