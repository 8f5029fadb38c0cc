//! The package of the server: on each Debian it is installed over the one before, runs, reloads, is removed
//! and purged.

use lampfield_tests::machine::{Machine, dist};

use crate::{answers, document, made_there, main_pid};

const CONFIG: &str = "/etc/lampfield/lampfield.toml";

#[tokio::test]
async fn from_install_to_purge_on_debian_12() {
    from_install_to_purge("debian-12").await;
}

#[tokio::test]
async fn from_install_to_purge_on_debian_13() {
    from_install_to_purge("debian-13").await;
}

#[tokio::test]
async fn from_install_to_purge_on_debian_sid() {
    from_install_to_purge("debian-sid").await;
}

async fn from_install_to_purge(debian: &str) {
    let machine = Machine::boot(debian, &dist()).await;
    installed_before(&machine).await;
    upgraded(&machine).await;
    as_it_should_be(&machine).await;
    wrong_files_are_refused(&machine).await;
    removed(&machine).await;
    purged(&machine).await;
}

/// What stood there before this version: its package runs, has an account, and an edited configuration.
async fn installed_before(machine: &Machine) {
    machine.must("apt-get install -y /mnt/dist/before/lampfield_*.deb").await;
    machine.must("systemctl is-active lampfield && systemctl is-enabled lampfield").await;
    answers(machine).await;
    machine.must("lampfield user add carol --generate").await;
    machine
        .must(&format!("echo '[lease]' >> {CONFIG}; echo 'restart_grace = \"2m\"' >> {CONFIG}"))
        .await;
}

/// The new one takes over: what was kept is kept, and the new program runs.
async fn upgraded(machine: &Machine) {
    let before = main_pid(machine, "lampfield").await;
    machine
        .must(&format!(
            "apt-get install -y --no-install-recommends {}",
            made_there("lampfield_", ".deb")
        ))
        .await;
    machine.must("systemctl is-active lampfield").await;
    answers(machine).await;
    let pid = main_pid(machine, "lampfield").await;
    assert_ne!(pid, before, "the old program still runs");
    let runs = machine.must(&format!("readlink /proc/{pid}/exe")).await;
    assert_eq!(runs.trim(), "/usr/bin/lampfield");
    let users = document(machine, "lampfield user list --json").await;
    let users: Vec<_> =
        users["users"].as_array().expect("users").iter().map(|user| &user["jid"]).collect();
    assert!(users.iter().any(|jid| **jid == "carol@localhost"), "{users:?}");
    let config = machine.must("lampfield check --effective").await;
    assert!(config.contains("restart_grace = \"2m\""), "{config}");
    let invite = machine.must("lampfield invite pbx-1").await;
    assert!(invite.contains("secret="), "{invite}");
}

/// Files, owners, units and man pages.
async fn as_it_should_be(machine: &Machine) {
    let pid = main_pid(machine, "lampfield").await;
    let owners = machine
        .must(&format!(
            "stat -c '%U %G %a' /etc/lampfield {CONFIG} /var/lib/lampfield; stat -c %U /proc/{pid}"
        ))
        .await;
    assert_eq!(
        owners,
        "root lampfield 750\nroot lampfield 640\nlampfield lampfield 700\nlampfield\n"
    );
    let verified = machine.run("systemd-analyze verify lampfield.service").await;
    assert!(verified.good && verified.err.is_empty(), "{verified:?}");
    // Of 100, where a service without any fence has 96.
    machine.must("systemd-analyze security --threshold 30 lampfield.service").await;
    let pages = machine
        .must("zcat /usr/share/man/man1/lampfield*.1.gz | grep -c '^.SH \"EXIT STATUS\"'")
        .await;
    let files = machine.must("ls /usr/share/man/man1/lampfield*.1.gz | wc -l").await;
    assert_eq!(pages, files, "man pages that tell no exit status");
    assert!(files.trim().parse::<u32>().is_ok_and(|files| files > 20), "{files}");
    let completed =
        "source /usr/share/bash-completion/completions/lampfield && complete -p lampfield";
    machine.must(completed).await;
    machine
        .must(&format!(
            "test -s /usr/share/doc/lampfield/copyright && dpkg -s lampfield && grep -q {CONFIG} \
                           /var/lib/dpkg/info/lampfield.conffiles"
        ))
        .await;
    machine.must("! dpkg --verify lampfield | grep -v ' c '").await;
}

/// A reload of a wrong file fails and says why, and the server goes on; so does a start.
async fn wrong_files_are_refused(machine: &Machine) {
    machine.must("systemctl reload lampfield").await;
    let pid = main_pid(machine, "lampfield").await;
    machine.must(&format!("cp -p {CONFIG} /root/good && echo 'listn = 1' >> {CONFIG}")).await;
    machine.must_fail("systemctl reload lampfield").await;
    machine.must("systemctl is-active lampfield").await;
    assert_eq!(main_pid(machine, "lampfield").await, pid, "it was restarted");
    let log = machine.must("journalctl --no-pager --unit lampfield").await;
    assert!(log.contains(&format!("{CONFIG}:")) && log.contains("listn"), "{log}");
    machine.must_fail("systemctl restart lampfield").await;
    machine.must_fail("systemctl is-active lampfield").await;
    machine.must(&format!("cp -p /root/good {CONFIG}")).await;
    machine.must("systemctl reset-failed lampfield; systemctl restart lampfield").await;
    answers(machine).await;
}

/// What is only removed can be installed again and knows everything.
async fn removed(machine: &Machine) {
    let pid = main_pid(machine, "lampfield").await;
    machine.must("apt-get remove -y lampfield").await;
    machine
        .must(&format!("! test -e /usr/bin/lampfield && ! test -e /proc/{pid} && test -s {CONFIG}"))
        .await;
    machine.must("test -s /var/lib/lampfield/lampfield.db").await;
    machine
        .must(&format!(
            "apt-get install -y --no-install-recommends {}",
            made_there("lampfield_", ".deb")
        ))
        .await;
    answers(machine).await;
    let users = machine.must("lampfield user list").await;
    assert!(users.contains("carol"), "{users}");
}

/// After a purge nothing is left of it.
async fn purged(machine: &Machine) {
    machine.must("apt-get purge -y lampfield").await;
    let left = machine
        .must("find / -xdev -iname '*lampfield*' -not -path '/mnt/*' -not -path '/proc/*' -not -name '.lampfield-ready' \
               -not -path '*apt/*'")
        .await;
    assert_eq!(left, "");
    machine
        .must("! getent passwd lampfield && ! getent group lampfield && ! systemctl cat lampfield")
        .await;
}
