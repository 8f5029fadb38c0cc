//! What is typed to have PBXs without phones.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use lampfield_fake_pbx::PhoneRange;
use lampfield_relay::{Fingerprint, Target};

use crate::moment;

/// The arguments of `lampfield fake-pbx`.
#[derive(Debug, Args)]
pub struct FakePbxArgs {
    /// The name of its account: NAME or NAME@DOMAIN
    pub name: String,
    /// The XMPP server to test; by default the Lampfield on this machine, with a temporary account
    #[arg(long, value_name = "HOST[:PORT]")]
    pub to: Option<Target>,
    /// The domain of its account; by default HOST, or the first domain of the Lampfield here
    #[arg(long)]
    pub domain: Option<String>,
    /// The file whose first line is its password; without this, type it or pipe it in
    #[arg(long, value_name = "FILE", requires = "to")]
    pub password_file: Option<PathBuf>,
    /// SHA-256 of the server's certificate or of its public key; without this and --ca, it accepts
    /// any certificate, as Asterisk does
    #[arg(long, value_name = "SHA256HEX", requires = "to", conflicts_with = "ca")]
    pub fingerprint: Vec<Fingerprint>,
    /// PEM file with the authorities that may have signed the server's certificate
    #[arg(long, value_name = "FILE", requires = "to")]
    pub ca: Option<PathBuf>,
    /// Send everything in clear text, even the password (usetls=no)
    #[arg(long, requires = "to", conflicts_with_all = ["fingerprint", "ca"])]
    pub no_tls: bool,
    /// Its phones: PJSIP/100 to PJSIP/149 for 100-149
    #[arg(long, value_name = "FIRST-LAST", default_value = "100-109")]
    pub devices: PhoneRange,
    /// How often one of its phones calls another
    #[arg(long, value_name = "COUNT", default_value_t = 10)]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=600))]
    pub calls_per_minute: u32,
    /// Crash after this time, without a goodbye, as if the power failed
    #[arg(long, value_name = "TIME", value_parser = moment::some_time)]
    pub crash: Option<Duration>,
    /// Come back this long after each crash, and crash again
    #[arg(long, value_name = "TIME", value_parser = moment::some_time, requires = "crash")]
    pub return_after: Option<Duration>,
    /// Log out after this time; by default when it is interrupted
    #[arg(long = "for", value_name = "TIME", value_parser = moment::some_time)]
    pub span: Option<Duration>,
}

/// The arguments of `lampfield demo`.
#[derive(Debug, Args)]
pub struct DemoArgs {
    /// How often one of the phones of each PBX calls another
    #[arg(long, value_name = "COUNT", default_value_t = 12)]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=600))]
    pub calls_per_minute: u32,
    /// End after this time; by default when it is interrupted
    #[arg(long = "for", value_name = "TIME", value_parser = moment::some_time)]
    pub span: Option<Duration>,
}
