//! What a client library that others wrote, slixmpp, makes of the server. The scenarios are Python,
//! in `tests/clients`; each is run by one test here, which brings the server and, where one is
//! needed, the PBX.

mod contacts;
mod discovery;
mod lamps;
mod logins;
mod pubsub;
mod registration;
mod script;
