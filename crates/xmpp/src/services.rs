//! What the server does with stanzas, one folder or file per service.

pub mod pubsub;
