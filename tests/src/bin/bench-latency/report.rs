//! The results: one number each, with its unit and the goal it stands beside.

use serde_json::json;

/// Everything that was measured, in order.
#[derive(Default)]
pub struct Report {
    lines: Vec<ReportLine>,
}

struct ReportLine {
    name: String,
    value: f64,
    unit: &'static str,
    goal: &'static str,
}

impl Report {
    /// Adds a number; `goal` is empty where there is none.
    pub fn add(
        &mut self,
        name: impl Into<String>,
        value: f64,
        unit: &'static str,
        goal: &'static str,
    ) {
        self.lines.push(ReportLine { name: name.into(), value, unit, goal });
    }

    /// The results as a table for people.
    pub fn table(&self) -> String {
        let lines = self.lines.iter().map(|line| {
            let ReportLine { name, value, unit, goal } = line;
            let digits = if *value < 100.0 { 2 } else { 0 };
            format!("{name:<46}{value:>12.digits$} {unit:<6}{goal}\n")
        });
        format!("{:<46}{:>12} {:<6}GOAL\n", "MEASURED", "VALUE", "UNIT")
            + &lines.collect::<String>()
    }

    /// The results as JSON for scripts.
    pub fn json(&self) -> String {
        let lines = self.lines.iter().map(|line| {
            json!({ "name": line.name, "value": line.value, "unit": line.unit, "goal": line.goal })
        });
        json!({ "schema": "bench-latency/1", "results": lines.collect::<Vec<_>>() }).to_string()
    }
}
