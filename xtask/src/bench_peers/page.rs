//! `docs/performance.md`: the machine, the figures, and how to make them again. It judges nothing
//! and leaves out nothing that was measured.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};
use serde_json::Value;

use super::REPETITIONS;
use super::matrix::{Case, Contestant, Matrix, Spread, Transport, faults, figure};

/// The head of the page, in front of the machine.
const HEAD: &str = "# Performance

Made by `cargo xtask bench`; do not edit by hand. It runs on any Debian-like machine as root, takes
under ten minutes, prepares ejabberd and Prosody by itself and measures all servers in turn with
`lampfield bench`, which works against any XMPP server: see `lampfield bench --help`.

";

/// What the reader must know.
const TERMS: &str = "
Server and load generator share the machine. Processor time is that of the server's process, user
and system. Each figure is the median of the repetitions, with the smallest and the largest.
The *limit* is a TCP server that writes what it has read to every subscriber and does nothing
else. A publish is a device state as Asterisk writes it, in a write of its own; every copy is
checked for loss, duplication and order. Lampfield is measured on Asterisk's `device_state` node
and on an ordinary PubSub node, the others on an ordinary node with items kept on disk, open to
all. All servers use the same certificate, hashed passwords and no rate limits; everything else
is as it comes.

";

/// The plots that `cargo xtask bench-growth` draws.
const GROWTH: &str = "
## Growth

Drawn by `cargo xtask bench-growth`.

![Processor time of a delivery](performance/subscribers.svg)
![Processor time of a publish](performance/facts-time.svg)
![Memory with facts](performance/facts-memory.svg)
![Memory with idle connections](performance/idle.svg)
";

/// Writes the page.
pub fn write(file: &Path, matrix: &Matrix, versions: &[(&str, &str)]) -> Result<()> {
    let mut page = HEAD.to_owned() + &machine(versions)? + TERMS;
    page += "## Processor time for each delivery, in µs\n";
    for case in Case::DELIVERIES {
        page += &deliveries(matrix, case);
    }
    page += &format!("\n## Latency, in ms\n\n{}, from the intended time.\n\n", Case::Open.title());
    page += &table(
        matrix,
        Case::Open,
        &[Transport::Plain, Transport::Tls],
        &[("p50", "latency p50"), ("p99", "latency p99")],
    );
    page += "\n## Logins and idle connections\n\nPLAIN against hashed passwords, one client after \
             the other; with TLS the handshake is counted.\n\n";
    page += &table(
        matrix,
        Case::Connect,
        &[Transport::Plain, Transport::Tls],
        &[
            ("first, CPU ms", "server CPU per login"),
            ("repeated, CPU ms", "server CPU per repeated login"),
            ("idle, KiB", "idle connection"),
        ],
    );
    page += "\nThe empty server:\n\n";
    let empty = [("MiB", "server memory before")];
    page += &table(matrix, Case::Connect, &[Transport::Plain], &empty);
    page += &format!("\n## Many items\n\n{}, plain; the peers once.\n\n", Case::Items.title());
    page += &table(
        matrix,
        Case::Items,
        &[Transport::Plain],
        &[
            ("store, CPU µs each", "server CPU per store"),
            ("fetch all, ms", "fetch all takes"),
            ("fetched", "items fetched"),
            ("delete, ms", "delete node takes"),
        ],
    );
    page += GROWTH;
    let troubles = matrix.troubles();
    page += "\n## What to know before believing it\n\n";
    match troubles.is_empty() {
        true => page += "Every copy came once and in order, and the load generator had room.\n",
        false => troubles.iter().for_each(|trouble| page += &format!("- {trouble}\n")),
    }
    fs::write(file, page).with_context(|| format!("cannot write {}", file.display()))
}

