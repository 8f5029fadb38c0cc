//! The goals that the comparison can tell of, for Asterisk's node and for an ordinary one. What the growth can tell of is with its curves.

use crate::bench::goal::Goal;
use crate::bench_peers::matrix::{Case, Contestant, Matrix, Transport};

/// Every goal that the comparison can tell of, reached or not.
pub fn of_comparison(matrix: &Matrix) -> Vec<Goal> {
    let found = Found(matrix);
    let mut goals = Vec::new();
    for (case, most) in Case::DELIVERIES.into_iter().zip([5.0, 5.0, 1.5, 1.5]) {
        goals.extend(found.delivery(case, most));
    }
    goals.extend(found.latency());
    goals.extend(found.connections());
    goals.extend(found.items());
    goals
}

struct Found<'m>(&'m Matrix);

impl Found<'_> {
    fn median(&self, who: Contestant, transport: Transport, case: Case, name: &str) -> Option<f64> {
        Some(self.0.figure(who, transport, case, name)?.median)
    }

    fn delivery(&self, case: Case, most: f64) -> Vec<Goal> {
        let of = |who, transport| self.median(who, transport, case, "server CPU per delivery");
        let plain = of(Contestant::Telephony, Transport::Plain);
        let ratio = |to: Option<f64>| Some(plain? / to?);
        let limit = ratio(of(Contestant::Limit, Transport::Plain));
        let tls = ratio(of(Contestant::Telephony, Transport::Tls)).map(|ratio| 1.0 / ratio);
        let ordinary = of(Contestant::Generic, Transport::Plain);
        let ordinary = ordinary.zip(of(Contestant::Limit, Transport::Plain));
        let ordinary = ordinary.map(|(ordinary, limit)| ordinary / limit);
        let peers = [Contestant::Ejabberd, Contestant::Prosody];
        let better = peers.into_iter().filter_map(|who| of(who, Transport::Plain)).reduce(f64::min);
        let title = case.title();
        let mut goals = vec![
            Goal::at_most(format!("a delivery, {title}: to the limit"), most, "×", limit),
            Goal::at_most(format!("a delivery, {title}: TLS to plain"), 2.0, "×", tls),
            Goal::at_most(
                format!("a delivery, {title}: an ordinary node to the limit"),
                most,
                "×",
                ordinary,
            ),
        ];
        // Where the limit itself is not ten times better than the peers, nearness to it counts.
        if limit.is_none_or(|limit| limit > 1.5) {
            let what = format!("a delivery, {title}: to the better peer");
            goals.push(Goal::at_most(what, 0.1, "×", ratio(better)));
        }
        goals
    }

    fn latency(&self) -> Vec<Goal> {
        let of = |who, name| self.median(who, Transport::Plain, Case::Open, name);
        let goal = |name: &'static str| {
            let limit = of(Contestant::Limit, name);
            let most = limit.map_or(f64::NAN, |limit| (limit * 1.3).max(limit + 0.3));
            let what = format!("{name}, open loop: 1.3 × the limit or 0.3 ms more");
            Goal::at_most(what, most, "ms", of(Contestant::Telephony, name))
        };
        ["latency p50", "latency p99"].map(goal).into()
    }

    fn connections(&self) -> Vec<Goal> {
        let of =
            |transport, name| self.median(Contestant::Telephony, transport, Case::Connect, name);
        let (plain, tls) = (Transport::Plain, Transport::Tls);
        vec![
            Goal::at_most("a login, the first", 1.0, "CPU ms", of(plain, "server CPU per login")),
            Goal::at_most(
                "a login, repeated",
                0.1,
                "CPU ms",
                of(plain, "server CPU per repeated login"),
            ),
            Goal::at_most("an idle connection", 8.0, "KiB", of(plain, "idle connection")),
            Goal::at_most("an idle connection with TLS", 24.0, "KiB", of(tls, "idle connection")),
            Goal::at_most("the empty server", 10.0, "MiB", of(plain, "server memory before")),
        ]
    }

    fn items(&self) -> Vec<Goal> {
        let of = |name| self.median(Contestant::Generic, Transport::Plain, Case::Items, name);
        let all = of("items fetched").filter(|fetched| *fetched == 10_000.0);
        let fetch = all.and(of("fetch all takes"));
        vec![
            Goal::at_most("10,000 items: a store", 10.0, "CPU µs", of("server CPU per store")),
            Goal::at_most("10,000 items: fetched at once", 30.0, "ms", fetch),
            Goal::at_most("10,000 items: the node deleted", 100.0, "ms", of("delete node takes")),
        ]
    }
}
