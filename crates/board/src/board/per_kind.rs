//! One value for each kind of subject.

use crate::kind::Kind;

/// One value for each kind.
#[derive(Default)]
pub(super) struct PerKind<T> {
    pub(super) device: T,
    pub(super) mailbox: T,
}

// === impl PerKind ===

impl<T> PerKind<T> {
    pub(super) fn of(&self, kind: Kind) -> &T {
        match kind {
            Kind::DeviceState => &self.device,
            Kind::Mailbox => &self.mailbox,
        }
    }

    pub(super) fn of_mut(&mut self, kind: Kind) -> &mut T {
        match kind {
            Kind::DeviceState => &mut self.device,
            Kind::Mailbox => &mut self.mailbox,
        }
    }
}
