//! Which of its invitations an account was given last.

use serde::{Deserialize, Serialize};

use crate::key_file::random;

/// Tells one invitation of an account from all its others. It is drawn by lot from 2^64, not counted:
/// whatever has ended an invitation, also the account itself, no later one is the same again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Generation(u64);

// === impl Generation ===

impl Generation {
    /// Draws a new generation by lot; none if the kernel has no random numbers.
    pub(crate) fn draw() -> Option<Self> {
        random().map(u64::from_be_bytes).map(Self)
    }

    /// What goes into the password. Small ones are of accounts from when they were counted, in four
    /// bytes.
    pub(crate) fn bytes(self) -> Vec<u8> {
        match u32::try_from(self.0) {
            Ok(counted) => counted.to_be_bytes().to_vec(),
            Err(_) => self.0.to_be_bytes().to_vec(),
        }
    }
}
