//! The names of the telephony nodes.

use lampfield_board::{Kind, Subject, SubjectName};
use lampfield_hub::kit::Shows;

/// The node of all device states, or the collection of a node per device.
pub const DEVICE_STATE: &str = "device_state";
/// The same for mailboxes.
pub const MESSAGE_WAITING: &str = "message_waiting";
/// What the lamps show, one item per device: for ordinary clients, read only.
pub const AGGREGATE_DEVICE_STATE: &str = "aggregate/device_state";
/// The same for mailboxes.
pub const AGGREGATE_MESSAGE_WAITING: &str = "aggregate/message_waiting";

/// What Asterisk tells in its events, and so what there are nodes for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EventKind {
    /// States of devices, at the node `device_state`.
    DeviceState,
    /// Counts of messages in mailboxes, at the node `message_waiting`.
    MessageWaiting,
}

/// A node that the hub stands behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TelephonyNode {
    /// Every contribution, as the PBXs make them.
    Facts(EventKind),
    /// What the lamps show: one item for each subject.
    Lamps(EventKind),
}

// === impl EventKind ===

impl EventKind {
    /// What the events of a kind are, if there are any.
    pub const fn of(kind: Kind) -> Option<Self> {
        match kind {
            Kind::Device => Some(Self::DeviceState),
            Kind::Mailbox => Some(Self::MessageWaiting),
            _ => None,
        }
    }

    /// The kind of subject that the events are about.
    pub const fn kind(self) -> Kind {
        match self {
            Self::DeviceState => Kind::Device,
            Self::MessageWaiting => Kind::Mailbox,
        }
    }
}

// === impl TelephonyNode ===

impl TelephonyNode {
    /// All of them, in the order that discovery lists them.
    pub const ALL: [(Self, &'static str); 4] = [
        (Self::Facts(EventKind::DeviceState), DEVICE_STATE),
        (Self::Facts(EventKind::MessageWaiting), MESSAGE_WAITING),
        (Self::Lamps(EventKind::DeviceState), AGGREGATE_DEVICE_STATE),
        (Self::Lamps(EventKind::MessageWaiting), AGGREGATE_MESSAGE_WAITING),
    ];

    /// The telephony node that `name` means exactly; none for any other node.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, known)| *known == name).map(|(node, _)| *node)
    }

    /// The kind of the subjects that the node is about.
    pub const fn kind(self) -> Kind {
        match self {
            Self::Facts(events) | Self::Lamps(events) => events.kind(),
        }
    }

    /// What its subscribers see of a change.
    pub const fn shows(self) -> Shows {
        match self {
            Self::Facts(_) => Shows::Facts,
            Self::Lamps(_) => Shows::Lamps,
        }
    }

    /// The subject that an item of it is about; `None` for a name that none can have.
    pub fn subject(self, item: &str) -> Option<Subject> {
        SubjectName::parse(item).ok().map(|name| Subject::new(self.kind(), name))
    }

    /// The name of the node on the wire; Asterisk has its two compiled in.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Facts(EventKind::DeviceState) => DEVICE_STATE,
            Self::Facts(EventKind::MessageWaiting) => MESSAGE_WAITING,
            Self::Lamps(EventKind::DeviceState) => AGGREGATE_DEVICE_STATE,
            Self::Lamps(EventKind::MessageWaiting) => AGGREGATE_MESSAGE_WAITING,
        }
    }
}

/// Whether a name has the shape of a device's or a mailbox's: what Asterisk calls a node with
/// collection_nodes=yes (XEP-0248) or pubsub_autocreate=yes.
pub fn is_leaf(name: &str) -> bool {
    name.parse::<Subject>().is_ok_and(|subject| EventKind::of(subject.kind()).is_some())
}

/// Whether the generic service must leave this name alone.
pub fn is_reserved(name: &str) -> bool {
    TelephonyNode::named(name).is_some() || name.starts_with("aggregate/")
}
