//! What clients get from the server, good ones and bad ones, told stanza by stanza.

mod bad_input;
mod broken_streams;
mod by_relay;
mod certificates;
mod commands;
mod configuration;
mod domains;
mod fairness;
mod guessing;
mod history;
mod languages;
mod large_answers;
mod leases;
mod logins;
mod quiet;
mod registration;
mod relay_guest;
mod relay_targets;
mod relay_trust;
mod relay_witness;
mod relayed;
mod removals;
mod replaced;
mod rights;
mod scripts;
mod slow_readers;
