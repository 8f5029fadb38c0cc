//! What is measured with whom, and the results: for each server, transport and case the report of
//! every repetition.

use std::collections::BTreeMap;

use anyhow::Result;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::bench::spread::Spread;

/// The load generator's own core use from which the page doubts its figures.
const BUSY: f64 = 0.85;

/// Who is measured: Lampfield by two kinds of node, two others, and the limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Contestant {
    /// The TCP server that only hands on bytes.
    Limit,
    /// Lampfield, on Asterisk's node.
    Telephony,
    /// Lampfield, on a node of one's own.
    Generic,
    Ejabberd,
    Prosody,
}

/// How clients connect: in the clear or inside TLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Transport {
    Plain,
    Tls,
}

/// What is done; each is a case of `lampfield bench`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Case {
    /// Makes the accounts of a peer; not measured.
    Register,
    /// First, while the server is empty.
    Connect,
    Fanout10,
    Fanout100,
    Fanout500,
    Mesh,
    Open,
    Items,
}

/// All results: a cell for each contestant, transport and case.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Matrix {
    cells: Vec<Cell>,
}

/// One case with one contestant.
#[derive(Debug, Serialize, Deserialize)]
struct Cell {
    who: Contestant,
    transport: Transport,
    case: Case,
    /// The figures by name, with the value of every repetition.
    figures: BTreeMap<String, Vec<f64>>,
    /// What was wrong with the copies, or else to be known.
    troubles: Vec<String>,
}

impl Contestant {
    pub const ALL: [Self; 5] =
        [Self::Limit, Self::Telephony, Self::Generic, Self::Ejabberd, Self::Prosody];

    pub fn title(self) -> &'static str {
        match self {
            Self::Limit => "raw TCP fan-out",
            Self::Telephony => "Lampfield",
            Self::Generic => "Lampfield, generic node",
            Self::Ejabberd => "ejabberd",
            Self::Prosody => "Prosody",
        }
    }

    /// The options that name its node.
    pub fn node(self) -> &'static [&'static str] {
        match self {
            Self::Limit | Self::Telephony => &[],
            Self::Generic | Self::Ejabberd | Self::Prosody => &["--node", "bench"],
        }
    }
}

impl Transport {
    pub const ALL: [Self; 2] = [Self::Plain, Self::Tls];

    fn title(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Tls => "TLS",
        }
    }

    /// The option that asks for it.
    pub fn option(self) -> &'static [&'static str] {
        match self {
            Self::Plain => &[],
            Self::Tls => &["--tls"],
        }
    }
}

impl Case {
    /// In the order in which they are measured.
    pub const ALL: [Self; 7] = [
        Self::Connect,
        Self::Fanout10,
        Self::Fanout100,
        Self::Fanout500,
        Self::Mesh,
        Self::Open,
        Self::Items,
    ];

    /// The cases that count processor time for each delivery.
    pub const DELIVERIES: [Self; 4] =
        [Self::Fanout10, Self::Fanout100, Self::Fanout500, Self::Mesh];

    pub fn title(self) -> &'static str {
        match self {
            Self::Register => "accounts",
            Self::Connect => "200 logins",
            Self::Fanout10 => "10 subscribers, 32 publishes in flight",
            Self::Fanout100 => "100 subscribers, 32 publishes in flight",
            Self::Fanout500 => "500 subscribers, one publish in flight (a send each)",
            Self::Mesh => "mesh of 64: all publish, all subscribe",
            Self::Open => "open loop: 100 subscribers, 20 publishes a second",
            Self::Items => "10,000 items on one node",
        }
    }

    /// What the load generator is told.
    pub fn arguments(self) -> &'static [&'static str] {
        match self {
            Self::Register => &["connect", "--clients", "501"],
            Self::Connect => &["connect", "--clients", "200"],
            Self::Fanout10 => &["fanout", "--subscribers", "10", "--for", "1s"],
            Self::Fanout100 => &["fanout", "--subscribers", "100", "--for", "1s"],
            Self::Fanout500 => {
                &["fanout", "--subscribers", "500", "--in-flight", "1", "--for", "1s"]
            }
            Self::Mesh => &["mesh", "--servers", "64", "--in-flight", "1", "--for", "1s"],
            Self::Open => &["open", "--subscribers", "100", "--rate", "20", "--for", "2500ms"],
            Self::Items => &["items"],
        }
    }

    /// Whether bytes that are only handed on say anything about it.
    pub fn has_limit(&self) -> bool {
        !matches!(self, Self::Register | Self::Connect | Self::Items)
    }

    /// Whether this contestant is measured in it: items need a node of one's own, logins say nothing
    /// about nodes, and what TLS costs does not depend on the node.
    pub fn suits(self, contestant: Contestant, transport: Transport) -> bool {
        match self {
            Self::Items => contestant != Contestant::Telephony && transport == Transport::Plain,
            Self::Connect => contestant != Contestant::Generic,
            _ => contestant != Contestant::Generic || transport == Transport::Plain,
        }
    }
}

