//! The package for the machine of a PBX: quiet until it is told where the server is, then it carries a
//! login.

use lampfield_tests::eventually::{SOON, eventually};
use lampfield_tests::machine::{Machine, dist};

use crate::{answers, document, made_there, main_pid};

const UNITS: &str = "lampfield-relay.socket lampfield-relay.service";

/// Logs in as Asterisk does, at the port of the relay; its own answer to a stream is not yet the server's.
const LOGIN: &str = r#"
    exec 3<>/dev/tcp/127.0.0.1/5222
    printf "<?xml version='1.0'?><stream:stream to='localhost' xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' version='1.0'>" >&3
    printf "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>%s</auth>" "$(printf '\0pbx-2\0%s' "$SECRET" | base64)" >&3
    while IFS= read -r -d '>' -t 20 part <&3; do
        case "$part" in *'<success'*) echo in; exit 0;; *'<failure'*) break;; esac
    done
    echo "not in: $part"; exit 1
"#;

#[tokio::test]
async fn from_install_to_purge() {
    let machine = Machine::boot("debian-13", &dist()).await;
    machine
        .must(&format!(
            "apt-get install -y --no-install-recommends {}",
            made_there("lampfield-relay_", ".deb")
        ))
        .await;
    let verified = machine.run(&format!("systemd-analyze verify {UNITS}")).await;
    assert!(verified.good && verified.err.is_empty(), "{verified:?}");
    // Nobody has told it where the server is, and nothing is red because of it.
    machine.must_fail("systemctl is-active lampfield-relay.socket").await;
    machine.must(&format!("! systemctl is-failed {UNITS} && systemctl is-enabled {UNITS}")).await;

    let secret = invited(&machine).await;
    machine.must(&format!("systemctl is-active {UNITS}")).await;
    let success = machine.must(&format!("SECRET={secret}; {LOGIN}")).await;
    assert_eq!(success.trim(), "in");
    let help = machine.must("lampfield-relay help line-lost").await;
    assert!(help.contains("line-lost"), "{help}");

    // An upgrade restarts it; what the operator has written stays.
    let before = main_pid(&machine, "lampfield-relay").await;
    machine
        .must(&format!(
            "apt-get install -y --no-install-recommends --reinstall {}",
            made_there("lampfield-relay_", ".deb")
        ))
        .await;
    machine.must(&format!("systemctl is-active {UNITS}")).await;
    assert_ne!(main_pid(&machine, "lampfield-relay").await, before);

    machine.must("apt-get remove -y lampfield-relay").await;
    machine
        .must("! test -e /usr/bin/lampfield-relay && test -e /etc/default/lampfield-relay")
        .await;
    machine.must("apt-get purge -y lampfield-relay").await;
    machine.must("! test -e /etc/default/lampfield-relay").await;
    machine.must_fail("systemctl cat lampfield-relay.service").await;
    answers(&machine).await;
}

/// `lampfield` is a command with either package: the relay's link, or the server's own program.
#[tokio::test]
async fn the_command_is_there_whichever_package_is() {
    let machine = Machine::boot("debian-13", &dist()).await;
    let install = async |package: &str| {
        let file = made_there(package, ".deb");
        machine.must(&format!("apt-get install -y --no-install-recommends {file}")).await;
    };
    install("lampfield-relay_").await;
    is_of_relay(&machine).await;
    machine.must("dpkg --search /usr/bin/lampfield | grep -q ^lampfield-relay:").await;

    // The server's own takes over, whichever of them comes first.
    install("lampfield_").await;
    is_of_server(&machine).await;
    machine.must("apt-get remove -y lampfield-relay").await;
    is_of_server(&machine).await;
    install("lampfield-relay_").await;
    is_of_server(&machine).await;

    // And gives the name back.
    machine.must("apt-get remove -y lampfield").await;
    is_of_relay(&machine).await;
    machine.must("apt-get remove -y lampfield-relay").await;
    machine.must("! test -L /usr/bin/lampfield && ! test -e /usr/bin/lampfield").await;
}

/// What belongs to a relay is answered, and whatever else is typed learns where the rest is.
pub async fn is_of_relay(machine: &Machine) {
    assert_eq!(machine.must("readlink /usr/bin/lampfield").await.trim(), "lampfield-relay");
    machine.must("lampfield relay --help && lampfield help line-lost && lampfield --version").await;
    let told = machine.must_fail("lampfield status").await;
    assert!(told.contains("error[relay-only]") && told.contains("install ./lampfield"), "{told}");
}

/// The command is the server's, and the relay's is beside it where its package is.
pub async fn is_of_server(machine: &Machine) {
    machine.must("test -f /usr/bin/lampfield && ! test -L /usr/bin/lampfield").await;
    answers(machine).await;
}

/// Follows the invitation of a server on the same machine, to the letter; the secret of the account.
async fn invited(machine: &Machine) -> String {
    machine
        .must(&format!(
            "apt-get install -y --no-install-recommends {}",
            made_there("lampfield_", ".deb")
        ))
        .await;
    let config = "/etc/lampfield/lampfield.toml";
    machine
        .must(&format!(
            "sed -i s/0.0.0.0:5222/127.0.0.1:5299/ {config}; systemctl restart lampfield"
        ))
        .await;
    answers(machine).await;
    let invite = document(machine, "lampfield invite pbx-2 --json").await;
    let text = |value: &serde_json::Value| value.as_str().expect("text").to_owned();
    let package = &invite["relay"]["package"];
    let install = text(&package["install"]);
    let file = install.strip_prefix("apt install ./").expect("an install line");
    assert_eq!(format!("/mnt/dist/{file}"), made_there("lampfield-relay_", ".deb"));
    let (options, file) = (text(&package["options"]), text(&package["options_file"]));
    machine.must(&format!("echo '{options}' > {file}")).await;
    machine.must(&text(&package["start"])).await;
    eventually(SOON, async || {
        let ran = machine.run("systemctl is-active lampfield-relay.service").await;
        if ran.good { Ok(()) } else { Err(format!("{ran:?}")) }
    })
    .await;
    let block = text(&invite["relay"]["block"]);
    let secret = block.lines().find_map(|line| line.strip_prefix("secret="));
    secret.expect("a secret").to_owned()
}
