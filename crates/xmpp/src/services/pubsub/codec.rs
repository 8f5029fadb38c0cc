//! Pubsub's XML: stanzas to requests, answers and events to stanzas. It decides nothing about who
//! may do what, and keeps nothing.

mod attribute;
mod command;
mod config_form;
mod disco;
mod error;
mod event;
mod form;
pub mod ns;
mod options_form;
mod query;
mod reply;
mod request;
mod rsm;

pub use self::command::Command;
pub use self::disco::{FEATURES, Listing, node_info, node_items, service_info, service_items};
pub use self::error::Malformed;
pub use self::event::{Broadcast, head};
pub use self::query::Query;
pub use self::reply::{
    affiliations, configuration, created, default_configuration, default_options, items,
    node_affiliations, options, published, subscribed, subscriptions,
};
pub use self::request::{PubsubRequest, parse};
pub use self::rsm::{Paging, page_request, write_part};
