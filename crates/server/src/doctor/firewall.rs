//! `firewall`: whether other machines are let in. Only what can be read is judged, and nothing is opened: who
//! may come in is the operator's word.

use super::check::{Finding, Findings};
use super::machine::NoWord;
use super::ports::open_to_others;
use super::scene::{NotAsked, Scene};

const MATTERS: &str = "PBXs on other machines: they cannot connect";

/// The firewall of RHEL, Rocky, Fedora and many distributions for PBXs.
pub fn firewalld(scene: &Scene) -> Findings {
    let ports = open_to_others(scene)?;
    if ports.is_empty() || !runs_firewalld(scene)? {
        return Ok(Vec::new());
    }
    let zone = scene.machine.ask("firewall-cmd", &["--list-all"]);
    let zone = zone.map_err(|no_word| unreadable("firewall-cmd --list-all", &no_word))?;
    let lets_all_in = zone.lines().any(|line| line.trim() == "target: ACCEPT");
    let closed = ports.into_iter().filter(|port| !lets_all_in && !opens(&zone, *port));
    let found = closed.map(|port| {
        let text = format!("firewalld blocks port {port}");
        let mend = format!(
            "firewall-cmd --permanent --add-port={port}/tcp && firewall-cmd --reload   (for some addresses \
             only: docs/firewall.md)"
        );
        Finding::bad(text, MATTERS, mend).seen("firewall-cmd --list-all names neither the port nor a service")
    });
    Ok(found.collect())
}

/// Whether a zone names the port: itself, in a range, in a rule, or as the service of XMPP clients.
fn opens(zone: &str, port: u16) -> bool {
    let by_service = port == 5_222 && zone.contains("xmpp-client");
    by_service || zone.lines().any(|line| names_port(line, port))
}

fn runs_firewalld(scene: &Scene) -> Result<bool, NotAsked> {
    match scene.machine.ask("firewall-cmd", &["--state"]) {
        Ok(state) => Ok(state.trim() == "running"),
        // 252: it is not running.
        Err(NoWord::Absent | NoWord::Failed(Some(252), _)) => Ok(false),
        Err(no_word) => Err(unreadable("firewall-cmd --state", &no_word)),
    }
}

/// The firewall of Ubuntu, and of Debian where it was installed.
pub fn ufw(scene: &Scene) -> Findings {
    let ports = open_to_others(scene)?;
    if ports.is_empty() || !runs_ufw(scene) {
        return Ok(Vec::new());
    }
    let policy = scene.machine.read("/etc/default/ufw").unwrap_or_default();
    if policy.contains("DEFAULT_INPUT_POLICY=\"ACCEPT\"") {
        return Ok(Vec::new());
    }
    let unreadable = |error| NotAsked(format!("/etc/ufw/user.rules: {error}: sudo"));
    let rules = scene.machine.read("/etc/ufw/user.rules").map_err(unreadable)?;
    let accepts =
        |port: u16| rules.lines().any(|rule| rule.ends_with("-j ACCEPT") && names_port(rule, port));
    let found = ports.into_iter().filter(|port| !accepts(*port)).map(|port| {
        let text = format!("ufw blocks port {port}");
        let mend = format!("ufw allow {port}/tcp   (for some addresses only: docs/firewall.md)");
        Finding::bad(text, MATTERS, mend).seen("no rule in /etc/ufw/user.rules accepts it")
    });
    Ok(found.collect())
}

fn runs_ufw(scene: &Scene) -> bool {
    let settings = scene.machine.read("/etc/ufw/ufw.conf").unwrap_or_default();
    settings.lines().any(|line| line.trim().eq_ignore_ascii_case("ENABLED=yes"))
}

