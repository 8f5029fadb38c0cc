//! What stock Asterisks show when they share their states through Lampfield. One file per
//! purpose; every assertion is on what an Asterisk itself shows.

mod alone;
mod deaths;
mod joining;
mod links;
mod mailboxes;
mod options;
mod poison;
mod queues;
mod restarts;
mod sites;
mod soak;
mod states;
mod withdrawal;
mod xmpp_conf;
