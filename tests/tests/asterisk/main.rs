//! What stock Asterisk servers show when they share their states through Lampfield. One file per
//! purpose; every assertion is on what an Asterisk itself shows.

mod alone;
mod joining;
mod mailboxes;
mod states;
