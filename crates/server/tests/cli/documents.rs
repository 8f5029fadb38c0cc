//! The JSON documents against their page in the manual: scripts rely on both.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::client::Client;
use crate::server::{Server, lampfield};

const CONFIG: &str = "[[domain]]\nname = 'a.example'\n\
    [[domain.account]]\nname = 'server1'\npassword = 'one'\n\
    site = 'berlin'\nlabels = ['sales']\n[lease]\ngrace = '1s'\n";

/// Every key of a document, at any depth.
fn keys(document: &Value, into: &mut BTreeSet<String>) {
    match document {
        Value::Object(object) => {
            for (key, value) in object {
                into.insert(key.clone());
                // Below these are the arguments of whatever was done.
                if key != "arguments" {
                    keys(value, into);
                }
            }
        }
        Value::Array(list) => list.iter().for_each(|value| keys(value, into)),
        _ => (),
    }
}

/// The words that stand in code type on a page.
fn code_words(page: &str) -> BTreeSet<String> {
    let code = page.split('`').skip(1).step_by(2);
    let words = code.flat_map(|code| code.split(|c: char| !c.is_ascii_alphanumeric() && c != '_'));
    words.map(str::to_owned).collect()
}

#[test]
fn every_key_of_every_document_is_in_the_manual() {
    let server = Server::start_with(CONFIG, "tls = 'optional'\nclear_text_auth = true\n");
    let mut pbx = Client::log_in(server.address(), "a.example", "server1", "one");
    let eid = "02:00:00:00:00:01";
    pbx.publish_device(eid, "PJSIP/100", "INUSE");
    pbx.publish_mailbox(eid, "1000@default", 1, 2);
    drop(pbx);
    let why = || server.ask(&["why", "PJSIP/100", "--json"]);
    let gone = (0..1_000).find_map(|_| Some(why().json()).filter(|why| why["facts"][0].is_null()));
    let mut documents = vec![gone.expect("a withdrawal, or nothing more")];
    let mut pbx = Client::log_in(server.address(), "a.example", "server1", "one");
    pbx.publish_device(eid, "PJSIP/100", "INUSE");
    let report = tempfile::tempdir().expect("a folder");
    for asked in [
        &["why", "PJSIP/100"] as &[_],
        &["why", "PJSIP/100", "--at", "-0s"],
        &["why", "PJSIP/nobody"],
        &["history", "PJSIP/100"],
        &["status"],
        &["user", "list"],
        &["user", "add", "tim", "--generate"],
        &["user", "change", "tim", "--site", "rome", "--allow", "_1XX"],
        &["reload"],
        &["user", "remove", "tim", "--yes"],
        &["invite", "pbx-2"],
        &["domain", "list"],
        &["log", "set", "info"],
        &["set", "Custom:night", "INUSE", "--keep"],
        &["list"],
        &["set", "custom/door", "{\"data\":1}", "--for", "1h"],
        &["why", "custom/door"],
        &["clear", "Custom:night"],
        &["audit"],
        &["domain", "add", "b.example", "--board", "new"],
        &["domain", "change", "b.example", "--show-caps", "true"],
        &["domain", "remove", "b.example", "--yes"],
        &["check"],
        &["doctor", "--only", "server,ports,files", "--end-to-end", "--fix", "--yes"],
        &["report", "--out", &report.path().join("x.tar").display().to_string()],
    ] {
        documents.push(server.ask(&[asked, &["--json"]].concat()).json());
    }
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("lampfield.toml");
    std::fs::write(&file, "[xmpp]\nlistten = []\n").expect("a file");
    documents.push(lampfield(&["check", &file.display().to_string(), "--json"]).json());
    documents.extend(watched(&server, &mut pbx));

    let manual = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/reference-json.md");
    let known = code_words(&std::fs::read_to_string(manual).expect("the page"));
    let mut all = BTreeSet::new();
    documents.iter().for_each(|document| keys(document, &mut all));
    let missing: Vec<_> = all.iter().filter(|key| !known.contains(*key)).collect();
    assert!(missing.is_empty(), "not in docs/reference-json.md: {missing:?}");
    for document in &documents {
        let schema = document["schema"].as_str().expect("a schema");
        let page = std::fs::read_to_string(manual).expect("the page");
        assert!(page.contains(&format!("`{schema}`")), "{schema} is not in the page");
    }
}

/// One change as a watcher sees it.
fn watched(server: &Server, pbx: &mut Client) -> Vec<Value> {
    let mut command = server.command(&["watch", "--count", "1", "--json"]);
    let mut watch = command.stdout(std::process::Stdio::piped()).spawn().expect("the program");
    for state in ["INUSE", "NOT_INUSE"].into_iter().cycle() {
        pbx.publish_device("02:00:00:00:00:01", "PJSIP/100", state);
        if watch.try_wait().expect("a child").is_some() {
            break;
        }
    }
    let lines = watch.wait_with_output().expect("an end").stdout;
    let lines = String::from_utf8(lines).expect("UTF-8");
    lines.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}
