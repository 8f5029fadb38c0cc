//! Who does not get as far as lighting a lamp: PBXs that are connected and say nothing, and logins that were
//! refused. Each comes with what to do if it is a PBX of one's own.

use std::net::IpAddr;
use std::time::{Duration, Instant};

use lampfield_accounts::{BareJid, Role};
use lampfield_operations::Host as _;
use lampfield_xmpp::refused_logins::LoginCause;
use lampfield_xmpp::session::Session;
use lampfield_xmpp::xmpp_conf::{LOAD_ANEW, RELOAD};

use super::ServerHost;
use crate::document::status::{RefusedLogin, SilentPbx};
use crate::shell;

/// A PBX says its states right after its login; before that it is not silent.
const AT_ONCE: Duration = Duration::from_secs(3);

/// PBXs that are listed at the same time.
const SILENT: usize = 100;

impl ServerHost {
    /// PBXs that are connected and have said nothing.
    pub(super) fn silent(&self) -> Vec<SilentPbx> {
        let sessions = self.door.context.router.all();
        let is_silent = |session: &Session| {
            let publishes = session.publishes.borrow();
            let is_due = session.joining.since.elapsed() >= AT_ONCE;
            let is_told_of = publishes.dropped > 0 || session.misdirected.get().is_some();
            session.is_pbx() && is_due && publishes.taken == 0 && !is_told_of
        };
        let silent = sessions.iter().filter(|session| is_silent(session));
        silent.take(SILENT).map(|session| silent_pbx(session)).collect()
    }

    /// Logins that were refused lately, the latest first.
    pub(super) fn refused_logins(&self) -> Vec<RefusedLogin> {
        let now = Instant::now();
        let told = self.door.refused_logins.lately(now).into_iter().map(|one| RefusedLogin {
            cause: word(one.cause).to_owned(),
            remedy: self.remedy(one.cause, one.asked.as_deref().unwrap_or_default()),
            asked: one.asked,
            address: one.from.to_string(),
            count: one.count,
            last_seconds: now.duration_since(one.latest).as_secs_f64(),
        });
        told.collect()
    }

    fn remedy(&self, cause: LoginCause, typed: &str) -> String {
        let asked = shell::word(typed);
        match cause {
            LoginCause::WrongPassword => self.to_have_the_password(typed),
            LoginCause::UnknownAccount => format!("lampfield invite {asked}   makes the account"),
            LoginCause::UnknownDomain => {
                let served = self.of_domains.domains();
                let served: Vec<_> = served.iter().map(ToString::to_string).collect();
                let mend = format!(
                    "set username=NAME@DOMAIN in its xmpp.conf, then {RELOAD}; served here: {}",
                    served.join(", ")
                );
                match is_address(typed) {
                    true => format!("{mend} (an IP address is no domain)"),
                    false => format!("{mend}; to serve it too: lampfield domain add {asked}"),
                }
            }
            LoginCause::Component => format!(
                "type=component is not served: set type=client in its xmpp.conf, then {LOAD_ANEW}; \
                 lampfield invite NAME prints a whole xmpp.conf"
            ),
            LoginCause::NoTls => {
                format!("set usetls=yes in its xmpp.conf, then {LOAD_ANEW}")
            }
            LoginCause::CertificateRefused => {
                "its --fingerprint must be the one at the end of lampfield status (its --ca, the \
                 signer); for a relay, set it in /etc/default/lampfield-relay, then restart lampfield-relay"
                    .to_owned()
            }
            LoginCause::NoLegacyAuth => {
                let mend = format!("set usesasl=yes in its xmpp.conf, then {RELOAD}");
                let place = BareJid::parse(typed).ok().and_then(|jid| self.declared_place(&jid));
                match place {
                    Some(place) => format!("{mend}; or legacy_auth = true for its account, {place}"),
                    None => mend,
                }
            }
        }
    }

    /// How to learn the password of an account, or to give it another one: what was chosen cannot be printed.
    fn to_have_the_password(&self, typed: &str) -> String {
        let asked = shell::word(typed);
        let jid = BareJid::parse(typed).ok();
        let account = jid.and_then(|jid| self.door.context.accounts.get(&jid));
        match account {
            Some(account) if account.role != Role::Pbx => match self.declared_place(&account.jid) {
                Some(place) => format!("correct its password in {place}, then: lampfield reload"),
                None => format!("lampfield user passwd {asked}   gives it another password"),
            },
            Some(account) if account.has_own_password() && !account.is_declared() => format!(
                "lampfield invite {asked} --rotate   makes a new secret for its xmpp.conf; then {RELOAD}"
            ),
            _ => format!(
                "lampfield invite {asked}   prints the secret that its xmpp.conf needs; then {RELOAD}"
            ),
        }
    }
}

/// Whether somebody has written the address of the server where its domain belongs.
fn is_address(domain: &str) -> bool {
    domain.trim_matches(['[', ']']).parse::<IpAddr>().is_ok()
}

fn silent_pbx(session: &Session) -> SilentPbx {
    let listens = session.watches.get() > 0;
    let domain = session.bare.domain();
    let remedy = match listens {
        true => "run core show hints on its console: it may have no hint, device or mailbox yet"
            .to_owned(),
        false => format!(
            "set distribute_events=yes and pubsub_node=pubsub.{domain} in its xmpp.conf, then {LOAD_ANEW}; \
             if it is not a PBX: role = \"user\" for its account"
        ),
    };
    SilentPbx {
        account: session.bare.to_string(),
        address: session.link.peer().ip().to_string(),
        connected_seconds: session.joining.since.elapsed().as_secs_f64(),
        listens,
        remedy,
    }
}

fn word(cause: LoginCause) -> &'static str {
    match cause {
        LoginCause::WrongPassword => "wrong-password",
        LoginCause::UnknownAccount => "unknown-account",
        LoginCause::UnknownDomain => "unknown-domain",
        LoginCause::Component => "component",
        LoginCause::NoTls => "no-tls",
        LoginCause::NoLegacyAuth => "no-legacy-auth",
        LoginCause::CertificateRefused => "certificate-refused",
    }
}
