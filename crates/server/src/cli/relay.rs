//! `lampfield relay`: checks what was typed and runs the relay.

use std::process::ExitCode;

use lampfield_relay::{Settings, Trust, TrustError};

use super::args::RelayArgs as Args;
use super::stop::Stop;
use crate::failure::{Exit, Failure};
use crate::relay;

/// Runs until it is told to stop.
pub fn run(args: &Args) -> Result<ExitCode, Stop> {
    Ok(relay::run(args.listen, || settings(args))?)
}

fn settings(args: &Args) -> Result<Settings, Failure> {
    let trust = match (&args.ca, args.fingerprint.is_empty()) {
        (Some(file), _) => Trust::file(file, &args.to, args.fingerprint.clone()),
        (None, false) => Trust::pinned(args.fingerprint.clone()),
        (None, true) => Trust::system(&args.to),
    };
    let trust = trust.map_err(|error| untrusted(&error))?;
    Ok(Settings { targets: args.to.clone(), trust })
}

fn untrusted(error: &TrustError) -> Failure {
    let failure = Failure::new(Exit::Usage, "no-trust", error.to_string());
    let failure = match error {
        TrustError::Unreadable { .. } | TrustError::Empty(_) => failure.line(
            "try",
            "--ca FILE with the certificate of the authority that signed the server's, as PEM",
        ),
        TrustError::NoStore | TrustError::Tls(_) => failure,
    };
    failure
        .line("note", "or use --fingerprint SHA256HEX, which lampfield status on the server prints")
}
