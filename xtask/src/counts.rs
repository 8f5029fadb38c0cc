//! The arithmetic of tests. Every test counts: an ignored one counts as failed, so that nothing is
//! skipped quietly, and a test program that dies counts as one failure.

use std::io::{BufRead, BufReader};
use std::process::{Command, ExitCode, Stdio};

use anyhow::{Context, Result};

use crate::run;
use crate::slowest::{self, Slowest};

/// How many passed and failed, with the names of what failed.
#[derive(Default)]
pub struct Counts {
    passed: u32,
    failed: u32,
    failures: Vec<String>,
    slowest: Slowest,
}

impl Counts {
    /// One thing that has a name, and nothing else.
    pub fn of_one(name: &str, passed: bool) -> Self {
        let mut counts = Self::default();
        counts.one(name, passed);
        counts
    }

    /// Counts one thing that has a name.
    pub fn one(&mut self, name: &str, passed: bool) {
        if passed {
            self.passed += 1;
        } else {
            self.failed += 1;
            self.failures.push(name.to_owned());
        }
    }

    /// Adds those of a section, and prints them.
    pub fn add(&mut self, section: &str, other: Self) {
        eprintln!("\n== {section}: {} passed, {} failed", other.passed, other.failed);
        let failures = other.failures.iter().map(|name| format!("{section}: {name}")).collect();
        self.and(Self { failures, ..other });
    }

    /// Adds others as they are.
    pub fn and(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.failures.extend(other.failures);
        self.slowest.and(other.slowest);
    }

    /// Prints which tests took longest, what failed and, last and alone on its line, the sum.
    pub fn verdict(&self) -> ExitCode {
        print!("{}", self.slowest);
        for failure in &self.failures {
            println!("failed: {failure}");
        }
        println!("{} passed, {} failed", self.passed, self.failed);
        if self.failed == 0 && self.passed > 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    }
}

/// Runs the tests of a `cargo test` with these arguments, and these for the tests themselves; counts as
/// [`counted`]. Not for the examples in documentation, whose times cannot be told.
pub fn timed(cargo: &[&str], tests: &[&str]) -> Command {
    let mut command = run::cargo(["test"]);
    command.args(["--config", slowest::RUNNER]).args(cargo);
    command.arg("--").args(slowest::TIMES).args(tests);
    command
}

/// Runs a `cargo test`, shows its output as it comes, and counts from its result lines.
pub fn counted(command: &mut Command) -> Result<Counts> {
    let line = run::shown(command);
    eprintln!("\n$ {line}");
    let mut child =
        command.stdout(Stdio::piped()).spawn().with_context(|| format!("cannot run `{line}`"))?;
    let mut counts = Counts::default();
    if let Some(output) = child.stdout.take() {
        for line in BufReader::new(output).lines() {
            let line = line?;
            println!("{line}");
            counts.read(&line);
        }
    }
    // Red without a failed test: a program did not build, or one died before its result line.
    if !child.wait()?.success() && counts.failed == 0 {
        counts.one(&format!("`{line}`: see above"), false);
    }
    Ok(counts)
}

impl Counts {
    /// One line of libtest's output: `test NAME ... ok`, or the result line of a program.
    fn read(&mut self, line: &str) {
        if let Some(result) = line.strip_prefix("test result: ") {
            self.passed += number_before(result, " passed");
            self.failed += number_before(result, " failed") + number_before(result, " ignored");
        } else if let Some((name, outcome)) =
            line.strip_prefix("test ").and_then(|test| test.split_once(" ... "))
        {
            self.slowest.see(name, outcome);
            if outcome.starts_with("FAILED") || outcome.starts_with("ignored") {
                self.failures.push(format!("{name} ({outcome})"));
            }
        }
    }
}

/// The number in front of `word`, 0 when it is not there.
fn number_before(text: &str, word: &str) -> u32 {
    let digits = text.split(word).next().unwrap_or_default();
    let digits = digits.rsplit(' ').next().unwrap_or_default();
    if text.contains(word) { digits.parse().unwrap_or(0) } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::Counts;

    fn counts_of(lines: &[&str]) -> (u32, u32, usize) {
        let mut counts = Counts::default();
        lines.iter().for_each(|line| counts.read(line));
        (counts.passed, counts.failed, counts.failures.len())
    }

    #[test]
    fn result_lines_are_added_up() {
        let green = "test result: ok. 12 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.0s";
        let red = "test result: FAILED. 3 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.0s";
        assert_eq!(counts_of(&[green, "test a::b ... FAILED", red]), (15, 1, 1));
    }

    #[test]
    fn an_ignored_test_counts_as_failed() {
        let line = "test result: ok. 1 passed; 0 failed; 2 ignored; 0 measured; 0 filtered out; finished in 0.0s";
        assert_eq!(counts_of(&["test x ... ignored, slow", line]), (1, 2, 1));
    }
}
