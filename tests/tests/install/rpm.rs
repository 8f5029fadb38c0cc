//! The RPMs. No distribution that uses them is at hand, so RPM's own program installs them on a Debian that
//! a systemd has started: their files, their scripts, their end. Of their dependencies only the names are
//! looked at.

use lampfield_tests::machine::{Machine, dist};

use crate::relay::{is_of_relay, is_of_server};
use crate::{answers, made_there};

#[tokio::test]
async fn from_install_to_removal() {
    let machine = Machine::boot("rpm", &dist()).await;
    let (server, relay) =
        (made_there("lampfield-0", ".rpm"), made_there("lampfield-relay-", ".rpm"));
    let needs = machine.must(&format!("rpm --query --package --requires {server}")).await;
    assert!(needs.contains("glibc >= 2.17") && needs.contains("systemd"), "{needs}");
    machine.must("mkdir -p /etc/default; rpm --initdb").await;
    machine.must(&format!("rpm --install --nodeps {relay}")).await;
    is_of_relay(&machine).await;
    machine.must(&format!("rpm --install --nodeps {server}")).await;
    machine.must("systemd-analyze verify lampfield.service lampfield-relay.service lampfield-relay.socket").await;
    machine.must("systemctl enable --now lampfield").await;
    answers(&machine).await;
    let owners =
        machine.must("stat -c '%U %G %a' /etc/lampfield/lampfield.toml /var/lib/lampfield").await;
    assert_eq!(owners, "root lampfield 640\nlampfield lampfield 700\n");
    machine
        .must(
            "test -s /usr/share/man/man1/lampfield-invite.1.gz && test -x /usr/bin/lampfield-relay",
        )
        .await;
    machine.must("rpm --erase lampfield").await;
    is_of_relay(&machine).await;
    machine.must(&format!("rpm --install --nodeps {server}; systemctl start lampfield")).await;
    is_of_server(&machine).await;
    machine.must("rpm --erase lampfield lampfield-relay").await;
    machine.must("! test -L /usr/bin/lampfield").await;
    machine.must("! test -e /usr/bin/lampfield && ! systemctl is-active lampfield && test -d /var/lib/lampfield").await;
}
