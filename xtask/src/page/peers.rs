//! The part of the page that compares: the figures side by side, with how far they spread. It judges
//! nothing and leaves out nothing that was measured.

use std::fmt::Write as _;

use crate::bench::spread::{Spread, number};
use crate::bench_peers::Comparison;
use crate::bench_peers::matrix::{Case, Contestant, Matrix, Transport};

/// What the reader must know.
const TERMS: &str = "
Each figure is the median of the repetitions, with the smallest and the largest. Lampfield is
measured on Asterisk's `device_state` node and on an ordinary PubSub node, the others on an ordinary
node with items kept on disk, open to all. All servers use the same certificate, hashed passwords
and no rate limits; everything else is as it comes.

";

/// Everything from the heading on.
pub fn section(comparison: &Comparison) -> String {
    let matrix = &comparison.matrix;
    let peers = comparison.peers.iter().map(|(name, version)| format!(", {name} {version}"));
    let mut page = format!(
        "\n## Beside other servers\n\n{}{} (Debian packages); {} repetitions, alternating. {}\n",
        comparison.machine.words(),
        peers.collect::<String>(),
        comparison.repetitions,
        comparison.machine.company(),
    );
    page += TERMS;
    page += "### Processor time for each delivery, in µs\n";
    for case in Case::DELIVERIES {
        page += &deliveries(matrix, case);
    }
    page += &format!("\n### Latency, in ms\n\n{}, from the intended time.\n\n", Case::Open.title());
    page += &table(
        matrix,
        Case::Open,
        &[Transport::Plain, Transport::Tls],
        &[("p50", "latency p50"), ("p99", "latency p99")],
    );
    page += &logins(matrix);
    page += &format!("\n### Many items\n\n{}, plain; the peers once.\n\n", Case::Items.title());
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
    page + &doubts(matrix)
}

fn logins(matrix: &Matrix) -> String {
    let mut page =
        "\n### Logins and idle connections\n\nPLAIN against hashed passwords, one client \
                    after the other; with TLS the handshake is counted.\n\n"
            .to_owned();
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
    page + &table(matrix, Case::Connect, &[Transport::Plain], &empty)
}

/// What to know before believing it.
fn doubts(matrix: &Matrix) -> String {
    let mut text = "\n### What to know before believing it\n\n".to_owned();
    let (troubles, busy) = (matrix.troubles(), matrix.busy());
    if troubles.is_empty() {
        text += "Every copy came, once and in order.\n";
    }
    troubles.iter().for_each(|trouble| text += &format!("- {trouble}\n"));
    if !busy.is_empty() {
        text += "\nHere the load generator used more than 85 % of its core and set the pace: the \
                 server could do more, and with larger batches a delivery might cost it less.\n\n";
    }
    busy.iter().for_each(|busy| text += &format!("- {busy}\n"));
    text
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