impl Matrix {
    /// Adds the report of one repetition, or why there is none: the others go on.
    pub fn add(
        &mut self,
        who: Contestant,
        transport: Transport,
        case: Case,
        report: Result<Value>,
    ) {
        let cell = self.cell(who, transport, case);
        let report = match report {
            Ok(report) => report,
            Err(error) => return cell.troubles.push(format!("{error:#}")),
        };
        for figure in report["figures"].as_array().into_iter().flatten() {
            if let (Some(name), Some(value)) = (figure["name"].as_str(), figure["value"].as_f64()) {
                cell.figures.entry(name.to_owned()).or_default().push(value);
            }
        }
        for trouble in troubles(&report) {
            if !cell.troubles.contains(&trouble) {
                cell.troubles.push(trouble);
            }
        }
    }

    fn cell(&mut self, who: Contestant, transport: Transport, case: Case) -> &mut Cell {
        let place = self.cells.iter().position(|cell| cell.is(who, transport, case));
        let place = place.unwrap_or_else(|| {
            let (figures, troubles) = (BTreeMap::new(), Vec::new());
            self.cells.push(Cell { who, transport, case, figures, troubles });
            self.cells.len() - 1
        });
        &mut self.cells[place]
    }

    /// One figure over all repetitions.
    pub fn figure(
        &self,
        who: Contestant,
        transport: Transport,
        case: Case,
        name: &str,
    ) -> Option<Spread> {
        Spread::of(self.cells.iter().find(|cell| cell.is(who, transport, case))?.figures.get(name)?)
    }

    /// Every fault of the copies, and every warning, with where it was seen.
    pub fn troubles(&self) -> Vec<String> {
        let of = |cell: &'_ Cell| {
            let place = cell.title();
            cell.troubles.iter().map(|what| format!("{place}: {what}")).collect::<Vec<_>>()
        };
        self.cells.iter().flat_map(of).collect()
    }

    /// Where the load generator was busy, and how much.
    pub fn busy(&self) -> Vec<String> {
        let of = |cell: &Cell| {
            let cores = cell.figures.get("generator cores")?;
            let busy = cores.iter().filter(|cores| **cores > BUSY).count();
            let most = Spread::of(cores)?.most * 100.0;
            let (place, all) = (cell.title(), cores.len());
            (busy > 0).then(|| format!("{place}: {most:.0} % at most, {busy} of {all} repetitions"))
        };
        self.cells.iter().filter_map(of).collect()
    }
}

impl Cell {
    fn is(&self, who: Contestant, transport: Transport, case: Case) -> bool {
        (self.who, self.transport, self.case) == (who, transport, case)
    }

    fn title(&self) -> String {
        format!("{}, {}, {}", self.who.title(), self.transport.title(), self.case.title())
    }
}

/// The value of a figure in the JSON of one report; none if it has no such figure.
pub fn figure(report: &Value, name: &str) -> Option<f64> {
    let figures = report["figures"].as_array()?;
    figures.iter().find(|figure| figure["name"] == name)?["value"].as_f64()
}

/// What a report warns of, and what was wrong with its copies. That the load generator was busy is
/// among the figures already.
pub fn troubles(report: &Value) -> Vec<String> {
    let warnings = report["warnings"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let warnings = warnings.filter(|warning| !warning.starts_with("the load generator"));
    warnings.map(str::to_owned).chain(faults(report)).collect()
}

/// What was wrong with the copies, if anything.
fn faults(report: &Value) -> Option<String> {
    let copies = report["copies"].as_object()?;
    let wrong = ["lost", "duplicated", "disordered", "refused"].into_iter().filter_map(|name| {
        let count = copies.get(name)?.as_u64().filter(|count| *count > 0)?;
        Some(format!("{count} {name}"))
    });
    let wrong = wrong.collect::<Vec<_>>().join(", ");
    (!wrong.is_empty()).then_some(wrong)
}
