//! What was to be reached, and whether it was: one line of the table at the head of the page.

use std::fmt::Write as _;

use super::spread::number;

/// A limit for one figure.
pub struct Goal {
    what: String,
    most: f64,
    found: Option<f64>,
    unit: &'static str,
}

impl Goal {
    /// At most so much, in this unit.
    pub fn at_most(
        what: impl Into<String>,
        most: f64,
        unit: &'static str,
        found: Option<f64>,
    ) -> Self {
        Self { what: what.into(), most, found: found.filter(|found| found.is_finite()), unit }
    }

    fn verdict(&self) -> &'static str {
        match self.found {
            Some(found) if found <= self.most => "yes",
            Some(_) => "**no**",
            None => "not measured",
        }
    }
}

/// The goals as a Markdown table, with what was measured.
pub fn table(goals: &[Goal]) -> String {
    let mut text = "| goal | at most | measured | reached |\n|---|---:|---:|---|\n".to_owned();
    for goal in goals {
        let Goal { what, most, found, unit } = goal;
        let found = found.map_or("-".to_owned(), |found| format!("{} {unit}", number(found)));
        // Writing to a string does not fail.
        let _ =
            writeln!(text, "| {what} | {} {unit} | {found} | {} |", number(*most), goal.verdict());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{Goal, table};

    #[test]
    fn a_goal_is_reached_missed_or_unknown() {
        let goals = [Some(8.0), Some(8.01), None, Some(f64::NAN)]
            .map(|found| Goal::at_most("idle", 8.0, "KiB", found));
        let verdicts = goals.each_ref().map(Goal::verdict);
        assert_eq!(verdicts, ["yes", "**no**", "not measured", "not measured"]);
        assert!(table(&goals).contains("| idle | 8 KiB | 8.01 KiB | **no** |"));
    }
}
