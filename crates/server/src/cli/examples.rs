//! What every help text shows before its flags: three commands to copy. They stand apart from the
//! definitions so that a test can see that each verb has them and that each can be typed.

use clap::Command;

/// The verb that also is a program of its own.
const RELAY: &str = "lampfield relay";

/// The sentence first, then the examples, then the flags.
const TEMPLATE: &str = "{about-with-newline}\n{before-help}{usage-heading} {usage}\n\n{all-args}";

/// Three examples for each verb, by its path. Each ends well on a fresh install.
pub const EXAMPLES: [(&str, [&str; 3]); 38] = [
    ("lampfield", ["lampfield", "lampfield invite pbx-1", "lampfield status"]),
    (
        "lampfield serve",
        [
            "lampfield serve",
            "lampfield serve --config lampfield.toml",
            "lampfield serve --listen 0.0.0.0:5222",
        ],
    ),
    (
        "lampfield check",
        [
            "lampfield check",
            "lampfield check lampfield.toml",
            "lampfield check --effective > lampfield.toml",
        ],
    ),
    (
        "lampfield relay",
        [
            "lampfield relay --listen 127.0.0.1:5222 --to lamps.example.org",
            "lampfield relay --listen 127.0.0.1:5222 --to 192.0.2.1:5223 --ca lamps.pem",
            "lampfield relay --listen 127.0.0.1:5222 --to 192.0.2.1 --fingerprint SHA256HEX",
        ],
    ),
    (
        "lampfield demo",
        [
            "lampfield demo",
            "lampfield demo --for 30s",
            "lampfield demo --calls-per-minute 60 --quiet --for 5s",
        ],
    ),
    (
        "lampfield fake-pbx",
        [
            "lampfield fake-pbx test-1",
            "lampfield fake-pbx test-2 --devices 200-249 --calls-per-minute 60 --for 10s",
            "lampfield fake-pbx test-3 --crash 5s",
        ],
    ),
    (
        "lampfield status",
        ["lampfield status", "lampfield status --wait 30s", "lampfield status --format nagios"],
    ),
    (
        "lampfield top",
        ["lampfield top", "lampfield top site:berlin", "lampfield top device not state:not_inuse"],
    ),
    (
        "lampfield why",
        [
            "lampfield why PJSIP/100",
            "lampfield why 1000@default",
            "lampfield why PJSIP/100 --at -2s",
        ],
    ),
    (
        "lampfield history",
        [
            "lampfield history PJSIP/100",
            "lampfield history PJSIP/100 --since 10m",
            "lampfield history 1000@default --limit 5 --json",
        ],
    ),
    (
        "lampfield watch",
        [
            "lampfield watch",
            "lampfield watch 'PJSIP/1*' state:ringing --for 10s",
            "lampfield watch --json --count 100",
        ],
    ),
    (
        "lampfield rotate",
        [
            "lampfield rotate invite-key",
            "lampfield rotate certificate",
            "lampfield rotate certificate --now",
        ],
    ),
    (
        "lampfield rotate invite-key",
        [
            "lampfield rotate invite-key",
            "lampfield rotate invite-key --json",
            "lampfield rotate invite-key --quiet",
        ],
    ),
    (
        "lampfield rotate certificate",
        [
            "lampfield rotate certificate",
            "lampfield rotate certificate localhost",
            "lampfield rotate certificate --now",
        ],
    ),
    (
        "lampfield list",
        [
            "lampfield list",
            "lampfield list device 100-149 not state:not_inuse",
            "lampfield list is:stale --sort since --json",
        ],
    ),
    (
        "lampfield set",
        [
            "lampfield set Custom:night INUSE --keep",
            "lampfield set mailbox/1000@default '{\"new\":3,\"old\":0}' --keep",
            "lampfield set custom/door '{\"data\":\"open\"}' --for 10m",
        ],
    ),
    (
        "lampfield clear",
        [
            "lampfield clear Custom:night",
            "lampfield clear mailbox/1000@default",
            "lampfield clear PJSIP/100 --all",
        ],
    ),
    (
        "lampfield user",
        ["lampfield user list", "lampfield user add pbx-2", "lampfield user remove pbx-2"],
    ),
    (
        "lampfield user add",
        [
            "lampfield user add pbx-2 --generate",
            "lampfield user add anna --role user",
            "lampfield user add pbx-3 --allow 'PJSIP/3*' < secret.txt",
        ],
    ),
    (
        "lampfield user change",
        [
            "lampfield user change pbx-2 --site berlin",
            "lampfield user change pbx-2 --allow 'PJSIP/1*' --allow 'Custom:*'",
            "lampfield user change anna --label sales --hear 'PJSIP/1*'",
        ],
    ),
    (
        "lampfield user list",
        [
            "lampfield user list",
            "lampfield user list --domain localhost",
            "lampfield user list --json",
        ],
    ),
    (
        "lampfield user passwd",
        [
            "lampfield user passwd anna",
            "lampfield user passwd anna --generate",
            "lampfield user passwd anna@localhost < secret.txt",
        ],
    ),
    (
        "lampfield user forget-resource",
        [
            "lampfield user forget-resource pbx-2 asterisk",
            "lampfield user forget-resource pbx-2@localhost asterisk",
            "lampfield user forget-resource pbx-2 asterisk --json",
        ],
    ),
    (
        "lampfield user remove",
        [
            "lampfield user remove pbx-2",
            "lampfield user remove pbx-2 --yes",
            "lampfield user remove anna@localhost",
        ],
    ),
    (
        "lampfield invite",
        [
            "lampfield invite pbx-2",
            "lampfield invite pbx-2 --rotate",
            "lampfield invite pbx-2 --json",
        ],
    ),
    (
        "lampfield domain",
        [
            "lampfield domain list",
            "lampfield domain add b.example",
            "lampfield domain remove b.example",
        ],
    ),
    (
        "lampfield domain list",
        ["lampfield domain list", "lampfield domain list --json", "lampfield domain list --quiet"],
    ),
    (
        "lampfield audit",
        [
            "lampfield audit",
            "lampfield audit --since 1h --operation user",
            "lampfield audit --actor owner --json",
        ],
    ),
    (
        "lampfield domain add",
        [
            "lampfield domain add b.example",
            "lampfield domain add c.example --board b.example",
            "lampfield domain add people.example --registration in-band",
        ],
    ),
    (
        "lampfield domain change",
        [
            "lampfield domain change people.example --registration closed",
            "lampfield domain change b.example --show-caps true",
            "lampfield domain change b.example --show-caps false --json",
        ],
    ),
    (
        "lampfield domain remove",
        [
            "lampfield domain remove b.example",
            "lampfield domain remove b.example --yes",
            "lampfield domain remove c.example --yes --json",
        ],
    ),
    (
        "lampfield doctor",
        [
            "lampfield doctor",
            "lampfield doctor --only dns,tls --json",
            "lampfield doctor --end-to-end",
        ],
    ),
    (
        "lampfield report",
        ["lampfield report", "lampfield report --out report.tar", "lampfield report --json"],
    ),
    (
        "lampfield reload",
        ["lampfield reload", "lampfield reload --json", "lampfield reload --quiet"],
    ),
    (
        "lampfield log",
        [
            "lampfield log set debug",
            "lampfield log set info,lampfield_xmpp=debug",
            "lampfield log set info",
        ],
    ),
    (
        "lampfield log set",
        [
            "lampfield log set debug",
            "lampfield log set info,lampfield_xmpp=debug",
            "lampfield log set info",
        ],
    ),
    (
        "lampfield help",
        [
            "lampfield help user add",
            "lampfield help history.keep",
            "lampfield help completions bash > /etc/bash_completion.d/lampfield",
        ],
    ),
    (
        "lampfield bench",
        [
            "lampfield bench fanout --raw",
            "lampfield bench mesh --servers 8 --password-file secret.txt --tls",
            "lampfield bench open --node bench --register --pid 4711",
        ],
    ),
];

