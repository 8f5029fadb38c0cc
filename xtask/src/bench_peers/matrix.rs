//! What is measured with whom, and the results: for each server, transport and case the report of
//! every repetition.

use std::collections::BTreeMap;

use serde_json::Value;

/// Who is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
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

/// How clients connect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Transport {
    Plain,
    Tls,
}

/// What is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
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

/// All reports.
#[derive(Debug, Default)]
pub struct Matrix {
    reports: BTreeMap<(Contestant, Transport, Case), Vec<Value>>,
}

/// The middle of some measurements, and how far they spread.
#[derive(Debug, Clone, Copy)]
pub struct Spread {
    pub least: f64,
    pub median: f64,
    pub most: f64,
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
    pub fn add(&mut self, who: Contestant, transport: Transport, case: Case, report: Value) {
        self.reports.entry((who, transport, case)).or_default().push(report);
    }

    /// One figure over all repetitions.
    pub fn figure(
        &self,
        who: Contestant,
        transport: Transport,
        case: Case,
        name: &str,
    ) -> Option<Spread> {
        let reports = self.reports.get(&(who, transport, case))?;
        Spread::of(reports.iter().filter_map(|report| figure(report, name)).collect())
    }

    /// Every warning, and every fault of the copies, with where it was seen.
    pub fn troubles(&self) -> Vec<String> {
        let mut troubles = Vec::new();
        for ((who, transport, case), reports) in &self.reports {
            let place = format!("{}, {transport:?}, {}", who.title(), case.title());
            for report in reports {
                let warnings = report["warnings"].as_array().into_iter().flatten();
                let warnings = warnings.filter_map(Value::as_str).map(str::to_owned);
                troubles
                    .extend(warnings.chain(faults(report)).map(|what| format!("{place}: {what}")));
            }
        }
        troubles.dedup();
        troubles
    }
}

/// One figure of one report.
pub fn figure(report: &Value, name: &str) -> Option<f64> {
    let figures = report["figures"].as_array()?;
    figures.iter().find(|figure| figure["name"] == name)?["value"].as_f64()
}

/// What was wrong with the copies, if anything.
pub fn faults(report: &Value) -> Option<String> {
    let copies = report["copies"].as_object()?;
    let wrong = ["lost", "duplicated", "disordered", "refused"].into_iter().filter_map(|name| {
        let count = copies.get(name)?.as_u64().filter(|count| *count > 0)?;
        Some(format!("{count} {name}"))
    });
    let wrong = wrong.collect::<Vec<_>>().join(", ");
    (!wrong.is_empty()).then_some(wrong)
}

impl Spread {
    fn of(mut values: Vec<f64>) -> Option<Self> {
        values.sort_by(f64::total_cmp);
        let median = *values.get(values.len() / 2)?;
        Some(Self { least: *values.first()?, median, most: *values.last()? })
    }
}
