//! What a word of the PBX is about.

/// A node and what is said there of one item.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Subject {
    /// The name of the PubSub node.
    pub node: Box<str>,
    /// The item's id: a device, or a mailbox.
    pub item: Box<str>,
}
