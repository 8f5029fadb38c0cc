//! One login from the client's first message to the end, stopping where somebody else must answer.

use super::plain::{self, PlainLogin};
use super::scram::{self, ClientFirst, Gs2Flag, Transcript};
use super::{BindingType, Failure, Hash, Mechanism, ScramKeys};
use crate::jid::{BareJid, Domain};

/// How the connection below can be named, if it is TLS: type and data.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChannelBinding {
    /// For TLS 1.3 (RFC 9266): 32 exported bytes.
    pub exporter: Option<Vec<u8>>,
    /// Hash of the server's certificate (RFC 5929).
    pub end_point: Option<Vec<u8>>,
}

/// What happens next in a login.
#[derive(Debug, PartialEq, Eq)]
pub enum Step {
    /// Send this challenge; the client's response goes to [`Exchange::respond`].
    Challenge(Vec<u8>),
    /// Check the password; the exchange is over, the checker decides.
    CheckPassword(PlainLogin),
    /// Find this account's keys, or fake ones, and call [`Exchange::keys`].
    FindKeys(BareJid),
    /// The client is this account; send the data along with the success.
    Success(BareJid, Vec<u8>),
}

/// The server's side of one login.
#[derive(Debug)]
pub struct Exchange {
    domain: Domain,
    binding: ChannelBinding,
    nonce: String,
    state: State,
}

#[derive(Debug)]
enum State {
    Plain,
    ScramStart(Hash, Plus),
    /// Waits for the keys of the account that the client has named.
    ScramKeys(Scram),
    /// Waits for the client's proof.
    ScramProof(Scram, String, ScramKeys),
    Over,
}

/// Whether the client chose the mechanism's `-PLUS` form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Plus {
    Yes,
    No,
}

/// What must be remembered of the client's first message.
#[derive(Debug)]
struct Scram {
    hash: Hash,
    account: BareJid,
    bare: String,
    client_nonce: String,
    binding: Vec<u8>,
}

// === impl ChannelBinding ===

impl ChannelBinding {
    /// Whether there is any: then the `-PLUS` mechanisms can be offered.
    pub fn is_possible(&self) -> bool {
        self.exporter.is_some() || self.end_point.is_some()
    }

    /// The types to announce (XEP-0440).
    pub fn types(&self) -> impl Iterator<Item = BindingType> {
        let exporter = self.exporter.as_ref().map(|_| BindingType::TlsExporter);
        let end_point = self.end_point.as_ref().map(|_| BindingType::TlsServerEndPoint);
        exporter.into_iter().chain(end_point)
    }

    fn data(&self, name: &str) -> Option<&[u8]> {
        match name {
            _ if name == BindingType::TlsExporter.as_str() => self.exporter.as_deref(),
            _ if name == BindingType::TlsServerEndPoint.as_str() => self.end_point.as_deref(),
            _ => None,
        }
    }
}

// === impl Exchange ===

impl Exchange {
    /// A login to an account of `domain` by a mechanism that was offered. `nonce` must be printable
    /// ASCII without commas and never used before; `binding` must be what the offer was made from.
    pub fn new(
        mechanism: Mechanism,
        domain: Domain,
        binding: ChannelBinding,
        nonce: String,
    ) -> Self {
        let state = match mechanism {
            Mechanism::Plain => State::Plain,
            Mechanism::Scram(hash) => State::ScramStart(hash, Plus::No),
            Mechanism::ScramPlus(hash) => State::ScramStart(hash, Plus::Yes),
        };
        Self { domain, binding, nonce, state }
    }

    /// Takes the client's next message, decoded. No initial response is an empty message.
    ///
    /// # Errors
    /// The login has failed for this reason. Nothing more may be asked of this exchange.
    pub fn respond(&mut self, message: &[u8]) -> Result<Step, Failure> {
        match std::mem::replace(&mut self.state, State::Over) {
            state @ (State::Plain | State::ScramStart(..)) if message.is_empty() => {
                self.state = state;
                Ok(Step::Challenge(Vec::new()))
            }
            State::Plain => Ok(Step::CheckPassword(plain::read(message, &self.domain)?)),
            State::ScramStart(hash, plus) => self.client_first(message, hash, plus),
            State::ScramProof(scram, server_first, keys) => {
                self.client_final(message, scram, &server_first, &keys)
            }
            State::ScramKeys(_) | State::Over => Err(Failure::MalformedRequest),
        }
    }

    /// Answers [`Step::FindKeys`]; the challenge to send.
    ///
    /// # Errors
    /// If nothing was asked.
    pub fn keys(&mut self, keys: ScramKeys) -> Result<Vec<u8>, Failure> {
        let State::ScramKeys(scram) = std::mem::replace(&mut self.state, State::Over) else {
            return Err(Failure::MalformedRequest);
        };
        let server_first = scram::server_first(&scram.client_nonce, &self.nonce, &keys);
        let challenge = server_first.clone().into_bytes();
        self.state = State::ScramProof(scram, server_first, keys);
        Ok(challenge)
    }

    fn client_first(&mut self, message: &[u8], hash: Hash, plus: Plus) -> Result<Step, Failure> {
        let first = ClientFirst::read(message)?;
        let data = match (first.flag, plus) {
            (Gs2Flag::With(name), Plus::Yes) => {
                self.binding.data(name).ok_or(Failure::MalformedRequest)?
            }
            // Somebody on the way has hidden the -PLUS forms from the client (RFC 5802, 6).
            (Gs2Flag::ServerCannot, Plus::No) if self.binding.is_possible() => {
                return Err(Failure::NotAuthorized);
            }
            (Gs2Flag::No | Gs2Flag::ServerCannot, Plus::No) => &[],
            _ => return Err(Failure::MalformedRequest),
        };
        let account = plain::account(&first.username, &first.authzid, &self.domain)?;
        self.state = State::ScramKeys(Scram {
            hash,
            account: account.clone(),
            bare: first.bare.to_owned(),
            client_nonce: first.nonce.to_owned(),
            binding: [first.gs2_header.as_bytes(), data].concat(),
        });
        Ok(Step::FindKeys(account))
    }

    fn client_final(
        &self,
        message: &[u8],
        scram: Scram,
        server_first: &str,
        keys: &ScramKeys,
    ) -> Result<Step, Failure> {
        let transcript = Transcript {
            client_first_bare: &scram.bare,
            server_first,
            nonce: &format!("{}{}", scram.client_nonce, self.nonce),
            binding: &scram.binding,
        };
        let signature = scram::client_final(message, &transcript, scram.hash, keys)?;
        Ok(Step::Success(scram.account, signature.into_bytes()))
    }
}
