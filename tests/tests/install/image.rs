//! The container image, built from a base that lies on this machine (an old Debian), as `podman build` does
//! it, and run: not as root, healthy while it answers, stopped by its signal.

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

use lampfield_tests::debian;
use lampfield_tests::eventually::{SOON, eventually};
use lampfield_tests::machine::dist;
use lampfield_tests::namespace::Namespace;
use serde_json::Value;

use crate::made;

#[tokio::test]
async fn it_builds_from_a_local_base_and_runs() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = Store { folder: folder.path(), namespace: Namespace::make() };
    let base = store.ask(&["from", "scratch"]);
    let mounted = store.ask(&["mount", &base]);
    let root = debian::root("debian-11");
    // A base that is as small as one can be: what programs need, and no more.
    let copy = "tar -C \"$0\" --exclude=./var --exclude=./usr/share -cf - . | tar -C \"$1\" -xf -";
    let copy = Command::new("sh").args(["-c", copy]).arg(&root).arg(&mounted).status();
    assert!(copy.is_ok_and(|status| status.success()), "the base is copied");
    store.ask(&["commit", "--quiet", &base, "localhost/base"]);
    let tarball = dist().join(made("lampfield-", "-container.tar.gz"));
    let unpack = Command::new("tar").arg("xzf").arg(tarball).arg("-C").arg(folder.path()).status();
    assert!(unpack.is_ok_and(|status| status.success()), "it is unpacked");
    let context =
        folder.path().join(made("lampfield-", "-container.tar.gz").trim_end_matches(".tar.gz"));
    let context = context.display().to_string();
    // Docker's form has health checks, the other one has none.
    store.ask(&[
        "build",
        "--format",
        "docker",
        "--build-arg",
        "BASE=localhost/base",
        "--tag",
        "lampfield",
        &context,
    ]);

    let about = store.ask(&["inspect", "--type", "image", "lampfield"]);
    let about: Value = serde_json::from_str(&about).expect("JSON");
    let config = &about["Docker"]["config"];
    assert_eq!(config["User"], "5222:5222", "{config}");
    assert_eq!(config["StopSignal"], "SIGTERM", "{config}");
    assert!(config["Volumes"]["/var/lib/lampfield"].is_object(), "{config}");
    assert_eq!(config["Healthcheck"]["Test"][0], "CMD", "{config}");
    let check: Vec<String> =
        serde_json::from_value(config["Healthcheck"]["Test"].clone()).expect("words");
    runs(&store, &check[1..]).await;
}

/// Starts it, asks for its health, and stops it.
async fn runs(store: &Store<'_>, check: &[String]) {
    let container = store.ask(&["from", "lampfield"]);
    let mounted = store.ask(&["mount", &container]);
    // What the engine does with the data folder of a new volume.
    let data = store.folder.join("data");
    let copy = Command::new("cp")
        .arg("-a")
        .arg(format!("{mounted}/var/lib/lampfield"))
        .arg(&data)
        .status();
    assert!(copy.is_ok_and(|status| status.success()), "the volume is filled");
    let volume = format!("{}:/var/lib/lampfield", data.display());
    let mut serve =
        store.command(&["run", "--volume", &volume, &container, "--", "lampfield", "serve"]);
    let mut serve =
        serve.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("buildah runs");
    eventually(SOON, async || {
        let mut healthy = store.command(&["run", "--volume", &volume, &container, "--"]);
        let ran = healthy.args(check).output().expect("buildah runs");
        if ran.status.success() { Ok(()) } else { Err(format!("{ran:?}")) }
    })
    .await;
    let server =
        eventually(SOON, async || server_below(serve.id()).ok_or("no server".to_owned())).await;
    let status = std::fs::read_to_string(format!("/proc/{server}/status")).expect("it runs");
    let user = status.lines().find(|line| line.starts_with("Uid:")).expect("a user");
    assert_eq!(user.split_whitespace().nth(1), Some("5222"), "{user}");
    let pid = rustix::process::Pid::from_raw(server).expect("a process");
    rustix::process::kill_process(pid, rustix::process::Signal::TERM).expect("it is ours");
    let ended = eventually(SOON, || {
        let ended = serve.try_wait().expect("our own").ok_or("it runs".to_owned());
        async { ended }
    })
    .await;
    assert!(ended.success(), "{ended}");
}

/// The server that some process has started, by any of its threads.
fn server_below(pid: u32) -> Option<i32> {
    let threads = std::fs::read_dir(format!("/proc/{pid}/task")).ok()?.flatten();
    let children =
        threads.filter_map(|thread| std::fs::read_to_string(thread.path().join("children")).ok());
    let children: String = children.collect();
    children.split_whitespace().find_map(|child| {
        let name = std::fs::read_to_string(format!("/proc/{child}/comm")).ok()?;
        let found = if name.trim() == "lampfield" { child.parse().ok() } else { None };
        found.or_else(|| server_below(child.parse().ok()?))
    })
}

/// Images and containers of one test, with a network of their own.
struct Store<'a> {
    folder: &'a Path,
    namespace: Arc<Namespace>,
}

// === impl Store ===

impl Store<'_> {
    fn command(&self, arguments: &[&str]) -> Command {
        let enter = self.namespace.nsenter();
        let (program, rest) = enter.split_first().expect("a command");
        let mut command = Command::new(program);
        command.args(rest).arg("buildah").arg("--root").arg(self.folder.join("store"));
        command.arg("--runroot").arg(self.folder.join("run")).args(["--storage-driver", "vfs"]);
        command.args(arguments).env("BUILDAH_ISOLATION", "chroot").stdin(Stdio::null());
        command
    }

    /// What it prints last, when all went well.
    fn ask(&self, arguments: &[&str]) -> String {
        let output = self.command(arguments).output().expect("buildah runs");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "buildah {arguments:?}: {said}");
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }
}

impl Drop for Store<'_> {
    fn drop(&mut self) {
        // They have mounts in the folder, which is removed next.
        let _ = self.command(&["rm", "--all"]).output();
    }
}
