//! What a node's owner can choose, and the same choices one by one as a request carries them.

use serde::{Deserialize, Serialize};

use super::limits::PubsubLimits;
use super::refusal::Refusal;

/// Who may subscribe and read (XEP-0060 section 4.5). The other models need a roster or a person
/// who approves, and are refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AccessModel {
    /// Everybody who is not banned.
    Open,
    /// Owners, publishers and members.
    Whitelist,
}

/// Who may publish besides owners and publishers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PublishModel {
    /// Nobody besides owners and publishers.
    Publishers,
    /// Whoever is subscribed to the node.
    Subscribers,
    /// Everybody who is not banned.
    Open,
}

/// When the newest stored item is sent without being asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SendLast {
    /// Never; a newcomer waits for the next publish.
    Never,
    /// To whoever has just subscribed.
    OnSub,
}

/// Whether items name who published them (`pubsub#itemreply`, XEP-0060 section 12.13).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ItemReply {
    /// Items do not say who published them.
    None,
    /// They carry the publisher's bare JID.
    Publisher,
}

/// The configuration of one node (XEP-0060 section 8.2), with the defaults of a new one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct NodeConfig {
    /// A name for people; may be empty.
    pub title: String,
    /// Who may subscribe and read.
    pub access_model: AccessModel,
    /// Who may publish besides owners and publishers.
    pub publish_model: PublishModel,
    /// Whether items are stored.
    pub persist_items: bool,
    /// How many items are stored, 1 to [`PubsubLimits::items_per_node`]; the oldest goes first.
    pub max_items: usize,
    /// Whether notifications carry the payload.
    pub deliver_payloads: bool,
    /// Whether subscribers hear of each retracted item and of a purge.
    pub notify_retract: bool,
    /// Whether subscribers hear that the node is deleted.
    pub notify_delete: bool,
    /// When the newest item is sent unasked.
    pub send_last_published_item: SendLast,
    /// Whether items name their publisher.
    pub item_reply: ItemReply,
}

impl Default for NodeConfig {
    fn default() -> Self {
        Self {
            title: String::new(),
            access_model: AccessModel::Open,
            publish_model: PublishModel::Publishers,
            persist_items: true,
            max_items: 10,
            deliver_payloads: true,
            notify_retract: true,
            notify_delete: true,
            send_last_published_item: SendLast::OnSub,
            item_reply: ItemReply::None,
        }
    }
}

/// Bytes of a title, at most.
pub const TITLE_BYTES: usize = 1023;

/// One choice, as a form or as a precondition of a publish carries it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Setting {
    /// `pubsub#title`, at most [`TITLE_BYTES`].
    Title(String),
    /// `pubsub#access_model`: who may subscribe and read.
    AccessModel(AccessModel),
    /// `pubsub#publish_model`: who may publish.
    PublishModel(PublishModel),
    /// `pubsub#persist_items`: whether items are stored.
    PersistItems(bool),
    /// `pubsub#max_items`: how many are stored.
    MaxItems(ItemBound),
    /// `pubsub#deliver_payloads`: whether notifications carry the payload.
    DeliverPayloads(bool),
    /// `pubsub#notify_retract`: whether subscribers hear of retracted items.
    NotifyRetract(bool),
    /// `pubsub#notify_delete`: whether subscribers hear of the node's end.
    NotifyDelete(bool),
    /// `pubsub#send_last_published_item`: whether newcomers get the newest item.
    SendLast(SendLast),
    /// `pubsub#itemreply`: whether items name their publisher.
    ItemReply(ItemReply),
}

/// A number of items as a client may ask for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ItemBound {
    /// This number, which the service may find too large.
    Count(usize),
    /// As many as the service allows (`max`).
    Most,
}

impl ItemBound {
    fn resolve(self, limits: &PubsubLimits) -> usize {
        match self {
            Self::Count(count) => count,
            Self::Most => limits.items_per_node,
        }
    }
}

// === impl NodeConfig ===

impl NodeConfig {
    /// This configuration with the settings applied in order. Refused as a whole when one of them
    /// cannot be had.
    pub fn with(&self, settings: &[Setting], limits: &PubsubLimits) -> Result<Self, Refusal> {
        let mut config = self.clone();
        for setting in settings {
            config.set(setting, limits);
        }
        if config.title.len() > TITLE_BYTES {
            return Err(Refusal::NotAcceptable(format!("a title is at most {TITLE_BYTES} bytes")));
        }
        if !(1..=limits.items_per_node).contains(&config.max_items) {
            let most = limits.items_per_node;
            return Err(Refusal::NotAcceptable(format!("max_items must be 1 to {most}")));
        }
        Ok(config)
    }

    fn set(&mut self, setting: &Setting, limits: &PubsubLimits) {
        match setting {
            Setting::Title(title) => self.title.clone_from(title),
            Setting::AccessModel(model) => self.access_model = *model,
            Setting::PublishModel(model) => self.publish_model = *model,
            Setting::PersistItems(yes) => self.persist_items = *yes,
            Setting::MaxItems(bound) => self.max_items = bound.resolve(limits),
            Setting::DeliverPayloads(yes) => self.deliver_payloads = *yes,
            Setting::NotifyRetract(yes) => self.notify_retract = *yes,
            Setting::NotifyDelete(yes) => self.notify_delete = *yes,
            Setting::SendLast(when) => self.send_last_published_item = *when,
            Setting::ItemReply(reply) => self.item_reply = *reply,
        }
    }

    /// Whether applying the settings would change nothing: the test of a publish's preconditions
    /// (XEP-0060 section 7.1.5).
    pub fn meets(&self, settings: &[Setting], limits: &PubsubLimits) -> bool {
        if settings.is_empty() {
            return true;
        }
        let mut config = self.clone();
        settings.iter().for_each(|setting| config.set(setting, limits));
        config == *self
    }
}
