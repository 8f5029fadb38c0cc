//! Asterisk's device states and how Asterisk adds them up, written down a second time from
//! `asterisk/main/devicestate.c` as described in its documentation; the product has its own.

/// A device state as AMI writes it.
pub type State = &'static str;

/// All states that a PBX can put into `DEVICE_STATE()` and mean, without UNKNOWN.
pub const KNOWN: [State; 8] =
    ["NOT_INUSE", "INUSE", "BUSY", "INVALID", "UNAVAILABLE", "RINGING", "RINGINUSE", "ONHOLD"];

/// From the weakest to the strongest.
const ORDER: [State; 9] = [
    "INVALID",
    "UNKNOWN",
    "UNAVAILABLE",
    "NOT_INUSE",
    "ONHOLD",
    "RINGING",
    "INUSE",
    "BUSY",
    "RINGINUSE",
];

/// What one lamp shows when two PBXs say these.
pub fn together(one: State, other: State) -> State {
    let busy = |state| matches!(state, "INUSE" | "ONHOLD" | "BUSY");
    if (one == "RINGING" && busy(other)) || (other == "RINGING" && busy(one)) {
        return "RINGINUSE";
    }
    let strength = |state| ORDER.iter().position(|s| *s == state).expect("a device state");
    if strength(one) >= strength(other) { one } else { other }
}

/// What a hint shows for a single device in this state (`core show hints`).
pub fn hint_word(state: State) -> &'static str {
    match state {
        "NOT_INUSE" | "UNKNOWN" => "Idle",
        "INUSE" => "InUse",
        "BUSY" => "Busy",
        "INVALID" | "UNAVAILABLE" => "Unavailable",
        "RINGING" => "Ringing",
        "RINGINUSE" => "InUse&Ringing",
        "ONHOLD" => "Hold",
        other => panic!("{other} is not a device state"),
    }
}
