//! What must hold for any input, however wrong: one function for each parser that strangers, or
//! operators in a hurry, can reach. A broken promise is a panic.
//!
//! `cargo xtask fuzz` searches for inputs that break one, guided by coverage, through the programs
//! in `targets`. What it has found once, and one example of each kind of input, is in `corpus` and
//! played again by `cargo test`.

mod configuration;
mod element;
mod filter;
mod framer;
mod jid;
mod oracle;
mod relay;
mod sasl;

/// A parser's name, which is also that of its folder in `corpus`, and what must hold of it.
pub type Check = (&'static str, fn(&[u8]));

/// All checks.
pub const CHECKS: [Check; 10] = [
    ("configuration", configuration::check),
    ("element", element::check),
    ("filter", filter::check),
    ("framer", framer::check),
    ("jid", jid::check),
    ("relay-arguments", relay::check_arguments),
    ("relay-login", relay::check_login),
    ("relay-pbx", relay::check_pbx),
    ("relay-server", relay::check_server),
    ("sasl", sasl::check),
];

/// Checks one input for the parser of this name.
pub fn check(name: &str, data: &[u8]) {
    let (_, check) = CHECKS.iter().find(|(known, _)| *known == name).expect("a parser");
    check(data);
}
