//! What a flood costs those who have no part in it: a pair's delays on the server that is flooded,
//! and on a second server beside it, which has the same flooded machine but no flood. Run by
//! `cargo xtask bench-fairness` on an idle machine.

use std::time::Duration;

use lampfield_tests::flood::{Flood, FloodKind};
use lampfield_tests::pace::{Pair, quantile};
use lampfield_tests::server::{Config, Server};

const RUNS: usize = 5;
const CHANGES: usize = 1_000;
const FLOODS: [(&str, FloodKind, usize); 3] = [
    ("100 that ask and do not read", FloodKind::Requests, 100),
    ("380 that ask and do not read", FloodKind::Requests, 380),
    ("380 that read slowly", FloodKind::SlowReaders, 380),
];

#[tokio::main(flavor = "current_thread")]
async fn main() {
    println!(
        "flood                          | role | p99 beside it | p99 flooded | ratio | largest KiB"
    );
    for role in ["user", "pbx"] {
        for (name, kind, clients) in FLOODS {
            let mut runs = Vec::new();
            for _ in 0..RUNS {
                runs.push(run(kind, clients, role).await);
            }
            let median = |of: fn(&Run) -> Duration| {
                let mut all: Vec<_> = runs.iter().map(of).collect();
                all.sort();
                quantile(&all, 0.5)
            };
            let (beside, flooded) = (median(|run| run.beside), median(|run| run.flooded));
            let ratio = flooded.as_secs_f64() / beside.as_secs_f64();
            let memory = runs.iter().map(|run| run.memory_kib).max().unwrap_or_default();
            println!(
                "{name:30} | {role} | {beside:11.2?} | {flooded:11.2?} | {ratio:.1} | {memory}"
            );
        }
    }
}

struct Run {
    beside: Duration,
    flooded: Duration,
    memory_kib: u64,
}

async fn run(kind: FloodKind, clients: usize, role: &str) -> Run {
    let config = Flood::accounts(Config::plain().servers(), role);
    let (server, other) = (Server::start(&config).await, Server::start(&config).await);
    let (mut here, mut there) = (pair(&server).await, pair(&other).await);
    here.measure(200).await;
    there.measure(200).await;
    let flood = Flood::start(kind, clients, server.address()).await;
    let (mut flooded, mut beside, mut memory_kib) = (Vec::new(), Vec::new(), 0);
    // In turns, so that both see the same machine.
    for _ in 0..10 {
        flooded.extend(here.measure(CHANGES / 10).await);
        beside.extend(there.measure(CHANGES / 10).await);
        memory_kib = memory_kib.max(server.process().resident_kib());
    }
    drop(flood);
    flooded.sort();
    beside.sort();
    Run { beside: quantile(&beside, 0.99), flooded: quantile(&flooded, 0.99), memory_kib }
}

async fn pair(server: &Server) -> Pair {
    Pair::log_in((server.address(), "server1"), (server.address(), "server2")).await
}
