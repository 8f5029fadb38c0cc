//! A newcomer to a full board. Telephony nodes tell it everything by themselves; on other nodes it
//! subscribes and then asks for all items.

use super::items;
use crate::error::BenchError;
use crate::item::Items;
use crate::meter::{Meter, Stopwatch};
use crate::report::Report;
use crate::target::{Node, Role, Target};

/// Fills the board with `facts` states and lets one more client join.
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
    let mut newcomer = target.login(1, Role::Hearer)?;
    items::store(target, &mut publisher, &items, facts)?;

    let watch = Stopwatch::start(target.meter())?;
    target.subscribe(&mut newcomer, 1)?;
    let mut known = 0;
    match target.node() {
        Node::Generic(_) => {
            let answer = target.fetch(&mut newcomer)?;
            known = memchr::memmem::find_iter(&answer, "<item ").count() as u32;
        }
        Node::Telephony | Node::Raw => {
            while known < facts {
                known += u32::from(items.is_of_first(&newcomer.expect("<message")?));
            }
        }
    }
    let took = watch.stop()?;
    report.figure("newcomer knows all after", took.millis(), "ms");
    report.figure_if("server CPU per state", took.server_micros(facts), "us");
    report.memory(target.meter().map(Meter::memory).transpose()?);
    if known != facts {
        report.warnings.push(format!("the newcomer heard {known} of {facts} states"));
    }
    target.delete_node(&mut publisher)
}
