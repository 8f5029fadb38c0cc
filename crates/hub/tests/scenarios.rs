//! One rule at a time, told as a short story.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "clippy's own exception for tests does not reach helper functions"
)]

#[path = "../../xmpp/src/services/telephony/profiles/asterisk.rs"]
mod asterisk;
#[path = "../../xmpp/src/services/telephony/profiles/own_names.rs"]
mod own_names;

mod scenarios {
    mod answers;
    mod back_off;
    mod bounds;
    mod by_hand;
    mod connections;
    mod fixture;
    mod kinds;
    mod leases;
    mod limits;
    mod profiles;
    mod removals;
    mod restrictions;
    mod troubles;
    mod unavailable;
    mod watches;
}
