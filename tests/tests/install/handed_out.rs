//! What lies beside the packages: sums, debug symbols, the bill of materials.

use std::process::Command;

use lampfield_tests::machine::dist;

use crate::made_here;

#[test]
fn the_sums_are_right_and_complete() {
    let checked =
        Command::new("sha256sum").args(["--check", "--strict", "SHA256SUMS"]).current_dir(dist());
    let checked = { checked }.output().expect("sha256sum runs");
    assert!(checked.status.success(), "{checked:?}");
    let files =
        std::fs::read_dir(dist()).expect("a folder").map(|entry| entry.expect("one").path());
    let files = files.filter(|path| path.is_file()).count();
    // All but the file of the sums itself.
    assert_eq!(String::from_utf8_lossy(&checked.stdout).lines().count(), files - 1);
}

#[test]
fn debug_symbols_are_beside_and_not_in_it() {
    let folder = tempfile::tempdir().expect("a folder");
    for end in ["-linux.tar.gz", "-linux-debug.tar.gz"] {
        let tarball = made_here("lampfield-", end);
        let mut unpack = Command::new("tar");
        unpack.arg("xzf").arg(tarball).arg("-C").arg(folder.path()).arg("--strip-components=1");
        assert!(unpack.status().is_ok_and(|status| status.success()));
    }
    let sections = |file: &str| {
        let path = folder.path().join(file);
        let shown = Command::new("objdump").arg("-h").arg(path).output().expect("objdump runs");
        String::from_utf8_lossy(&shown.stdout).into_owned()
    };
    let (program, symbols) = (sections("lampfield"), sections("lampfield.debug"));
    assert!(program.contains(".gnu_debuglink") && !program.contains(".debug_line"), "{program}");
    assert!(symbols.contains(".debug_line"), "{symbols}");
}

#[test]
fn the_bill_of_materials_names_the_crates() {
    let text = std::fs::read_to_string(made_here("lampfield-", ".cdx.json")).expect("a file");
    let bill: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(bill["bomFormat"], "CycloneDX");
    let parts = bill["components"].as_array().expect("components");
    for name in ["rustls", "rusqlite", "tokio"] {
        let part = parts.iter().find(|part| part["name"] == name);
        assert!(part.is_some_and(|part| part["version"].is_string()), "{name}");
    }
}
