//! `docs/performance.md`, rendered from the results that lie beside it as data: either command can
//! be run without the other and neither forgets what the other has found. It measures nothing.

mod goals;
mod peers;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::bench::goal;
use crate::bench_growth::Growth;
use crate::bench_peers::Comparison;
use crate::run;

/// The head of the page.
const HEAD: &str = "# Performance

Made by two commands; do not edit by hand. Both run on any Debian-like machine as root, and measure
with `lampfield bench`, which works against any XMPP server: see `lampfield bench --help`. What they
have found is kept as data in [performance](performance), and either can be run alone.

| command | measures | takes |
|---|---|---|
| `cargo xtask bench` | Lampfield beside ejabberd, Prosody (both prepared by itself) and the limit | under ten minutes |
| `cargo xtask bench-growth` | how Lampfield's costs grow | fourteen minutes |

Server and load generator share the machine. Processor time is that of the server's process, user
and system. The *limit* is a TCP server that writes what it has read to every subscriber and does
nothing else. A publish is a device state as Asterisk writes it, in a write of its own; every copy is
checked for loss, duplication and order. For what is not reached,
[where the rest goes](performance/where-the-rest-goes.md) shows profiles.
";

/// The results of `cargo xtask bench`.
const COMPARISON: &str = "peers.json";
/// The results of `cargo xtask bench-growth`.
const GROWTH: &str = "growth.json";

/// Where results and pictures are.
pub fn folder() -> PathBuf {
    run::workspace().join("docs/performance")
}

/// Keeps the results of `cargo xtask bench` and writes the page.
pub fn keep_comparison(comparison: &Comparison) -> Result<()> {
    keep(COMPARISON, comparison)?;
    write()
}

/// Keeps the results of `cargo xtask bench-growth`, draws them and writes the page.
pub fn keep_growth(growth: &Growth) -> Result<()> {
    keep(GROWTH, growth)?;
    write()
}

/// Writes the page and draws its pictures from all that is kept.
pub fn write() -> Result<()> {
    let (mut goals, mut sections) = (Vec::new(), String::new());
    if let Some(comparison) = kept::<Comparison>(COMPARISON)? {
        goals.extend(goals::of_comparison(&comparison.matrix));
        sections += &peers::section(&comparison);
    }
    if let Some(growth) = kept::<Growth>(GROWTH)? {
        growth.draw(&folder())?;
        goals.extend(growth.goals());
        sections += &growth.section();
    }
    let page = format!("{HEAD}\n## Goals\n\n{}{sections}", goal::table(&goals));
    let file = run::workspace().join("docs/performance.md");
    write_file(&file, &page)?;
    eprintln!("{} written", file.display());
    Ok(())
}

/// Writes a file of the documentation.
fn write_file(file: &Path, text: &str) -> Result<()> {
    fs::write(file, text).with_context(|| format!("cannot write {}", file.display()))
}

fn keep(name: &str, results: &impl Serialize) -> Result<()> {
    fs::create_dir_all(folder())?;
    write_file(&folder().join(name), &(serde_json::to_string_pretty(results)? + "\n"))
}

fn kept<T: DeserializeOwned>(name: &str) -> Result<Option<T>> {
    let file = folder().join(name);
    if !file.exists() {
        return Ok(None);
    }
    let text = fs::read_to_string(&file)?;
    let results = serde_json::from_str(&text);
    results.map(Some).with_context(|| format!("cannot read {}", file.display()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{goals, peers};
    use crate::bench::goal;
    use crate::bench_peers::Comparison;
    use crate::bench_peers::matrix::{Case, Contestant, Matrix, Transport};

    /// Everything cost the same, but one case of Prosody, which failed.
    fn comparison() -> Comparison {
        let report = json!({
            "figures": [
                { "name": "server CPU per delivery", "value": 2.0, "unit": "us" },
                { "name": "generator cores", "value": 0.9, "unit": "" },
            ],
            "copies": { "delivered": 9, "lost": 1, "duplicated": 0, "disordered": 0, "refused": 0 },
            "warnings": ["the load generator used 90 % of its core: the server may be faster"],
        });
        let mut matrix = Matrix::default();
        for who in Contestant::ALL {
            for transport in Transport::ALL {
                for case in Case::ALL.into_iter().filter(|case| case.suits(who, transport)) {
                    matrix.add(who, transport, case, Ok(report.clone()));
                }
            }
        }
        let failed = Err(anyhow::anyhow!("no result: gone"));
        matrix.add(Contestant::Prosody, Transport::Tls, Case::Mesh, failed);
        let machine = json!({
            "date": "2026-01-01", "processors": 2, "model": "m", "memory_gib": 8, "kernel": "6.1",
            "lampfield": "0.1.0", "others": 0.5,
        });
        Comparison {
            machine: serde_json::from_value(machine).unwrap(),
            peers: vec![("ejabberd".to_owned(), "26".to_owned())],
            repetitions: 1,
            matrix,
        }
    }

    #[test]
    fn what_is_kept_makes_the_same_page_again() {
        let comparison = comparison();
        let kept = serde_json::to_string(&comparison).unwrap();
        let again: Comparison = serde_json::from_str(&kept).unwrap();
        assert_eq!(peers::section(&comparison), peers::section(&again));
    }

    #[test]
    fn the_page_tells_what_went_wrong_and_where() {
        let page = peers::section(&comparison());
        for line in [
            "- Prosody, TLS, mesh of 64: all publish, all subscribe: no result: gone\n",
            "- raw TCP fan-out, plain, mesh of 64: all publish, all subscribe: 1 lost\n",
            "- ejabberd, TLS, mesh of 64: all publish, all subscribe: 90 % at most, 1 of 1 repetitions\n",
            "Other programs kept 0.5 processors busy",
        ] {
            assert!(page.contains(line), "{line}\n{page}");
        }
    }

    #[test]
    fn every_goal_of_the_comparison_is_told() {
        let goals = goal::table(&goals::of_comparison(&comparison().matrix));
        assert!(
            goals.contains(
                "mesh of 64: all publish, all subscribe: to the limit | 1.50 × | 1 × | yes"
            )
        );
        assert!(goals.contains("10,000 items: fetched at once | 30 ms | - | not measured"));
    }
}
