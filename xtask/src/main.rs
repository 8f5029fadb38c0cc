//! The commands that developers run: `cargo xtask --help`. Continuous integration calls the same
//! ones and has no logic of its own.

mod arrows;
mod bench;
mod bench_growth;
mod bench_peers;
mod check;
mod counts;
mod deny;
mod dist;
mod e2e;
mod fuzz;
mod instructions;
mod packages;
mod page;
mod peers;
mod picture;
mod run;
mod slowest;
mod suite;
mod tools;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(name = "cargo xtask", about = "What a developer of Lampfield runs")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Everything: checks, unit tests, peers, end-to-end tests; ends with `N passed, N failed`
    Test,
    /// Formatting, arrows between crates and modules, clippy with warnings denied, licences and
    /// duplicates
    Check,
    /// Who knows whom, drawn from the code
    Arrows {
        /// The modules of a crate, or of a folder of it (xmpp, xmpp/services), instead of the crates
        #[arg(value_name = "CRATE")]
        place: Option<String>,
        /// For Graphviz instead of people
        #[arg(long)]
        dot: bool,
        /// Only what is against the picture, as `check` does
        #[arg(long, conflicts_with_all = ["place", "dot"])]
        check: bool,
    },
    /// Everything that is handed out, into target/dist: packages for Debian and as RPMs, tarball, container
    /// image, debug symbols, bill of materials, sums
    Dist {
        /// Only build and keep the programs that this and its tests need
        #[arg(long, hide = true)]
        programs: bool,
    },
    /// Make everything that is handed out, and install it on clean machines
    TestDist,
    /// Record the moving picture of the README anew (needs npx)
    Picture,
    /// Prepare the real Asterisk and the client library of the end-to-end tests (once, then reused)
    Peers,
    /// The end-to-end tests only, against the release build
    E2e {
        /// Only tests whose path contains this
        filter: Option<String>,
    },
    /// Lampfield, ejabberd, Prosody and the limit side by side; writes docs/performance.md
    Bench,
    /// The curves of docs/performance.md: subscribers, facts, idle connections, cores, the start
    BenchGrowth,
    /// Write docs/performance.md again from what both have found, without measuring
    BenchPage,
    /// The hot path in instructions, against what was recorded
    Instructions {
        /// Record what is found
        #[arg(long)]
        record: bool,
    },
    /// What a flood costs a pair that has no part in it, on the flooded server and on one beside it
    BenchFairness,
    /// Search for inputs that break the parsers
    Fuzz {
        /// Only these parsers (folders of fuzz/corpus) instead of all
        which: Vec<String>,
        /// How long, for all of them together
        #[arg(long, default_value_t = 10)]
        minutes: u64,
    },
    /// Stock Asterisk at the end of a long line: how soon it is in, and how soon it is back
    BenchLine {
        /// Ways (clear, tls, relay) and measures (login, many, buffer, early, outages, resets, cut,
        /// counts, peers, caps) instead of all; 16 for the old release
        which: Vec<String>,
    },
    /// What a relay in the way costs: delay, processor time, memory
    BenchRelay,
    /// A long line for hours: silent cuts under all conditions, short ones that drop nobody, and
    /// everything at once
    LineHours {
        /// Of these (cuts, short, chaos) instead of all
        which: Vec<String>,
        /// How long, for each of the last two
        #[arg(long, default_value_t = 30)]
        minutes: u64,
    },
    /// From a change on one Asterisk to the event on another: delay, burst, newcomer, memory
    BenchLatency {
        /// One JSON document instead of the tables
        #[arg(long)]
        json: bool,
    },
}

fn main() -> ExitCode {
    let outcome = match Cli::parse().command {
        Command::Test => suite::test(),
        Command::Check => check::check().map(|counts| counts.verdict()),
        Command::Arrows { check: true, .. } => arrows::check().map(|counts| counts.verdict()),
        Command::Arrows { place, dot, .. } => {
            arrows::draw(place.as_deref(), dot).map(|()| ExitCode::SUCCESS)
        }
        Command::Dist { programs: true } => dist::programs().map(|()| ExitCode::SUCCESS),
        Command::Dist { programs: false } => dist::dist().map(|()| ExitCode::SUCCESS),
        Command::TestDist => dist::test().map(|counts| counts.verdict()),
        Command::Picture => picture::make().map(|()| ExitCode::SUCCESS),
        Command::Peers => peers::prepare().map(|()| ExitCode::SUCCESS),
        Command::E2e { filter } => e2e::e2e(filter.as_deref()).map(|counts| counts.verdict()),
        Command::BenchGrowth => bench_growth::measure()
            .and_then(|growth| page::keep_growth(&growth))
            .map(|()| ExitCode::SUCCESS),
        Command::Instructions { record } => {
            instructions::check(record).map(|counts| counts.verdict())
        }
        Command::Fuzz { which, minutes } => {
            fuzz::search(&which, minutes).map(|counts| counts.verdict())
        }
        Command::BenchPage => page::write().map(|()| ExitCode::SUCCESS),
        Command::Bench => bench_peers::compare()
            .and_then(|found| page::keep_comparison(&found))
            .map(|()| ExitCode::SUCCESS),
        Command::BenchFairness => bench::fairness().map(|()| ExitCode::SUCCESS),
        Command::BenchLine { which } => bench::line(&which).map(|()| ExitCode::SUCCESS),
        Command::BenchRelay => bench::relay().map(|()| ExitCode::SUCCESS),
        Command::LineHours { which, minutes } => {
            bench::hours(which, minutes).map(|()| ExitCode::SUCCESS)
        }
        Command::BenchLatency { json } => bench::latency(json).map(|()| ExitCode::SUCCESS),
    };
    outcome.unwrap_or_else(|error| {
        eprintln!("xtask: {error:#}");
        ExitCode::FAILURE
    })
}
