//! What must hold between keys, and the files that they name. Reads secret files only to see that
//! they can be read and that nobody else can.

mod boards;
mod maps;
mod names;
mod policies;
mod site_names;

use std::collections::HashSet;

use super::{Account, Config, Domain, History, Registration, Tls, Xmpp};
use crate::config::reader::{Reader, Refused};
use crate::config::secret_file;
use crate::config::value::FilePath;
use lampfield_accounts::weakness;
pub use maps::one as map;
pub use policies::one as policy;

/// Names that must differ across the file.
pub fn whole(config: &Config, reader: &mut Reader<'_>) {
    let mut seen = HashSet::new();
    for (index, domain) in config.domain.iter().enumerate() {
        if !seen.insert(&domain.name) {
            let at = reader.place_in("domain", index, "name");
            let refused = Refused::new(format!("the domain \"{}\" is defined twice", domain.name))
                .hint("put its accounts under one [[domain]]");
            reader.error("repeated-domain", at, refused);
        }
        if config.domain.iter().any(|other| domain.name.is_pubsub_of(&other.name)) {
            let at = reader.place_in("domain", index, "name");
            let refused = Refused::new(format!(
                "\"{}\" is the PubSub service of another domain already",
                domain.name
            ));
            reader.error("repeated-domain", at, refused);
        }
    }
    boards::all(config, reader);
    maps::all(config, reader);
    policies::all(config, reader);
    site_names::all(config, reader);
}

/// One domain by itself.
pub fn domain(domain: &Domain, reader: &mut Reader<'_>) {
    pair(&domain.certificate, &domain.certificate_key, reader);
    match (domain.registration, &domain.join_secret_file) {
        (Registration::FirstLogin, None) => {
            let refused = Refused::new("registration at the first login needs a shared secret")
                .hint("add join_secret_file = \"/path/to/secret\" (mode 0600)");
            reader.error("missing-key", reader.place_of("registration"), refused);
        }
        (_, Some(file)) => secret("join_secret_file", file, reader),
        (_, None) => (),
    }
    if let Some(pattern) = &domain.join_pattern {
        names::pattern("join_pattern", pattern, reader);
    }
    let mut seen = HashSet::new();
    for (index, account) in domain.account.iter().enumerate() {
        if !seen.insert(&account.name) {
            let at = reader.place_in("account", index, "name");
            let message =
                format!("the account \"{}@{}\" is defined twice", account.name, domain.name);
            reader.error("repeated-account", at, Refused::new(message));
        }
    }
}

/// The names that no past may hold. They may have a kind in front.
pub fn history(history: &History, reader: &mut Reader<'_>) {
    names::masks(&history.mask, reader);
}

/// One account by itself.
pub fn account(account: &Account, reader: &mut Reader<'_>) {
    names::patterns("allow", account.allow.as_deref().unwrap_or_default(), reader);
    names::patterns("hear", &account.hear, reader);
    strength(account, reader);
    if let Some(file) = &account.password_file {
        if account.password.is_some() {
            let refused = Refused::new("password and password_file exclude each other")
                .hint("keep one of them");
            reader.error("conflicting-keys", reader.place_of("password_file"), refused);
        }
        secret("password_file", file, reader);
    }
}

/// A password that everybody tries first. A warning: the PBX of somebody else may be set to it.
fn strength(account: &Account, reader: &mut Reader<'_>) {
    let Some(password) = &account.password else { return };
    if let Some(why) = weakness(password.reveal(), account.name.as_str()) {
        let refused = Refused::new(format!("the password of {} is weak: {why}", account.name))
            .hint(format!(
                "write a longer one; or remove this line, and lampfield invite {} prints a good one",
                account.name
            ));
        reader.warning("weak-password", reader.place_of("password"), refused);
    }
}

/// Checks the listeners, and that certificates and encryption go together.
pub fn xmpp(xmpp: &Xmpp, reader: &mut Reader<'_>) {
    pair(&xmpp.certificate, &xmpp.certificate_key, reader);
    if xmpp.listen.is_empty() && xmpp.listen_tls.is_empty() {
        let refused = Refused::new("there is no address to listen on, so nobody could connect")
            .hint("write one, such as \"0.0.0.0:5222\"");
        reader.error("no-listener", reader.place_of("listen"), refused);
    }
    let mut seen = HashSet::new();
    let all = [("listen", &xmpp.listen), ("listen_tls", &xmpp.listen_tls)];
    for (key, address) in all.iter().flat_map(|(key, list)| list.iter().map(move |one| (*key, one)))
    {
        if !seen.insert(address) {
            let refused = Refused::new(format!("{address} is used twice"))
                .hint("each address and port can be listened on once: remove one");
            reader.error("conflicting-keys", reader.place_of(key), refused);
        }
    }
    if xmpp.tls == Tls::Off && !xmpp.listen_tls.is_empty() {
        let refused = Refused::new("listen_tls needs TLS, and tls is \"off\"")
            .hint("with tls = \"optional\" the plain listeners stay as they are");
        reader.error("conflicting-keys", reader.place_of("listen_tls"), refused);
    }
    if xmpp.tls == Tls::Off && !xmpp.clear_text_auth {
        let refused = Refused::new("stock Asterisk cannot log in with these settings")
            .hint("it only knows PLAIN: set clear_text_auth = true, or use TLS");
        reader.warning("no-plain", reader.place_of("tls"), refused);
    }
}

/// A certificate is of no use without its key, nor the other way round.
fn pair(certificate: &Option<FilePath>, key: &Option<FilePath>, reader: &mut Reader<'_>) {
    let (present, absent) = match (certificate, key) {
        (Some(_), None) => ("certificate", "certificate_key"),
        (None, Some(_)) => ("certificate_key", "certificate"),
        (Some(_), Some(_)) | (None, None) => return,
    };
    let refused = Refused::new(format!("{present} without {absent}"))
        .hint(format!("add {absent} = \"/path/to/file.pem\""));
    reader.error("missing-key", reader.place_of(present), refused);
}

fn secret(key: &'static str, file: &FilePath, reader: &mut Reader<'_>) {
    if let Err(error) = secret_file::read(file.as_path()) {
        let refused = Refused::new(error.to_string()).hint(error.remedy());
        reader.error("secret-file", reader.place_of(key), refused);
    }
}
