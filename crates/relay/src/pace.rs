//! Keeps one cause that comes again and again from filling the log: of one kind of line only a few are
//! written in a minute, whichever PBX they are about, and the next one says how many were left out.

use std::cell::Cell;
use std::time::Duration;

use tokio::time::Instant;

/// Lines of one kind that are written...
const LINES: u32 = 10;
/// ... within this time, counted from the first of them.
const WINDOW: Duration = Duration::from_mins(1);

/// The lines of one kind.
#[derive(Debug, Default)]
pub struct Pace {
    since: Cell<Option<Instant>>,
    written: Cell<u32>,
    left_out: Cell<u64>,
}

/// A line that may be written.
#[derive(Debug, PartialEq, Eq)]
pub struct LogLine {
    /// How many of its kind were left out before it, if any were.
    pub left_out: Option<u64>,
}

// === impl Pace ===

impl Pace {
    /// One more line; none if it is to be left out.
    pub fn line(&self) -> Option<LogLine> {
        if self.since.get().is_none_or(|since| since.elapsed() >= WINDOW) {
            self.since.set(Some(Instant::now()));
            self.written.set(0);
        }
        if self.written.get() == LINES {
            self.left_out.set(self.left_out.get() + 1);
            return None;
        }
        self.written.set(self.written.get() + 1);
        let left_out = self.left_out.take();
        Some(LogLine { left_out: (left_out > 0).then_some(left_out) })
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::advance;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_flood_is_ten_lines_a_minute_and_a_number() {
        let pace = Pace::default();
        let written = |lines: u32| (0..lines).filter_map(|_| pace.line()).count();
        assert_eq!(written(1_000), 10);
        advance(WINDOW).await;
        assert_eq!(pace.line(), Some(LogLine { left_out: Some(990) }));
        assert_eq!(pace.line(), Some(LogLine { left_out: None }));
        assert_eq!(written(1_000), 8);
    }
}
