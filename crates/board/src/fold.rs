//! What a lamp shows when several origins speak of it: one rule per kind, over the live facts
//! only, in whatever order they come. No live fact, no value.

use crate::device_state::DeviceState;
use crate::kind::Kind;
use crate::message_count::MessageCount;
use crate::revision::Revision;
use crate::value::Value;

/// Folds the live facts of one subject by the rule of its kind. Each fact comes with the revision
/// at which it arrived. Values of another kind are left out.
pub fn aggregate(kind: Kind, facts: impl Iterator<Item = (Revision, Value)>) -> Option<Value> {
    match kind {
        Kind::DeviceState => devices(facts.filter_map(|(_, v)| v.device())).map(Value::Device),
        Kind::Mailbox => {
            let counts = facts.filter_map(|(arrived, v)| Some((arrived, v.mailbox()?)));
            newest_count(counts).map(Value::Mailbox)
        }
    }
}

/// The strongest state, except that a ringing device which is also in use, on hold or busy
/// somewhere shows RINGINUSE (Asterisk, `main/devicestate.c`, `ast_devstate_aggregate_add`).
pub fn devices(states: impl IntoIterator<Item = DeviceState>) -> Option<DeviceState> {
    let mut strongest: Option<DeviceState> = None;
    let mut ringing = false;
    let mut occupied = false;
    for state in states {
        ringing |= state == DeviceState::Ringing;
        occupied |= state.occupies();
        if strongest.is_none_or(|held| held.strength() < state.strength()) {
            strongest = Some(state);
        }
    }
    if ringing && occupied { Some(DeviceState::RingInUse) } else { strongest }
}

/// The newest arrival, whichever origin it is from: servers do not add mailboxes up, each takes
/// the last word it hears as the mailbox's state (Asterisk, `main/mwi.c`).
pub fn newest_count(
    arrivals: impl IntoIterator<Item = (Revision, MessageCount)>,
) -> Option<MessageCount> {
    arrivals.into_iter().max_by_key(|(arrived, _)| *arrived).map(|(_, count)| count)
}