/// With the examples in the help of every verb.
pub fn decorated(command: Command) -> Command {
    decorate(command, "lampfield")
}

/// The relay under a name of its own, with the examples of the verb.
pub fn of_relay(command: Command, name: &str) -> Command {
    let command = decorate(command, RELAY);
    let examples = command.get_before_help().map(ToString::to_string).unwrap_or_default();
    command.before_help(examples.replace(RELAY, name))
}

fn decorate(command: Command, path: &str) -> Command {
    let examples = EXAMPLES.iter().find(|(of, _)| *of == path);
    let shown: String = examples
        .iter()
        .flat_map(|(_, examples)| examples)
        .map(|example| format!("  {example}\n"))
        .collect();
    let mut command = command.help_template(TEMPLATE);
    if !shown.is_empty() {
        command = command.before_help(format!("Examples:\n{shown}"));
    }
    let verbs: Vec<String> =
        command.get_subcommands().map(|verb| verb.get_name().to_owned()).collect();
    verbs.into_iter().fold(command, |command, verb| {
        command.mut_subcommand(&verb, |sub| decorate(sub, &format!("{path} {verb}")))
    })
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;
    use crate::cli::args::Cli;

    #[test]
    fn every_verb_has_examples() {
        fn look(command: &Command, path: &str) {
            let known = EXAMPLES.iter().any(|(of, _)| *of == path);
            // The bench has verbs of its own; their examples stand with it.
            assert!(known || path.starts_with("lampfield bench "), "{path} has no examples");
            for verb in command.get_subcommands() {
                look(verb, &format!("{path} {}", verb.get_name()));
            }
        }
        look(&Cli::command(), "lampfield");
    }
}
