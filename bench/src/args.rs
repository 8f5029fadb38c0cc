//! What can be typed after `lampfield bench`. The documentation of each item is its help.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand};

/// The arguments of `lampfield bench`.
#[derive(Debug, Clone, Args)]
pub struct Bench {
    /// The case that is measured.
    #[command(subcommand)]
    pub case: Case,
    /// Where and as whom.
    #[command(flatten)]
    pub target: TargetArgs,
}

/// The cases that can be measured, one in each run.
#[derive(Debug, Clone, Subcommand)]
pub enum Case {
    /// One PBX publishes, many hear it: processor time for each copy.
    Fanout(Load),
    /// All PBXs publish and all hear all.
    Mesh {
        /// How many PBXs publish and hear
        #[arg(long, default_value_t = 64)]
        servers: usize,
        /// How much of it.
        #[command(flatten)]
        pace: Pace,
    },
    /// A fixed rate: how long after its time each copy comes.
    Open {
        /// How many clients hear it
        #[arg(long, default_value_t = 100)]
        subscribers: usize,
        /// Publishes in a second
        #[arg(long, default_value_t = 20.0)]
        rate: f64,
        /// How long it publishes
        #[arg(long = "for", value_name = "TIME", default_value = "5s")]
        #[arg(value_parser = humantime::parse_duration)]
        span: Duration,
    },
    /// Logs in many, twice, and leaves them idle: processor time and memory of each.
    Connect {
        /// How many clients log in
        #[arg(long, default_value_t = 200)]
        clients: usize,
    },
    /// A newcomer to a full board: how long until it knows everything.
    Latejoin {
        /// How many states are there before
        #[arg(long, default_value_t = 1000)]
        facts: u32,
    },
    /// A node with many items: stores, fetches and deletes them.
    Items {
        /// How many items are stored
        #[arg(long, default_value_t = 10_000)]
        items: u32,
    },
    /// Serves as the limit: a TCP server that only hands on bytes. Runs until it is stopped.
    Raw {
        /// Where to listen; port 0 is any that is free
        #[arg(long, default_value = "127.0.0.1:0")]
        listen: SocketAddr,
    },
}

/// One publisher and many who hear.
#[derive(Debug, Clone, Copy, Args)]
pub struct Load {
    /// How many clients hear it
    #[arg(long, default_value_t = 100)]
    pub subscribers: usize,
    /// How many other states one more PBX keeps on the board meanwhile
    #[arg(long, default_value_t = 0)]
    pub facts: u32,
    /// How much of it.
    #[command(flatten)]
    pub pace: Pace,
}

/// How hard and how long.
#[derive(Debug, Clone, Copy, Args)]
pub struct Pace {
    /// Publishes of each publisher that are under way at once: unanswered, or not everywhere yet
    #[arg(long, value_name = "COUNT", default_value_t = 32)]
    pub in_flight: usize,
    /// How long it publishes
    #[arg(long = "for", value_name = "TIME", default_value = "3s")]
    #[arg(value_parser = humantime::parse_duration)]
    pub span: Duration,
    /// At most so many publishes in all
    #[arg(long, value_name = "COUNT")]
    pub count: Option<u64>,
}

/// Where and as whom.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Where and as whom")]
pub struct TargetArgs {
    /// The address of the server
    #[arg(long, global = true, value_name = "ADDRESS", default_value = "127.0.0.1:5222")]
    pub server: SocketAddr,
    /// Its domain; PubSub is asked at pubsub.DOMAIN
    #[arg(long, global = true, value_name = "NAME", default_value = "localhost")]
    pub domain: String,
    /// The accounts: {} stands for 1, 2, 3 ...
    #[arg(long, global = true, value_name = "PATTERN", default_value = "bench-{}")]
    pub accounts: String,
    /// The file with the password of all of them; its first line counts
    #[arg(long, global = true, value_name = "FILE")]
    pub password_file: Option<PathBuf>,
    /// Make the accounts first, in-band (XEP-0077)
    #[arg(long, global = true)]
    pub register: bool,
    /// With STARTTLS; any certificate is believed
    #[arg(long, global = true)]
    pub tls: bool,
    /// A node of one's own instead of Asterisk's device_state; it is made, and deleted at the end
    #[arg(long, global = true, value_name = "NAME")]
    pub node: Option<String>,
    /// The server's process: its processor time and memory are measured
    #[arg(long, global = true, value_name = "PID")]
    pub pid: Option<u32>,
    /// Against the limit instead: starts `lampfield bench raw` and measures that, or with --pid the
    /// one that runs at --server
    #[arg(long, global = true)]
    pub raw: bool,
}
