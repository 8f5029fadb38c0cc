//! What the package of the relay has of this program: a file of another name, and `lampfield` as a link to it.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

use crate::server::Ran;

#[test]
fn where_only_the_relay_is_the_rest_is_told_of() {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder");
    let link = folder.path().join("lampfield");
    fs::hard_link(env!("CARGO_BIN_EXE_lampfield"), folder.path().join("lampfield-relay"))
        .expect("the program of the package");
    symlink("lampfield-relay", &link).expect("its link");
    for typed in [&["status"][..], &["serve"], &[], &["user", "list"]] {
        let ran = run(&link, typed);
        assert_eq!(ran.code, Some(2), "{typed:?}: {}", ran.err);
        let parts = [
            "error[relay-only]: only the relay of Lampfield is installed here",
            "apt install ./lampfield_",
        ];
        assert!(parts.iter().all(|part| ran.err.contains(part)), "{typed:?}: {}", ran.err);
    }
    for typed in [&["relay", "--help"][..], &["help", "relay-only"], &["--version"]] {
        let ran = run(&link, typed);
        assert_eq!(ran.code, Some(0), "{typed:?}: {}", ran.err);
    }
}

fn run(program: &Path, typed: &[&str]) -> Ran {
    Ran::of(Command::new(program).args(typed).output().expect("the program"))
}
