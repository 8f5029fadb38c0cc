//! What a person sees at the start. On a terminal it is a page with everything that comes next; in a
//! log it is one line, and never a secret.

use std::io::{self, IsTerminal, Write};

use crate::advice::Advice;
use crate::certificate::{Maker, Summary};
use crate::config::{Problem, Problems, Weight};
use crate::document::status::Server;
use crate::place::Place;

/// Says what has started.
pub fn greet(server: &Server, certificates: &[Summary], place: &Place) {
    for certificate in certificates.iter().filter(|one| !one.missing.is_empty()) {
        let names = certificate.missing.join(" ");
        tracing::warn!(
            code = "certificate-names",
            domain = %certificate.domain,
            names,
            "the certificate does not have these names: clients that check names, such as a relay without \
             --fingerprint, refuse it; stock Asterisk does not check"
        );
    }
    if !io::stderr().is_terminal() {
        let (version, data, config) = (&server.version, &server.data_dir, &server.config);
        let (domains, listeners) = (server.domains.join(" "), server.listeners.join(" "));
        let config = config.as_deref().unwrap_or("none");
        tracing::info!(
            code = "start",
            version,
            data,
            config,
            domains,
            listeners,
            "lampfield starts"
        );
        return;
    }
    let mut text =
        format!("lampfield {} (embedded store, data in {})\n", server.version, server.data_dir);
    for domain in &server.domains {
        let certificate = certificates.iter().find(|one| one.domain.as_str() == domain);
        text += &format!("  domain    {domain:24}  {}\n", certificate.map_or_else(none, described));
    }
    let pubsub = server.domains.first().map(|domain| format!("pubsub.{domain}"));
    text += &format!(
        "  xmpp      {:24}  {} ready: device_state, message_waiting\n",
        server.listeners.join("  "),
        pubsub.unwrap_or_default()
    );
    text += &match (&server.config, place.command_to_write()) {
        (Some(file), _) => format!("  config    {file}\n"),
        (None, None) => "  config    none, defaults used\n".to_owned(),
        (None, Some(command)) => format!(
            "  config    none at {}, defaults used; write it with:\n            {command}\n",
            place.file_named()
        ),
    };
    say(&text);
}

/// Says what should be looked at although the server starts.
pub fn advise(advice: &[Advice], warnings: &Problems) {
    report(warnings);
    for Advice { code, text, remedy } in advice {
        match io::stderr().is_terminal() {
            true => say(&format!("  look      {text}\n            mend  {remedy}\n")),
            false => tracing::warn!(code, remedy, "{text}"),
        }
    }
}

/// Writes each problem of a configuration file to the log.
pub fn report(problems: &Problems) {
    for problem in &problems.list {
        let Problem { code, message, hint, weight, .. } = problem;
        let (line, column) = problems.source.line_and_column(problem);
        let at = format!("{}:{line}:{column}", problems.source.path.display());
        let hint = hint.as_deref().unwrap_or_default();
        match weight {
            Weight::Error => tracing::error!(code, at, hint, "{message}"),
            Weight::Warning => tracing::warn!(code, at, hint, "{message}"),
        }
    }
}

/// Writes to standard error as it is.
pub fn say(text: &str) {
    // A server whose terminal went away goes on.
    let _ = io::stderr().write_all(text.as_bytes());
}

fn none() -> String {
    "no certificate: TLS is off".to_owned()
}

fn described(certificate: &Summary) -> String {
    let maker = match &certificate.maker {
        Maker::Operator(file) => format!("certificate in {}", file.display()),
        Maker::MadeNow => "certificate made now".to_owned(),
        Maker::MadeBefore => "own certificate".to_owned(),
    };
    let end = certificate.valid_to.map(|end| format!(", valid to {}", end.strftime("%Y-%m-%d")));
    let print: String = certificate.fingerprints.certificate.chars().take(8).collect();
    format!("{maker}{}, SHA-256 {print}…", end.unwrap_or_default())
}
