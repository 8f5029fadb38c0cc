//! What a process costs, read from `/proc`: processor time and memory. It knows nothing of what
//! the process does.

use std::fs;
use std::io;
use std::time::{Duration, Instant};

use crate::error::BenchError;

/// Watches what one process costs, by its number.
#[derive(Debug, Clone, Copy)]
pub struct Meter {
    pid: u32,
}

/// A moment of a process.
#[derive(Debug, Clone, Copy)]
pub struct Sample {
    at: Instant,
    /// In ticks of the clock: what threads that have ended used is in it.
    ticks: Duration,
    /// To the nanosecond, of the threads that are there; none where the kernel does not tell.
    threads: Option<Duration>,
}

/// What was used between two samples.
#[derive(Debug, Clone, Copy)]
pub struct Used {
    /// The time between the samples, by the clock on the wall.
    pub wall: Duration,
    /// Processor time of all threads, user and system.
    pub cpu: Duration,
}

/// The memory of a process, in KiB.
#[derive(Debug, Clone, Copy)]
pub struct Memory {
    /// Resident: what is in memory now.
    pub rss: u64,
    /// Resident, with what is shared counted in parts; none where the kernel does not tell.
    pub pss: Option<u64>,
}

// === impl Meter ===

impl Meter {
    /// Watches another process, by its number.
    pub fn of(pid: u32) -> Self {
        Self { pid }
    }

    /// Watches this process, the load generator.
    pub fn own() -> Self {
        Self::of(std::process::id())
    }

    /// The processor time so far.
    ///
    /// # Errors
    /// The process is gone.
    pub fn sample(&self) -> Result<Sample, BenchError> {
        let stat = self.read("stat")?;
        // proc(5): fields 14 and 15, counted after the name, which may hold anything but `)` last.
        let fields = stat.rsplit_once(')').map_or("", |(_, rest)| rest).split_whitespace();
        let ticks: u64 =
            fields.skip(11).take(2).filter_map(|field| field.parse::<u64>().ok()).sum();
        let ticks = tick() * u32::try_from(ticks).unwrap_or(u32::MAX);
        Ok(Sample { at: Instant::now(), ticks, threads: self.threads() })
    }

    fn threads(&self) -> Option<Duration> {
        let of_one = |entry: io::Result<fs::DirEntry>| {
            // One that ends meanwhile counts as nothing.
            let Ok(text) = fs::read_to_string(entry.ok()?.path().join("schedstat")) else {
                return Some(Duration::ZERO);
            };
            text.split_whitespace().next()?.parse().ok().map(Duration::from_nanos)
        };
        let threads = fs::read_dir(format!("/proc/{}/task", self.pid)).ok()?;
        let sum = threads.map(of_one).sum::<Option<Duration>>();
        sum.filter(|sum| !sum.is_zero())
    }

    /// What was used since.
    ///
    /// # Errors
    /// The process is gone.
    pub fn since(&self, before: &Sample) -> Result<Used, BenchError> {
        let now = self.sample()?;
        Ok(Used { wall: now.at - before.at, cpu: now.cpu_since(before) })
    }

    /// The memory that it holds now.
    ///
    /// # Errors
    /// The process is gone.
    pub fn memory(&self) -> Result<Memory, BenchError> {
        let rss = kib(&self.read("status")?, "VmRSS:").unwrap_or(0);
        let pss = self.read("smaps_rollup").ok().and_then(|text| kib(&text, "Pss:"));
        Ok(Memory { rss, pss })
    }

    fn read(&self, file: &str) -> Result<String, BenchError> {
        let read = fs::read_to_string(format!("/proc/{}/{file}", self.pid));
        read.map_err(|source: io::Error| BenchError::Meter { pid: self.pid, source })
    }
}

// === impl Sample ===

