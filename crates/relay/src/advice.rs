//! What an operator is to do about what the relay logs. Each is one step, the first that helps most often.

use std::io::ErrorKind;

use lampfield_xmpp_stream::StreamCondition;

use crate::refused::Refused;
use crate::server::LineError;

const OTHER_DOMAIN: &str = "username=NAME@DOMAIN in xmpp.conf with a DOMAIN of lampfield domain list on the \
                            server, then module reload res_xmpp.so";
const OTHER_SECRET: &str = "compare username and secret in xmpp.conf with lampfield invite NAME on the server, \
                            then module reload res_xmpp.so";
const OWN_ACCOUNT: &str =
    "give each PBX an account of its own: lampfield invite NAME on the server";

/// About a line that did not come about, or was lost; none where it only has to come back.
pub fn of_line(error: &LineError) -> Option<&'static str> {
    match error {
        LineError::Unreached(error) => Some(match error.kind() {
            ErrorKind::ConnectionRefused => "does the server run there, and is --to right?",
            ErrorKind::TimedOut | ErrorKind::HostUnreachable | ErrorKind::NetworkUnreachable => {
                "is --to right, and does a firewall let it pass?"
            }
            _ => "is --to right?",
        }),
        LineError::Untrusted(_) => Some(
            "if lampfield status on the server shows this fingerprint: --fingerprint with it in \
             /etc/default/lampfield-relay, then systemctl restart lampfield-relay",
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
        LineError::Relay => Some("--to must name the server, neither this relay nor another one"),
        _ => None,
    }
}

/// About a PBX that cannot be carried.
pub fn of_refusal(refused: &Refused) -> Option<&'static str> {
    match refused {
        Refused::Login(said) if said.starts_with("not-authorized") => Some(OTHER_SECRET),
        Refused::Ended(error) => of_line(error),
        Refused::Login(_) | Refused::Silent | Refused::Gone => None,
    }
}
