//! Words of a command as a shell takes them. What is printed to be typed may hold the names of
//! strangers: who is refused at a login can call itself what it likes.

use std::borrow::Cow;

/// A word as a shell takes it, in quotes only where it needs them.
#[must_use]
pub fn word(text: &str) -> Cow<'_, str> {
    let is_plain = |char: char| char.is_alphanumeric() || "-_./+@:".contains(char);
    match !text.is_empty() && text.chars().all(is_plain) {
        true => text.into(),
        false => format!("'{}'", text.replace('\'', "'\\''")).into(),
    }
}

/// What people can do about an account, with its name where `NAME` stands.
#[must_use]
pub fn with_name(remedy: &str, account: &str) -> String {
    remedy.replace("NAME", &word(account))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_a_shell_would_act_on_is_quoted() {
        assert_eq!(word("pbx-1@a.example"), "pbx-1@a.example");
        assert_eq!(word("x;reboot"), "'x;reboot'");
        assert_eq!(word("PJSIP/1*"), "'PJSIP/1*'");
        assert_eq!(word("it's $(so)"), "'it'\\''s $(so)'");
        assert_eq!(word(""), "''");
    }

    #[test]
    fn a_remedy_names_the_account_as_a_shell_takes_it() {
        let remedy = with_name("run: invite NAME; or user remove NAME", "gate 1@a.example");
        assert_eq!(remedy, "run: invite 'gate 1@a.example'; or user remove 'gate 1@a.example'");
    }
}