/// One case: plain and TLS side by side, each against the limit.
fn deliveries(matrix: &Matrix, case: Case) -> String {
    let name = "server CPU per delivery";
    let limit = matrix.figure(Contestant::Limit, Transport::Plain, case, name);
    let mut text = format!(
        "\n{}\n\n| server | plain | of the limit | TLS | TLS to plain | copies per read |\n\
         |---|---:|---:|---:|---:|---:|\n",
        case.title()
    );
    for who in Contestant::ALL {
        let plain = matrix.figure(who, Transport::Plain, case, name);
        let tls = matrix.figure(who, Transport::Tls, case, name);
        let reads = matrix.figure(who, Transport::Plain, case, "deliveries per read");
        // Writing to a string does not fail.
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} | {} | {} |",
            who.title(),
            shown(plain),
            ratio(plain, limit),
            shown(tls),
            ratio(tls, plain),
            reads.map_or(String::new(), |reads| number(reads.median)),
        );
    }
    text
}

/// Some figures of one case, for each transport.
fn table(
    matrix: &Matrix,
    case: Case,
    transports: &[Transport],
    figures: &[(&str, &str)],
) -> String {
    let columns: Vec<_> = transports
        .iter()
        .flat_map(|transport| figures.iter().map(move |(title, name)| (*transport, *title, *name)))
        .collect();
    let titles: String = columns
        .iter()
        .map(|(transport, title, _)| match transport {
            Transport::Tls => format!(" TLS {title} |"),
            Transport::Plain => format!(" {title} |"),
        })
        .collect();
    let mut text = format!("| server |{titles}\n|---|{}\n", "---:|".repeat(columns.len()));
    for who in Contestant::ALL {
        let cells: Vec<_> = columns
            .iter()
            .map(|(transport, _, name)| matrix.figure(who, *transport, case, name))
            .collect();
        if cells.iter().any(Option::is_some) {
            let cells: String = cells.iter().map(|cell| format!(" {} |", shown(*cell))).collect();
            text += &format!("| {} |{cells}\n", who.title());
        }
    }
    text
}

/// One report on the screen while the run goes on.
pub fn one_line(report: &Value) -> Option<String> {
    let name = ["server CPU per delivery", "server CPU per login", "server CPU per store"];
    let name = name.into_iter().find(|name| figure(report, name).is_some())?;
    let faults = faults(report).map_or(String::new(), |faults| format!("  {faults}"));
    let (case, target) = (report["case"].as_str()?, report["target"].as_str()?);
    let value = number(figure(report, name)?);
    Some(format!("{value:>8}  {name:<24}  {case}  ({target}){faults}"))
}

fn shown(spread: Option<Spread>) -> String {
    spread.map_or("-".to_owned(), |Spread { least, median, most }| {
        match number(least) == number(most) {
            true => number(median),
            false => format!("**{}** ({} to {})", number(median), number(least), number(most)),
        }
    })
}

fn ratio(of: Option<Spread>, to: Option<Spread>) -> String {
    let ratio = of.zip(to).map(|(of, to)| of.median / to.median).filter(|ratio| ratio.is_finite());
    ratio.map_or("-".to_owned(), |ratio| format!("{} ×", number(ratio)))
}

/// Three digits that count.
fn number(value: f64) -> String {
    match value.abs() {
        size if size >= 100.0 || value == value.trunc() => format!("{value:.0}"),
        size if size >= 10.0 => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}

fn machine(versions: &[(&str, &str)]) -> Result<String> {
    let processor = fs::read_to_string("/proc/cpuinfo")?;
    let model = processor.lines().find_map(|line| line.strip_prefix("model name"));
    let model = model.map_or("unknown", |line| line.trim_start_matches(['\t', ' ', ':']));
    let count = std::thread::available_parallelism()?;
    let memory = fs::read_to_string("/proc/meminfo")?;
    let memory = memory.split_whitespace().nth(1).and_then(|kib| kib.parse::<u64>().ok());
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease")?;
    let peers: String =
        versions.iter().map(|(name, version)| format!(", {name} {version}")).collect();
    Ok(format!(
        "Measured on {date}: {count} processors ({model}), {memory} GiB, Linux {kernel}; \
         Lampfield {version}{peers} (Debian packages); {REPETITIONS} repetitions, alternating.\n",
        date = today()?,
        memory = memory.unwrap_or(0) / (1024 * 1024),
        kernel = kernel.trim(),
        version = env!("CARGO_PKG_VERSION"),
    ))
}

fn today() -> Result<String> {
    let output = Command::new("date").args(["-u", "+%Y-%m-%d"]).output()?;
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
