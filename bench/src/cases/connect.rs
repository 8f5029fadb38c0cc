//! Logins, and connections that do nothing. Each client logs in twice: a server may remember a
//! password that it has checked.

use std::ops::Range;

use crate::error::BenchError;
use crate::meter::{Meter, Stopwatch, Took};
use crate::report::Report;
use crate::role::Role;
use crate::talk::Talk;
use crate::target::Target;

/// Logs in `clients`, twice, one after the other, and looks at the server while they are idle. The
/// first one comes before anything is measured: what it needs, all need together.
///
/// # Errors
/// A login fails, or the limit was asked: it has no logins.
pub fn run(target: &Target, clients: usize, report: &mut Report) -> Result<(), BenchError> {
    if target.is_limit() {
        return Err(BenchError::Options("the limit has no logins to measure"));
    }
    let empty = target.meter().map(Meter::memory).transpose()?;
    let (_one, _) = log_in(target, 0..1)?;
    let warm = target.meter().map(Meter::memory).transpose()?;
    let (talks, first) = log_in(target, 1..clients)?;
    write(report, "login", first, talks.len());
    let full = target.meter().map(Meter::memory).transpose()?;
    if let (Some(empty), Some(warm), Some(full)) = (empty, warm, full) {
        let grown = full.best().saturating_sub(warm.best());
        report.figure("server memory before", empty.best() as f64 / 1024.0, "MiB");
        report.figure("idle connection", grown as f64 / talks.len().max(1) as f64, "KiB");
    }
    drop(talks);
    let (_, again) = log_in(target, 1..clients)?;
    write(report, "repeated login", again, clients.saturating_sub(1));
    Ok(())
}

fn log_in(target: &Target, clients: Range<usize>) -> Result<(Vec<Talk>, Took), BenchError> {
    let watch = Stopwatch::start(target.meter())?;
    let login = |client| target.login(client, Role::Hearer);
    let talks = clients.map(login).collect::<Result<_, _>>()?;
    Ok((talks, watch.stop()?))
}

fn write(report: &mut Report, each: &str, took: Took, clients: usize) {
    report.figure(&format!("{each} takes"), took.millis() / clients.max(1) as f64, "ms");
    let cpu = took.server_micros(clients as u32).map(|micros| micros / 1e3);
    report.figure_if(&format!("server CPU per {each}"), cpu, "ms");
}