impl Sample {
    /// The threads' time, as far as the ticks agree: they are two, user and system, each cut off.
    fn cpu_since(&self, before: &Self) -> Duration {
        let ticks = self.ticks.saturating_sub(before.ticks);
        let fine = self.threads.zip(before.threads);
        let fine = fine.map(|(now, before)| now.saturating_sub(before));
        let (least, most) = (ticks.saturating_sub(2 * tick()), ticks + 2 * tick());
        fine.map_or(ticks, |fine| fine.clamp(least, most))
    }
}

fn tick() -> Duration {
    Duration::from_secs(1).div_f64(rustix::param::clock_ticks_per_second() as f64)
}

// === impl Used ===

impl Used {
    /// How many cores were busy on average.
    pub fn cores(&self) -> f64 {
        self.cpu.as_secs_f64() / self.wall.as_secs_f64().max(f64::EPSILON)
    }

    /// Processor time for each of so many, in microseconds.
    pub fn micros_each(&self, count: u64) -> f64 {
        self.cpu.as_secs_f64() * 1e6 / count.max(1) as f64
    }
}

// === impl Memory ===

impl Memory {
    /// The better figure of the two.
    pub fn best(&self) -> u64 {
        self.pss.unwrap_or(self.rss)
    }
}

/// Times one piece of work of this process and, if it is watched, of the server.
#[derive(Debug)]
pub struct Stopwatch<'m> {
    own: Sample,
    server: Option<(&'m Meter, Sample)>,
}

/// What one piece of work took.
#[derive(Debug, Clone, Copy)]
pub struct Took {
    /// What this process, the load generator, has used.
    pub own: Used,
    /// What the server has used, if its process is known.
    pub server: Option<Used>,
}

// === impl Stopwatch ===

impl<'m> Stopwatch<'m> {
    /// Begins.
    ///
    /// # Errors
    /// The server is gone.
    pub fn start(server: Option<&'m Meter>) -> Result<Self, BenchError> {
        let sampled = |meter: &'m Meter| meter.sample().map(|sample| (meter, sample));
        Ok(Self { own: Meter::own().sample()?, server: server.map(sampled).transpose()? })
    }

    /// Ends.
    ///
    /// # Errors
    /// The server is gone.
    pub fn stop(self) -> Result<Took, BenchError> {
        let own = Meter::own().since(&self.own)?;
        let server = self.server.map(|(meter, before)| meter.since(&before)).transpose()?;
        Ok(Took { own, server })
    }
}

// === impl Took ===

impl Took {
    /// Milliseconds from the beginning to the end.
    pub fn millis(&self) -> f64 {
        self.own.wall.as_secs_f64() * 1e3
    }

    /// The server's processor time for each of so many, in microseconds.
    pub fn server_micros(&self, count: u32) -> Option<f64> {
        self.server.map(|server| server.micros_each(u64::from(count)))
    }
}

fn kib(text: &str, name: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_is_seen() {
        let meter = Meter::own();
        let before = meter.sample().unwrap();
        let mut sum = 0u64;
        while before.at.elapsed() < Duration::from_millis(200) {
            sum = std::hint::black_box(sum.wrapping_add(1));
        }
        let used = meter.since(&before).unwrap();
        assert!(used.cpu > Duration::ZERO && used.cores() < 64.0, "{used:?}");
        assert!(meter.memory().unwrap().best() > 100);
    }

    #[test]
    fn threads_are_believed_as_far_as_the_ticks_agree() {
        let sample = |ticks: u64, threads| Sample {
            at: Instant::now(),
            ticks: Duration::from_millis(ticks),
            threads: Some(Duration::from_millis(threads)),
        };
        let used = |after: Sample| after.cpu_since(&sample(1000, 1005)).as_millis();
        assert_eq!(used(sample(1110, 1120)), 115);
        // A thread has ended and has taken its time with it.
        assert_eq!(used(sample(1500, 1010)), 480);
        assert_eq!(
            Sample { threads: None, ..sample(1110, 0) }.cpu_since(&sample(1000, 0)).as_millis(),
            110
        );
    }

    #[test]
    fn a_process_that_is_gone_is_an_error() {
        assert!(Meter::of(u32::MAX).sample().is_err());
    }
}
