//! The tarball: its program runs on an old Debian that holds nothing but its base, and needs no younger C
//! library than it says.

use std::process::Command;

use lampfield_tests::eventually::{SOON, eventually};
use lampfield_tests::machine::{Machine, dist};

use crate::{made, made_here};

/// The oldest C library, as `docs/installing.md` promises it.
const GLIBC: (u32, u32) = (2, 17);

#[tokio::test]
async fn it_runs_on_the_base_of_an_old_debian() {
    let machine = Machine::idle("debian-11", &dist()).await;
    machine
        .must(&format!("tar xzf /mnt/dist/{} -C /opt", made("lampfield-", "-linux.tar.gz")))
        .await;
    let folder = machine.must("echo /opt/lampfield-*").await;
    let folder = folder.trim();
    let version = machine.must(&format!("cd {folder} && ./lampfield --version")).await;
    assert!(version.starts_with("lampfield "), "{version}");
    machine.must(&format!("cd {folder} && (setsid ./lampfield serve > /tmp/log 2>&1 &)")).await;
    demonstrated(&machine, folder).await;
    eventually(SOON, async || {
        let ran = machine.run(&format!("{folder}/lampfield status --json")).await;
        if ran.out.contains("\"schema\"") { Ok(()) } else { Err(format!("{ran:?}")) }
    })
    .await;
    machine.must(&format!("cd {folder} && test -s LICENSE && test -s man/lampfield.1.gz && test -s doc/installing.md")).await;
}

/// The demo shows its first lamp at once. Three seconds are promised to who is alone on the machine; here
/// others may run beside it, so the moment is told and only its end is bounded.
async fn demonstrated(machine: &Machine, folder: &str) {
    let script = "begun=$(date +%s%N); ./lampfield demo --for 10s | \
                  { grep -m 1 INUSE && echo $(( ($(date +%s%N) - begun) / 1000000 )); }";
    let shown = machine.must(&format!("cd {folder} && {script}")).await;
    let (lamp, millis) = shown.trim().split_once('\n').expect("a lamp, and when it was there");
    assert!(lamp.contains("PJSIP/"), "{lamp}");
    println!("the first lamp of the demo: {millis} ms");
    assert!(millis.parse::<u32>().is_ok_and(|millis| millis < 10_000), "{millis} ms");
}

#[test]
fn it_asks_for_no_younger_c_library() {
    let folder = tempfile::tempdir().expect("a folder");
    let tarball = made_here("lampfield-", "-linux.tar.gz");
    let unpacked =
        Command::new("tar").arg("xzf").arg(&tarball).arg("-C").arg(folder.path()).status();
    assert!(unpacked.is_ok_and(|status| status.success()));
    let name = made("lampfield-", "-linux.tar.gz");
    let program = folder.path().join(name.trim_end_matches(".tar.gz")).join("lampfield");
    let symbols = Command::new("objdump").arg("-T").arg(&program).output().expect("objdump runs");
    let symbols = String::from_utf8_lossy(&symbols.stdout).into_owned();
    let versions: Vec<(u32, u32)> = symbols.split("GLIBC_").skip(1).filter_map(version).collect();
    let newest = versions.iter().max().expect("it uses the C library");
    assert!(*newest <= GLIBC, "{newest:?}");
    let loads = Command::new("objdump").arg("-p").arg(&program).output().expect("objdump runs");
    let loads = String::from_utf8_lossy(&loads.stdout).into_owned();
    let libraries: Vec<&str> = loads
        .lines()
        .filter_map(|line| line.trim().strip_prefix("NEEDED"))
        .map(str::trim)
        .collect();
    // All of them are of the C library itself.
    let of_glibc =
        ["libc.so", "libm.so", "libpthread.so", "libdl.so", "librt.so", "libutil.so", "ld-linux"];
    let foreign = libraries.iter().filter(|name| !of_glibc.iter().any(|own| name.starts_with(own)));
    assert_eq!(foreign.count(), 0, "{libraries:?}");
}

fn version(text: &str) -> Option<(u32, u32)> {
    let number: String =
        text.chars().take_while(|char| char.is_ascii_digit() || *char == '.').collect();
    let mut parts = number.split('.').map(str::parse);
    Some((parts.next()?.ok()?, parts.next()?.ok()?))
}
