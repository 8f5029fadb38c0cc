//! What an operator is to do about what the relay logs. Each is one step, the first that helps most often.

use std::io::ErrorKind;

use lampfield_xmpp_stream::StreamCondition;

use crate::server::LineError;

const OTHER_DOMAIN: &str = "set username=NAME@DOMAIN in xmpp.conf, with a DOMAIN from lampfield domain list \
                            on the server, then module reload res_xmpp.so";
const OTHER_SECRET: &str = "compare username and secret in xmpp.conf with lampfield invite NAME on the server, \
                            then module reload res_xmpp.so";
const OWN_ACCOUNT: &str = "give each PBX its own account: lampfield invite NAME on the server";

/// About a line that did not come about, or was lost; none where it only has to come back.
pub fn of_line(error: &LineError) -> Option<&'static str> {
    match error {
        LineError::Unreached(error) => Some(match error.kind() {
            ErrorKind::ConnectionRefused => {
                "check that the server runs there, and that --to is right"
            }
            ErrorKind::TimedOut | ErrorKind::HostUnreachable | ErrorKind::NetworkUnreachable => {
                "check --to, and that no firewall blocks it"
            }
            _ => "check --to",
        }),
        LineError::Untrusted(_) => Some(
            "compare with lampfield status on the server; if it is the same, add it as --fingerprint \
             in /etc/default/lampfield-relay, then systemctl restart lampfield-relay",
        ),
        LineError::Ended { condition, .. }
            if *condition == StreamCondition::HostUnknown.as_str() =>
        {
            Some(OTHER_DOMAIN)
        }
        LineError::Ended { condition, .. } if *condition == StreamCondition::Conflict.as_str() => {
            Some(OWN_ACCOUNT)
        }
        LineError::Occupied => Some(OWN_ACCOUNT),
        LineError::NoTls | LineError::NoPlain => {
            Some("tls = \"required\" in the server's configuration")
        }
        LineError::Relay => Some("--to must name the server, not a relay"),
        _ => None,
    }
}

/// About a login that the server has refused, by what it said.
pub fn of_login(said: &str) -> Option<&'static str> {
    said.starts_with("not-authorized").then_some(OTHER_SECRET)
}
