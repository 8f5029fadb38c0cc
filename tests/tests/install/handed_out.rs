//! What lies beside the packages: sums, debug symbols, the bill of materials.

use std::process::Command;

use lampfield_tests::machine::dist;

use crate::made_here;

#[test]
fn the_sums_are_right_and_complete() {
    let mut check = Command::new("sha256sum");
    check.args(["--check", "--strict", "SHA256SUMS"]).current_dir(dist());
    let checked = check.output().expect("sha256sum runs");
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

#[test]
fn the_manual_names_what_is_there() {
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/installing.md");
    let page = std::fs::read_to_string(page).expect("a page");
    let (_, table) = page.split_once("| file | for |\n").expect("a table");
    let rows = table.lines().skip(1).take_while(|row| row.starts_with('|'));
    let named: Vec<String> = rows
        .filter_map(|row| row.split('|').nth(1))
        .flat_map(|names| names.split('`').skip(1).step_by(2))
        .map(str::to_owned)
        .collect();
    for name in &named {
        assert!(dist().join(name).is_file(), "{name} is not there");
    }
    let files =
        std::fs::read_dir(dist()).expect("a folder").map(|entry| entry.expect("one").path());
    let files = files.filter(|path| path.is_file()).count();
    // All but the sums, which stand above the table.
    assert_eq!(named.len(), files - 1, "{named:?}");
}