/// The packet filter itself, where nothing else writes its rules.
pub fn nftables(scene: &Scene) -> Findings {
    let ports = open_to_others(scene)?;
    if ports.is_empty() || is_managed(scene)? {
        return Ok(Vec::new());
    }
    let rules = match scene.machine.ask("nft", &["list", "ruleset"]) {
        Ok(rules) => rules,
        Err(NoWord::Absent) => return Ok(Vec::new()),
        Err(no_word) => return Err(unreadable("nft list ruleset", &no_word)),
    };
    let drops = rules.split("chain ").filter(|chain| is_closed(chain)).count();
    let closed = ports.into_iter().filter(|port| {
        drops > 0 && !rules.lines().any(|rule| rule.contains("accept") && names_port(rule, *port))
    });
    let found = closed.map(|port| {
        let text = format!("nftables drops incoming packets, and no rule accepts port {port}");
        let mend = format!(
            "add to the input chain, before the rule that drops: tcp dport {port} accept   (docs/firewall.md)"
        );
        Finding::look(text, MATTERS, mend).seen("nft list ruleset")
    });
    Ok(found.collect())
}

/// A chain for what comes in, whose last word is no.
fn is_closed(chain: &str) -> bool {
    let last = chain.lines().rev().map(str::trim).find(|line| !line.is_empty() && *line != "}");
    let refuses = |rule: &str| rule.starts_with("drop") || rule.starts_with("reject");
    chain.contains("hook input") && (chain.contains("policy drop") || last.is_some_and(refuses))
}

/// The rules of before nftables. The newer `iptables` writes those of nftables, which were read already.
pub fn iptables(scene: &Scene) -> Findings {
    let ports = open_to_others(scene)?;
    if ports.is_empty() || is_managed(scene)? {
        return Ok(Vec::new());
    }
    let is_newer = |version: &String| version.contains("nf_tables");
    let has_nft = !matches!(scene.machine.ask("nft", &["--version"]), Err(NoWord::Absent));
    if has_nft && scene.machine.ask("iptables", &["--version"]).is_ok_and(|told| is_newer(&told)) {
        return Ok(Vec::new());
    }
    let rules = match scene.machine.ask("iptables", &["-S", "INPUT"]) {
        Ok(rules) => rules,
        Err(NoWord::Absent) => return Ok(Vec::new()),
        Err(no_word) => return Err(unreadable("iptables -S INPUT", &no_word)),
    };
    let refuses = |rule: &str| {
        matches!(rule, "-P INPUT DROP" | "-A INPUT -j DROP")
            || rule.starts_with("-A INPUT -j REJECT")
    };
    let is_closed = rules.lines().any(refuses);
    let closed = ports.into_iter().filter(|port| {
        is_closed
            && !rules.lines().any(|rule| rule.contains("-j ACCEPT") && names_port(rule, *port))
    });
    let found = closed.map(|port| {
        let text = format!("iptables drops incoming packets, and no rule accepts port {port}");
        let mend = format!("iptables -I INPUT -p tcp --dport {port} -j ACCEPT");
        Finding::look(text, MATTERS, mend).seen("iptables -S INPUT")
    });
    Ok(found.collect())
}

/// Whether another firewall writes the rules of the packet filter, and was asked itself.
fn is_managed(scene: &Scene) -> Result<bool, NotAsked> {
    Ok(runs_ufw(scene) || runs_firewalld(scene)?)
}

/// Whether a rule names this port: itself, in a list or in a range (`5000-6000`, `5000:6000`).
fn names_port(rule: &str, port: u16) -> bool {
    let words = rule.split(|c: char| !(c.is_ascii_digit() || c == '-' || c == ':'));
    words.into_iter().any(|word| match word.split_once(['-', ':']) {
        Some((low, high)) => match (low.parse::<u16>(), high.parse::<u16>()) {
            (Ok(low), Ok(high)) => low <= port && port <= high,
            _ => false,
        },
        None => word.parse() == Ok(port),
    })
}

