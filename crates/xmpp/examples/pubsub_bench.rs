//! What the generic pubsub service costs with a full node: 10,000 items published, fetched and
//! deleted, 10,000 subscribers notified. Everything but sockets and disk is included.
//!
//! ```text
//! cargo run -p lampfield-xmpp --release --example pubsub_bench
//! ```

use std::error::Error;
use std::time::{Duration, Instant};

use lampfield_xmpp::services::Verb;
use lampfield_xmpp::services::pubsub::codec::head;
use lampfield_xmpp::services::pubsub::engine::{Actor, Privilege, PubsubLimits};
use lampfield_xmpp::services::pubsub::service::{Elsewhere, Handled, PubsubService};
use lampfield_xmpp::wire::LARGEST_ANSWER;
use lampfield_xmpp_stream::{BareJid, Domain, Scope, Stanza, StanzaLimits};

const ITEMS: usize = 10_000;
const SUBSCRIBERS: usize = 10_000;

const PUBSUB: &str = "<pubsub xmlns='http://jabber.org/protocol/pubsub'>";
const OWNER: &str = "<pubsub xmlns='http://jabber.org/protocol/pubsub#owner'>";

struct Bench {
    service: PubsubService,
}

impl Bench {
    fn ask(&mut self, who: &str, verb: Verb, xml: &str) -> Result<Handled, Box<dyn Error>> {
        let scope = Scope::NONE;
        let stanza = Stanza::parse(xml.as_bytes(), &scope, &StanzaLimits::AUTHENTICATED)
            .map_err(|error| error.to_string())?;
        let account = BareJid::parse(&format!("{who}@denmark.lit"))?;
        let actor = Actor { account, privilege: Privilege::Creator };
        let handled = self.service.handle(&actor, verb, stanza.root(), LARGEST_ANSWER);
        match &handled.answer {
            Ok(_) => Ok(handled),
            Err(error) => Err(error.to_string().into()),
        }
    }

    fn publish(&mut self, number: usize) -> Result<Handled, Box<dyn Error>> {
        let text = "to be, or not to be: that is the question ".repeat(4);
        let item = format!("<item id='item{number}'><entry xmlns='urn:e'>{text}</entry></item>");
        let publish = format!("{PUBSUB}<publish node='n'>{item}</publish></pubsub>");
        self.ask("hamlet", Verb::Set, &publish)
    }
}

fn timed<T>(what: &str, count: usize, work: impl FnOnce() -> T) -> T {
    let start = Instant::now();
    let result = work();
    let took = start.elapsed();
    let each = took.div_f64(count as f64);
    println!("{what:<44} {:>9.2} ms  {:>8.2} us each", millis(took), each.as_secs_f64() * 1e6);
    result
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

fn main() -> Result<(), Box<dyn Error>> {
    let elsewhere = Elsewhere { reserved: Box::new(|_| false), views: vec![] };
    let address = Domain::parse("pubsub.denmark.lit")?;
    let service = PubsubService::new(&address, PubsubLimits::default(), elsewhere, 1);
    let mut bench = Bench { service };

    let field = "<field var='pubsub#max_items'><value>max</value></field>";
    let form = format!("<configure><x xmlns='jabber:x:data' type='submit'>{field}</x></configure>");
    bench.ask("hamlet", Verb::Set, &format!("{PUBSUB}<create node='n'/>{form}</pubsub>"))?;

    timed("publish into an empty node", ITEMS, || {
        (0..ITEMS).try_for_each(|number| bench.publish(number).map(drop))
    })?;
    timed("publish into a full node (one in, one out)", ITEMS, || {
        (ITEMS..2 * ITEMS).try_for_each(|number| bench.publish(number).map(drop))
    })?;
    timed("publish the same items again", ITEMS, || {
        (ITEMS..2 * ITEMS).try_for_each(|number| bench.publish(number).map(drop))
    })?;

    let mut after = String::new();
    let mut pages = 0;
    timed("fetch all, in pages as the service cuts them", ITEMS, || {
        while let Some(last) = fetch(&mut bench, &after)? {
            after = format!("<after>{last}</after>");
            pages += 1;
        }
        Ok::<(), Box<dyn Error>>(())
    })?;
    println!("{:<44} {pages}", "  pages");

    timed("subscribe", SUBSCRIBERS, || {
        (0..SUBSCRIBERS).try_for_each(|number| {
            let jid = format!("<subscribe node='n' jid='s{number}@denmark.lit'/>");
            let subscribe = format!("{PUBSUB}{jid}</pubsub>");
            bench.ask(&format!("s{number}"), Verb::Set, &subscribe).map(drop)
        })
    })?;
    let handled = timed("publish to all subscribers", SUBSCRIBERS, || bench.publish(0))?;
    let mut bytes = vec![];
    timed("write it to all subscribers", SUBSCRIBERS, || {
        for broadcast in &handled.follows.deliveries {
            for to in &*broadcast.to {
                bytes.clear();
                bytes.extend_from_slice(&head(&broadcast.from, to.as_str()));
                bytes.extend_from_slice(&broadcast.tail);
            }
        }
    });
    let delete = format!("{OWNER}<delete node='n'/></pubsub>");
    let handled = timed("delete the full node", ITEMS, || bench.ask("hamlet", Verb::Set, &delete))?;
    println!("{:<44} {}", "  rows deleted", handled.follows.writes.len());
    Ok(())
}

/// Fetches a page; the name of its last item, or `None` when it is empty.
fn fetch(bench: &mut Bench, after: &str) -> Result<Option<String>, Box<dyn Error>> {
    let set = format!("<set xmlns='http://jabber.org/protocol/rsm'>{after}</set>");
    let query = format!("{PUBSUB}<items node='n'/>{set}</pubsub>");
    let answer = bench.ask("hamlet", Verb::Get, &query)?.answer.map_err(|e| e.to_string())?;
    let answer = String::from_utf8(answer)?;
    let last = answer.split_once("<last>").and_then(|(_, rest)| rest.split_once("</last>"));
    Ok(last.map(|(last, _)| last.to_owned()))
}
