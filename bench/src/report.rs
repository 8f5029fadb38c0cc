//! What a run says at its end: figures with their units, what was wrong with the copies, and what
//! the reader must know before believing them.

use serde::Serialize;

use crate::ledger::{Counts, Latencies};
use crate::meter::{Memory, Used};

/// The load generator's own core use from which its figures are in doubt.
const BUSY: f64 = 0.85;

/// The result of one case.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// The form of this document.
    pub schema: &'static str,
    /// Which case, with its numbers.
    pub case: String,
    /// What was measured: the kind of server and its address.
    pub target: String,
    /// The figures, in the order in which they are printed.
    pub figures: Vec<Figure>,
    /// What became of the copies, where there are any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub copies: Option<Copies>,
    /// What to know before believing it.
    pub warnings: Vec<String>,
}

/// One measured number with its unit.
#[derive(Debug, Clone, Serialize)]
pub struct Figure {
    /// What it is, in words that do not change.
    pub name: String,
    /// The number, in `unit`.
    pub value: f64,
    /// The unit: `ms`, `µs`, `KiB`; empty for a count.
    pub unit: &'static str,
}

/// What became of the copies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Copies {
    /// Copies that came, to whom they belong.
    pub delivered: u64,
    /// Copies that did not come until the run gave up on them.
    pub lost: u64,
    /// Copies that came more than once.
    pub duplicated: u64,
    /// After a later one.
    pub disordered: u64,
    /// Publishes answered with an error.
    pub refused: u64,
}

// === impl Report ===

impl Report {
    /// A report without any figures yet.
    pub fn new(case: String, target: String) -> Self {
        let (figures, warnings) = (Vec::new(), Vec::new());
        Self { schema: "bench/1", case, target, figures, copies: None, warnings }
    }

    /// Adds a figure at the end.
    pub fn figure(&mut self, name: &str, value: f64, unit: &'static str) {
        self.figures.push(Figure { name: name.to_owned(), value, unit });
    }

    /// Adds a figure if it is known.
    pub fn figure_if(&mut self, name: &str, value: Option<f64>, unit: &'static str) {
        if let Some(value) = value {
            self.figure(name, value, unit);
        }
    }

    /// Adds what became of the copies.
    pub fn copies(&mut self, counts: &Counts, wall: std::time::Duration) {
        let Counts { published, delivered, lost, duplicated, disordered, refused } = *counts;
        let seconds = wall.as_secs_f64().max(f64::EPSILON);
        self.figure("publishes", published as f64, "");
        self.figure("deliveries", delivered as f64, "");
        self.figure("deliveries per second", delivered as f64 / seconds, "/s");
        self.copies = Some(Copies { delivered, lost, duplicated, disordered, refused });
    }

    /// Adds the 50th, 90th and 99th percentile and the worst latency, in ms.
    pub fn latencies(&mut self, latencies: &mut Latencies) {
        for (name, part) in [("p50", 0.5), ("p90", 0.9), ("p99", 0.99), ("worst", 1.0)] {
            self.figure_if(&format!("latency {name}"), latencies.quantile(part), "ms");
        }
    }

    /// Adds what the server used for `count` of `each`.
    pub fn server(&mut self, used: Option<Used>, each: &str, count: u64) {
        if let Some(used) = used {
            self.figure(&format!("server CPU per {each}"), used.micros_each(count), "us");
            self.figure("server cores", used.cores(), "");
        }
    }

    /// Adds the server's memory.
    pub fn memory(&mut self, memory: Option<Memory>) {
        if let Some(memory) = memory {
            self.figure("server RSS", memory.rss as f64 / 1024.0, "MiB");
            self.figure_if("server PSS", memory.pss.map(|kib| kib as f64 / 1024.0), "MiB");
        }
    }

    /// Adds the generator's own use; a busy one measures itself.
    pub fn generator(&mut self, used: Used) {
        self.figure("generator cores", used.cores(), "");
        if used.cores() > BUSY {
            self.warnings.push(format!(
                "the load generator used {:.0} % of its core: the server may be faster than this",
                used.cores() * 100.0
            ));
        }
    }

    /// Whether every copy came once and in order.
    pub fn is_good(&self) -> bool {
        self.copies.is_none_or(|copies| {
            copies.lost + copies.duplicated + copies.disordered + copies.refused == 0
        })
    }

    /// The report as text for people: a table, and what is to be known.
    pub fn to_text(&self) -> String {
        let mut text = format!("{}\n{}\n\n", self.case, self.target);
        let width = self.figures.iter().map(|figure| figure.name.len()).max().unwrap_or(0);
        for Figure { name, value, unit } in &self.figures {
            let value = shown(*value);
            text += format!("  {name:width$}  {value:>12} {unit}").trim_end();
            text.push('\n');
        }
        if let Some(Copies { lost, duplicated, disordered, refused, .. }) = self.copies {
            text += &match self.is_good() {
                true => "\nevery copy came, once and in order\n".to_owned(),
                false => format!(
                    "\nNOT every copy came, once and in order: {lost} lost, {duplicated} twice, \
                     {disordered} out of order; {refused} publishes refused\n"
                ),
            };
        }
        self.warnings.iter().for_each(|warning| text += &format!("warning: {warning}\n"));
        text
    }
}

/// Three digits that count, or all before the point.
fn shown(value: f64) -> String {
    match value.abs() {
        size if size >= 100.0 || value == value.trunc() => format!("{value:.0}"),
        size if size >= 10.0 => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}
