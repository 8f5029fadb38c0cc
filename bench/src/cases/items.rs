//! A node with many items: stores them in bulk, fetches all in one request, deletes the node.

use crate::error::BenchError;
use crate::item::Items;
use crate::meter::{Meter, Stopwatch};
use crate::report::Report;
use crate::role::Role;
use crate::talk::{Talk, is_error};
use crate::target::{Node, Target};

/// Publishes that are unanswered at most; half of them are sent at once.
const UNANSWERED: u32 = 1000;

/// Stores, fetches, deletes.
///
/// # Errors
/// The server refuses, or the node is not one of its own.
pub fn run(target: &Target, count: u32, report: &mut Report) -> Result<(), BenchError> {
    if !matches!(target.node(), Node::Generic(_)) {
        return Err(BenchError::Options("name a node for the items: --node bench"));
    }
    let mut talk = target.login(0, Role::Publisher)?;
    target.make_node(&mut talk, &count.to_string())?;

    let watch = Stopwatch::start(target.meter())?;
    store(target, (0, &mut talk), &Items::new(1), count)?;
    let took = watch.stop()?;
    report.figure("store, each takes", took.millis() * 1e3 / f64::from(count), "us");
    report.figure_if("server CPU per store", took.server_micros(count), "us");

    let watch = Stopwatch::start(target.meter())?;
    let answer = target.fetch(&mut talk)?;
    let took = watch.stop()?;
    report.figure("fetch all takes", took.millis(), "ms");
    let fetched = memchr::memmem::find_iter(&answer, "<item ").count();
    report.figure("items fetched", fetched as f64, "");
    if fetched as u32 != count {
        report.warnings.push(format!("{fetched} of {count} items came back"));
    }
    report.memory(target.meter().map(Meter::memory).transpose()?);

    let watch = Stopwatch::start(target.meter())?;
    target.delete_node(&mut talk)?;
    let took = watch.stop()?;
    report.figure("delete node takes", took.millis(), "ms");
    Ok(())
}

/// Publishes so many different items as this client and waits for every answer.
pub(super) fn store(
    target: &Target,
    (client, talk): (usize, &mut Talk),
    items: &Items,
    count: u32,
) -> Result<(), BenchError> {
    let (mut sent, mut answered) = (0, 0);
    let mut batch = Vec::new();
    while answered < count {
        if sent < count && sent - answered <= UNANSWERED / 2 {
            batch.clear();
            let end = count.min(sent + UNANSWERED / 2);
            for number in sent..end {
                target.write_publish(&mut batch, client, number, |out| {
                    items.write_one_of_many(out, number);
                });
            }
            sent = end;
            talk.send(&batch)?;
        }
        let answer = talk.expect("<iq")?;
        if is_error(&answer) {
            return Err(talk.unexpected("a result", &answer));
        }
        answered += 1;
    }
    Ok(())
}
