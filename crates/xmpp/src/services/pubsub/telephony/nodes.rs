//! The names of the telephony nodes.

use lampfield_board::{Kind, Subject, SubjectName};

/// The node of all device states, or the collection of a node per device.
pub const DEVICE_STATE: &str = "device_state";
/// The same for mailboxes.
pub const MESSAGE_WAITING: &str = "message_waiting";
/// What the lamps show, one item per device: for ordinary clients, read only.
pub const AGGREGATE_DEVICE_STATE: &str = "aggregate/device_state";
/// The same for mailboxes.
pub const AGGREGATE_MESSAGE_WAITING: &str = "aggregate/message_waiting";

/// A node that the hub stands behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TelephonyNode {
    /// Every contribution, as the servers make them.
    Facts(Kind),
    /// What the lamps show.
    Lamps(Kind),
}

impl TelephonyNode {
    /// All of them, in the order that discovery lists them.
    pub const ALL: [(Self, &'static str); 4] = [
        (Self::Facts(Kind::DeviceState), DEVICE_STATE),
        (Self::Facts(Kind::Mailbox), MESSAGE_WAITING),
        (Self::Lamps(Kind::DeviceState), AGGREGATE_DEVICE_STATE),
        (Self::Lamps(Kind::Mailbox), AGGREGATE_MESSAGE_WAITING),
    ];

    /// The node of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, known)| *known == name).map(|(node, _)| *node)
    }

    /// What it is about.
    pub fn kind(self) -> Kind {
        match self {
            Self::Facts(kind) | Self::Lamps(kind) => kind,
        }
    }

    /// The subject that an item of it is about; `None` for a name that none can have.
    pub fn subject(self, item: &str) -> Option<Subject> {
        SubjectName::parse(item).ok().map(|name| Subject::new(self.kind(), name))
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Facts(kind) => of_kind(kind),
            Self::Lamps(Kind::DeviceState) => AGGREGATE_DEVICE_STATE,
            Self::Lamps(Kind::Mailbox) => AGGREGATE_MESSAGE_WAITING,
        }
    }
}

/// The node that carries the facts of a kind.
pub fn of_kind(kind: Kind) -> &'static str {
    match kind {
        Kind::DeviceState => DEVICE_STATE,
        Kind::Mailbox => MESSAGE_WAITING,
    }
}

/// Whether a name has the shape of a device's or a mailbox's: what Asterisk calls a node with
/// collection_nodes=yes (XEP-0248) or pubsub_autocreate=yes.
pub fn is_leaf(name: &str) -> bool {
    name.parse::<Subject>().is_ok()
}

/// Whether the generic service must leave this name alone.
pub fn is_reserved(name: &str) -> bool {
    TelephonyNode::named(name).is_some() || name.starts_with("aggregate/")
}
