//! Resident memory: idle, and with ten thousand retained states.

use lampfield_tests::scripted_pbx::ScriptedPbx;
use lampfield_tests::server::{Config, Server};

use crate::newcomer::STATES;
use crate::report::Report;

pub async fn measure(report: &mut Report) {
    let server = Server::start(&Config::plain().servers()).await;
    report.add("resident memory, idle", mib(&server), "MiB", "under 10");
    let mut pbx = ScriptedPbx::login(server.address(), "server1", 1).await;
    pbx.publish_many(STATES, "INUSE").await;
    report.add("resident memory, 10,000 states", mib(&server), "MiB", "under 20");
}

fn mib(server: &Server) -> f64 {
    server.process().resident_kib() as f64 / 1024.0
}
