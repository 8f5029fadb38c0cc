//! Starting, refusing to start, and stopping, as a script or an operator meets them.

use std::process::{Command, Stdio};

use lampfield_tests::scene;
use lampfield_tests::server::{Config, Server, binary};

#[tokio::test]
async fn one_ready_line_and_a_clean_stop() {
    let mut server = Server::start(&Config::plain().servers()).await;
    let _client = scene::client(&server, "server1").await;
    let log = server.log();
    let ready = log.lines().filter(|line| line.starts_with("lampfield ready")).count();
    assert_eq!(ready, 1, "{log}");
    server.stop().await;
}

#[test]
fn a_wrong_key_is_named_with_its_place_and_the_nearest_right_one() {
    for (text, place, hint) in [
        ("[xmpp]\nlistten = [\"127.0.0.1:5222\"]\n", ":2:1:", "\"listen\""),
        ("[lease]\ngrase = \"10s\"\n", ":2:1:", "\"grace\""),
        ("[lease]\ngrace = \"ten\"\n", ":2:9:", "10s"),
        ("[xmpp]\ntls = \"maybe\"\n", ":2:7:", "required"),
        ("[xmpp\n", ":1:", ""),
    ] {
        let folder = tempfile_with(text);
        let file = folder.path().join("lampfield.toml");
        let output = Command::new(binary())
            .args(["serve", "--config"])
            .arg(&file)
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{error}");
        assert!(error.contains(&format!("lampfield.toml{place}")), "{text}: {error}");
        assert!(error.contains(hint), "{text}: {error}");
        assert!(!error.contains("lampfield ready"), "{error}");
    }
}

#[tokio::test]
async fn a_second_server_on_the_same_folder_is_refused() {
    let server = Server::start(&Config::plain().servers()).await;
    let second = Command::new(binary())
        .args(["serve", "--config"])
        .arg(server.config_file())
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert!(!second.status.success());
    let error = String::from_utf8_lossy(&second.stderr);
    assert!(!error.contains("lampfield ready"), "{error}");
    scene::client(&server, "server1").await;
}

fn tempfile_with(text: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("lampfield.toml"), text).unwrap();
    folder
}
