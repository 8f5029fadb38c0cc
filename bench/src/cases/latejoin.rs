//! A newcomer to a full board. Telephony nodes tell it everything by themselves; on other nodes it
//! subscribes and then asks for all items.

use super::items;
use crate::error::BenchError;
use crate::item::Items;
use crate::meter::{Meter, Stopwatch};
use crate::report::Report;
use crate::role::Role;
use crate::talk::Talk;
use crate::target::{Node, Target};

/// How many newcomers come, one after the other: the processor time of one is too short to see.
const TIMES: usize = 11;

/// Fills the board with `facts` states and lets newcomers join.
///
/// # Errors
/// The server refuses, or the limit was asked: it keeps nothing.
pub fn run(target: &Target, facts: u32, report: &mut Report) -> Result<(), BenchError> {
    if target.is_limit() {
        return Err(BenchError::Options("the limit keeps nothing for a newcomer"));
    }
    let items = Items::new(1);
    let mut publisher = target.login(0, Role::Publisher)?;
    target.make_node(&mut publisher, &facts.to_string())?;
    items::store(target, (0, &mut publisher), &items, facts)?;

    let (mut millis, mut micros) = (Vec::new(), Vec::new());
    for _ in 0..TIMES {
        let mut newcomer = target.login(1, Role::Hearer)?;
        let watch = Stopwatch::start(target.meter())?;
        let known = join(target, &mut newcomer, &items, facts)?;
        let took = watch.stop()?;
        millis.push(took.millis());
        micros.extend(took.server_micros(facts));
        if known != facts {
            report.warnings.push(format!("the newcomer heard {known} of {facts} states"));
        }
    }
    millis.sort_by(f64::total_cmp);
    report.figure_if("newcomer knows all after", millis.get(TIMES / 2).copied(), "ms");
    if !micros.is_empty() {
        report.figure("server CPU per state", micros.iter().sum::<f64>() / TIMES as f64, "us");
    }
    report.memory(target.meter().map(Meter::memory).transpose()?);
    target.delete_node(&mut publisher)
}

/// Subscribes and waits until everything is known; tells how much came.
fn join(
    target: &Target,
    newcomer: &mut Talk,
    items: &Items,
    facts: u32,
) -> Result<u32, BenchError> {
    target.subscribe(newcomer, 1)?;
    if let Node::Generic(_) = target.node() {
        let answer = target.fetch(newcomer)?;
        return Ok(memchr::memmem::find_iter(&answer, "<item ").count() as u32);
    }
    let mut known = 0;
    while known < facts {
        known += u32::from(items.is_of_first(&newcomer.expect("<message")?));
    }
    Ok(known)
}
