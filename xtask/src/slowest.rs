//! Which tests took longest. The harness tells their times only where unstable options are allowed, which
//! its programs ask for when they run: so nothing is built for it, and nothing that is measured changes.

use std::fmt;

/// How `cargo` starts the programs of tests.
pub const RUNNER: &str = "target.'cfg(unix)'.runner = ['env', 'RUSTC_BOOTSTRAP=1']";

/// What these programs are told.
pub const TIMES: [&str; 3] = ["-Z", "unstable-options", "--report-time"];

/// How many are worth a look.
const SHOWN: usize = 10;

/// The slowest so far.
#[derive(Default)]
pub struct Slowest(Vec<(f64, String)>);

// === impl Slowest ===

impl Slowest {
    /// Takes note of how a test ended: `ok <12.3s>`.
    pub fn see(&mut self, name: &str, outcome: &str) {
        let time =
            outcome.split_once('<').and_then(|(_, time)| time.strip_suffix("s>")?.parse().ok());
        if let Some(seconds) = time {
            self.0.push((seconds, name.to_owned()));
            self.cut();
        }
    }

    /// Those of another section as well.
    pub fn and(&mut self, other: Self) {
        self.0.extend(other.0);
        self.cut();
    }

    fn cut(&mut self) {
        self.0.sort_by(|(one, _), (other, _)| other.total_cmp(one));
        self.0.truncate(SHOWN);
    }
}

impl fmt::Display for Slowest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (seconds, name) in &self.0 {
            writeln!(f, "slow: {seconds:6.1} s  {name}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_slowest_come_first_and_are_few() {
        let mut slowest = Slowest::default();
        for number in 0..30 {
            slowest.see(&format!("test_{number}"), &format!("ok <{number}.250s>"));
        }
        slowest.see("without_a_time", "ok");
        slowest.see("failed", "FAILED <99.0s>");
        let shown = slowest.to_string();
        assert_eq!(shown.lines().count(), SHOWN);
        assert!(shown.starts_with("slow:   99.0 s  failed\nslow:   29.2 s  test_29\n"), "{shown}");
    }
}
