//! The namespaces of pubsub and of what it leans on.

/// Requests of anybody (XEP-0060).
pub const PUBSUB: &str = "http://jabber.org/protocol/pubsub";
/// Requests of a node's owners.
pub const OWNER: &str = "http://jabber.org/protocol/pubsub#owner";
/// What notifications to subscribers stand in (XEP-0060 section 7.1.2).
pub const EVENT: &str = "http://jabber.org/protocol/pubsub#event";
/// Conditions inside a stanza error.
pub const ERRORS: &str = "http://jabber.org/protocol/pubsub#errors";
/// The form of a node's configuration.
pub const NODE_CONFIG: &str = "http://jabber.org/protocol/pubsub#node_config";
/// The form of a subscription's options.
pub const SUBSCRIBE_OPTIONS: &str = "http://jabber.org/protocol/pubsub#subscribe_options";
/// The form that describes a node to whoever discovers it.
pub const META_DATA: &str = "http://jabber.org/protocol/pubsub#meta-data";
/// Data forms (XEP-0004): configurations and options.
pub const DATA: &str = "jabber:x:data";
/// Result set management (XEP-0059).
pub const RSM: &str = "http://jabber.org/protocol/rsm";
/// Service discovery (XEP-0030): what something is.
pub const DISCO_INFO: &str = "http://jabber.org/protocol/disco#info";
/// Service discovery: what belongs to something.
pub const DISCO_ITEMS: &str = "http://jabber.org/protocol/disco#items";
