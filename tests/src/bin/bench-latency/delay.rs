//! One change after the other, each awaited: from the event on the Asterisk where the state was set
//! to the event on the other, by the time stamps that both put on them.

use lampfield_tests::asterisk::{Asterisk, Setup};
use lampfield_tests::scene::{connected, xmpp_conf};
use lampfield_tests::server::{Config, Server};

use crate::report::Report;

const CHANGES: usize = 400;

/// How the Asterisks are connected.
#[derive(Clone, Copy)]
pub enum Line {
    /// In the clear, without TLS.
    Plain,
    /// Encrypted, by STARTTLS on the same port.
    Tls,
}

impl Line {
    pub fn name(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Tls => "TLS",
        }
    }

    /// A server and two Asterisk on such a line.
    pub async fn pair(self) -> (Server, Asterisk, Asterisk) {
        let config = Config::plain().servers();
        let tls = matches!(self, Self::Tls);
        let mut server = Server::start(&if tls { config.with_tls() } else { config }).await;
        let mut conf = [xmpp_conf(&mut server, 1), xmpp_conf(&mut server, 2)];
        conf.iter_mut().for_each(|conf| conf.tls = tls);
        let [a, b] = conf;
        let a = connected(Setup::new(1, a)).await;
        let b = connected(Setup::new(2, b)).await;
        (server, a, b)
    }
}

pub async fn measure(line: Line, report: &mut Report) {
    let (_server, a, b) = line.pair().await;
    for (from, to, way) in [(&a, &b, "there"), (&b, &a, "back")] {
        let device = format!("Custom:{way}");
        // Not measured: the first changes meet cold caches.
        delays(from, to, &device, 20).await;
        let delays = delays(from, to, &device, CHANGES).await;
        let goals = match line {
            Line::Plain => ["at most 0.5", "at most 2"],
            Line::Tls => ["", ""],
        };
        for (share, goal) in [0.5, 0.99].into_iter().zip(goals) {
            let index = ((delays.len() - 1) as f64 * share).round() as usize;
            let name = format!("{}: change to event, {way}, p{}", line.name(), share * 100.0);
            report.add(name, delays[index] as f64 / 1000.0, "ms", goal);
        }
    }
}

/// The delay of each change in microseconds, sorted.
async fn delays(from: &Asterisk, to: &Asterisk, device: &str, changes: usize) -> Vec<i64> {
    let mut delays = Vec::with_capacity(changes);
    for change in 0..changes {
        let state = if change % 2 == 0 { "INUSE" } else { "NOT_INUSE" };
        let (from_mark, to_mark) = (from.ami().mark(), to.ami().mark());
        from.set_state(device, state).await;
        let seen = to.ami().event(to_mark, |event| event.says(device, state)).await;
        let said = from.ami().event(from_mark, |event| event.says(device, state)).await;
        delays.push(seen.time() - said.time());
    }
    delays.sort_unstable();
    delays
}