fn unreadable(asked: &str, no_word: &NoWord) -> NotAsked {
    match no_word {
        NoWord::Absent => NotAsked(format!("{asked}: there is no such program")),
        NoWord::Failed(_, said) => {
            let first = said.lines().next().unwrap_or_default();
            NotAsked(format!("{asked}: {first}: sudo"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Stage, texts};
    use super::*;

    fn stage() -> Stage {
        let stage = Stage::new();
        stage.configure("[xmpp]\nlisten = ['0.0.0.0:5222']\n");
        stage
    }

    #[test]
    fn a_closed_firewalld_is_told() {
        let stage = stage();
        assert_eq!(texts(firewalld(&stage.without_server())), [""; 0], "there is none");
        let zone = |opened: &str| {
            stage.program(
                "firewall-cmd",
                &format!("case $1 in --state) echo running;; *) echo 'public (active)\n  {opened}';; esac"),
            );
        };
        zone("services: ssh");
        let said = texts(firewalld(&stage.without_server()));
        assert_eq!(said, ["firewalld blocks port 5222"]);
        for opened in [
            "ports: 5222/tcp",
            "services: ssh xmpp-client",
            "ports: 5000-6000/tcp",
            "target: ACCEPT",
        ] {
            zone(opened);
            assert_eq!(texts(firewalld(&stage.without_server())), [""; 0], "{opened}");
        }
        stage.program("firewall-cmd", "echo Authorization failed. >&2; exit 253");
        assert!(firewalld(&stage.without_server()).is_err());
        stage.program("firewall-cmd", "echo not running >&2; exit 252");
        assert_eq!(texts(firewalld(&stage.without_server())), [""; 0]);
    }

    #[test]
    fn a_closed_ufw_is_told() {
        let stage = stage();
        stage.file("etc/ufw/user.rules", "-A ufw-user-input -p tcp --dport 22 -j ACCEPT\n");
        assert_eq!(texts(ufw(&stage.without_server())), [""; 0], "it is off");
        stage.file("etc/ufw/ufw.conf", "ENABLED=yes\n");
        assert_eq!(texts(ufw(&stage.without_server())), ["ufw blocks port 5222"]);
        let rule = "-A ufw-user-input -p tcp --dport 5222 -s 192.0.2.11 -j ACCEPT\n";
        stage.file("etc/ufw/user.rules", rule);
        assert_eq!(texts(ufw(&stage.without_server())), [""; 0]);
        assert_eq!(texts(ufw(&Stage::new().without_server())), [""; 0], "only loopback");
    }

    #[test]
    fn a_closed_chain_of_nftables_is_told() {
        let stage = stage();
        let rules = |rule: &str, policy: &str| {
            let chain = format!(
                "table inet filter {{\n\tchain input {{\n\t\ttype filter hook input priority filter; policy \
                 {policy};\n\t\ttcp dport 22 accept\n\t\t{rule}\n\t}}\n}}"
            );
            stage.program("nft", &format!("cat <<'END'\n{chain}\nEND"));
        };
        for (rule, policy, found) in [
            ("", "accept", 0),
            ("", "drop", 1),
            ("reject with icmpx admin-prohibited", "accept", 1),
            ("tcp dport { 80, 5222 } accept", "drop", 0),
            ("tcp dport 5000-6000 accept", "drop", 0),
        ] {
            rules(rule, policy);
            let said = texts(nftables(&stage.without_server()));
            assert_eq!(said.len(), found, "{rule} {policy}: {said:?}");
        }
        stage.program("nft", "echo 'Operation not permitted' >&2; exit 1");
        assert!(nftables(&stage.without_server()).is_err());
        rules("", "drop");
        stage.file("etc/ufw/ufw.conf", "ENABLED=yes\n");
        assert_eq!(texts(nftables(&stage.without_server())), [""; 0], "ufw was asked itself");
    }

    #[test]
    fn a_closed_chain_of_iptables_is_told() {
        let stage = stage();
        let rules = |rules: &str| stage.program("iptables", &format!("printf '%b' '{rules}'"));
        rules("-P INPUT ACCEPT\\n");
        assert_eq!(texts(iptables(&stage.without_server())), [""; 0]);
        rules("-P INPUT DROP\\n-A INPUT -p tcp --dport 22 -j ACCEPT\\n");
        assert_eq!(texts(iptables(&stage.without_server())).len(), 1);
        rules("-P INPUT ACCEPT\\n-A INPUT -j REJECT --reject-with icmp-host-prohibited\\n");
        assert_eq!(texts(iptables(&stage.without_server())).len(), 1);
        rules("-P INPUT DROP\\n-A INPUT -p tcp -m multiport --dports 22,5222 -j ACCEPT\\n");
        assert_eq!(texts(iptables(&stage.without_server())), [""; 0]);
    }
}
