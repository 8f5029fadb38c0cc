//! What the end-to-end tests stand on: the server under test, real Asterisks, and XMPP
//! clients that say exactly what a test tells them. Nothing here shares code with the server: a
//! mistake must not be able to agree with itself. The product's fake PBX shares none with it either,
//! and is held to real Asterisks by the tests of [`member`].

pub mod afar;
pub mod ami;
pub mod asterisk;
pub mod chance;
pub mod cut;
pub mod debian;
pub mod desk_phone;
pub mod eventually;
pub mod flood;
pub mod line;
pub mod machine;
pub mod member;
pub mod namespace;
pub mod net;
pub mod other_user;
pub mod pace;
pub mod pjsip;
pub mod process;
pub mod scene;
pub mod scripted_pbx;
pub mod server;
pub mod stanzas;
pub mod states;
pub mod wire_script;
pub mod xmpp;
