//! A proof that two boards say the same. It is a sum, so it is kept up to date at each change and
//! does not depend on the order in which facts came.

use std::fmt;
use std::hash::Hasher;

use siphasher::sip::SipHasher24;

use crate::fact_state::FactState;
use crate::identity::Identity;
use crate::origin::Origin;
use crate::subject::Subject;
use crate::version::Version;

/// The sum, modulo 2^64, of one hash for each entry of a kind: equal boards have equal digests,
/// and different ones have different digests but for a chance of about 2^-64. It guards against
/// faults, not against forgers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Digest(u64);

/// What one entry adds to the digest of its kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Mark(u64);

// === impl Digest ===

impl Digest {
    /// The number, to be compared with another node's.
    #[must_use]
    pub const fn number(self) -> u64 {
        self.0
    }

    pub(crate) fn add(&mut self, mark: Mark) {
        self.0 = self.0.wrapping_add(mark.0);
    }

    pub(crate) fn remove(&mut self, mark: Mark) {
        self.0 = self.0.wrapping_sub(mark.0);
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

// === impl Mark ===

impl Mark {
    /// SipHash-2-4 with a zero key over an encoding of our own: nodes of different builds and
    /// machines must agree on it, which the standard library's hashes do not promise.
    pub(crate) fn of(
        subject: &Subject,
        origin: &Origin,
        state: &FactState,
        version: Version,
    ) -> Self {
        let mut hasher = SipHasher24::new();
        text(&mut hasher, subject.name().as_str());
        text(&mut hasher, origin.account.as_str());
        match &origin.identity {
            Identity::Eid(eid) => hasher.write(&eid.bytes()),
            Identity::Named(name) => text(&mut hasher, name),
        }
        hasher.write(&version.epoch.to_le_bytes());
        hasher.write(&version.counter.to_le_bytes());
        match state {
            FactState::Withdrawn(_) => hasher.write(&[0]),
            FactState::Live(value) => value.mark(&mut hasher),
            FactState::Unavailable(_) => hasher.write(&[3]),
        }
        Self(hasher.finish())
    }
}

/// Names end with a byte that UTF-8 never has, so that no two pairs of names run together.
fn text(hasher: &mut SipHasher24, name: &str) {
    hasher.write(name.as_bytes());
    hasher.write(&[0xff]);
}
