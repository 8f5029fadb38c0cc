//! Policies that have no effect, because they act on devices only or because an earlier one takes all of their names.

use lampfield_board::kind::AfterLoss;
use lampfield_board::{Kind, Pattern};

use super::super::{Config, Policy};
use super::names;
use crate::config::reader::{Reader, Refused};

/// One policy by itself.
pub fn one(policy: &Policy, reader: &mut Reader<'_>) {
    let other_kind =
        names::with_kind(policy.name.as_str()).filter(|(kind, _)| *kind != Kind::Device);
    if let Some((kind, _)) = other_kind {
        let refused = Refused::new(format!("a policy acts on devices, and this is a {kind}"));
        reader.warning("policy-kind", reader.place_at("name"), refused.hint(of_kind(kind)));
    } else if is_no_device(&policy.name) {
        let text =
            format!("a policy acts on devices, and no device has a name like \"{}\"", policy.name);
        let refused = Refused::new(text).hint(of_kind(Kind::Mailbox));
        reader.warning("policy-kind", reader.place_at("name"), refused);
    } else {
        names::pattern("name", &policy.name, reader);
    }
}

/// All of them together.
pub fn all(config: &Config, reader: &mut Reader<'_>) {
    for (index, policy) in config.policy.iter().enumerate() {
        let mut before = config.policy.iter().take(index);
        if let Some(first) = before.find(|before| before.name.covers(&policy.name)) {
            let text = format!("\"{}\" comes before it and matches all its names", first.name);
            let refused = Refused::new(text)
                .hint("the first matching policy applies: move this one up, or remove it");
            reader.warning("policy-unreached", reader.place_in("policy", index, "name"), refused);
        }
    }
}

/// What is to be known instead.
fn of_kind(kind: Kind) -> String {
    match kind.after_loss() {
        AfterLoss::Keep => format!("remove it: the values of a {kind} are always kept"),
        AfterLoss::Withdraw => format!("remove it: the values of a {kind} are always withdrawn"),
    }
}

/// Devices are called `PJSIP/100` or `Custom:night`: `1*@default` is a mailbox.
fn is_no_device(name: &Pattern) -> bool {
    let text = name.as_str();
    let is_open = text.contains(['*', '?']) && !text.starts_with(|c: char| c.is_ascii_digit());
    !text.contains(['/', ':']) && !is_open
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Source;

    fn warnings(names: &[&str]) -> Vec<(&'static str, String)> {
        let table = |name: &&str| format!("[[policy]]\nname = '{name}'\nrule = 'keep'\n");
        let source =
            Source { path: "lampfield.toml".into(), text: names.iter().map(table).collect() };
        let list = Config::parse(source).expect("only warnings").1.list;
        list.into_iter().map(|problem| (problem.code, problem.hint.unwrap_or_default())).collect()
    }

    #[test]
    fn a_policy_on_something_else_than_a_device_is_told() {
        for (name, word) in [
            ("mailbox/1*@default", "kept"),
            ("conference/*", "withdrawn"),
            ("1000@default", "kept"),
            ("1*@default", "kept"),
        ] {
            let found = warnings(&[name]);
            assert_eq!((found.len(), found[0].0), (1, "policy-kind"), "{name}");
            assert!(found[0].1.contains(word), "{name}: {found:?}");
        }
        let devices = ["PJSIP/1*", "Custom:night*", "MWI:1000@default", "Agent:*", "*@default"];
        assert_eq!(warnings(&devices), []);
    }

    #[test]
    fn the_reference_names_the_kinds_that_are_always_kept() {
        let page = include_str!("../../../../../../docs/configuration.md");
        let (_, after) = page.split_once("Policies act on devices only: ").expect("the sentence");
        let (kept, _) = after.split_once(" are always kept").expect("its end");
        for kind in Kind::ALL {
            let is_kept = kind.after_loss() == AfterLoss::Keep;
            assert_eq!(kept.contains(kind.as_str()), is_kept, "{kind}");
        }
    }

    #[test]
    fn a_policy_to_which_no_name_is_left_is_told() {
        let unreached = |names: &[&str]| {
            let found = warnings(names);
            found.iter().filter(|(code, _)| *code == "policy-unreached").count()
        };
        assert_eq!(unreached(&["PJSIP/*", "PJSIP/1*", "PJSIP/100"]), 2);
        assert_eq!(unreached(&["*", "Custom:night"]), 1);
        assert_eq!(unreached(&["PJSIP/100", "PJSIP/1*", "PJSIP/*", "*"]), 0);
    }
}
