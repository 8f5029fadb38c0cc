//! What `cargo xtask dist` has made, as an operator meets it: installed on clean machines that their own
//! systemd has started, run, upgraded, removed.

mod debian;
mod first_hour;
mod handed_out;
mod image;
mod relay;
mod rpm;
mod tarball;

use std::path::PathBuf;

use lampfield_tests::eventually::{SOON, eventually};
use lampfield_tests::machine::{Machine, dist};
use serde_json::Value;

/// The file that begins and ends like this.
fn made(begin: &str, end: &str) -> String {
    let names = std::fs::read_dir(dist()).expect("what was made");
    let names = names.map(|entry| entry.expect("one").file_name().to_string_lossy().into_owned());
    let mut fitting: Vec<String> =
        names.filter(|name| name.starts_with(begin) && name.ends_with(end)).collect();
    assert_eq!(fitting.len(), 1, "{begin}*{end}: {fitting:?}");
    fitting.remove(0)
}

/// The same on a machine.
fn made_there(begin: &str, end: &str) -> String {
    format!("/mnt/dist/{}", made(begin, end))
}

/// The same here.
fn made_here(begin: &str, end: &str) -> PathBuf {
    dist().join(made(begin, end))
}

/// The document that a verb prints.
async fn document(machine: &Machine, line: &str) -> Value {
    let text = machine.must(line).await;
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{line}: {error}: {text}"))
}

/// Waits until the server on this machine answers.
async fn answers(machine: &Machine) {
    eventually(SOON, async || {
        let ran = machine.run("lampfield domain list").await;
        if ran.good { Ok(()) } else { Err(format!("{ran:?}")) }
    })
    .await;
}

/// The number of a service's process.
async fn main_pid(machine: &Machine, unit: &str) -> String {
    let shown = machine.must(&format!("systemctl show --value --property MainPID {unit}")).await;
    shown.trim().to_owned()
}
