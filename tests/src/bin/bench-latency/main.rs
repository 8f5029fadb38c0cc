//! Measures what the README quotes: from a change on one Asterisk to the event on another, bursts,
//! newcomers, memory. Run by `cargo xtask bench-latency` on an idle machine; nothing is asserted
//! about time, but a lost, doubled or misplaced change ends it.

mod burst;
mod delay;
mod memory;
mod newcomer;
mod report;

use report::Report;

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let json = std::env::args().any(|argument| argument == "--json");
    let mut report = Report::default();
    for line in [delay::Line::Plain, delay::Line::Tls] {
        eprintln!("two Asterisk 22, {} ...", line.name());
        delay::measure(line, &mut report).await;
        burst::measure(line, &mut report).await;
    }
    eprintln!("10,000 retained states ...");
    newcomer::measure(&mut report).await;
    memory::measure(&mut report).await;
    println!("{}", if json { report.json() } else { report.table() });
}
