//! Whether a password is one that somebody tries first. It is only told, never refused: what a PBX
//! logs in with may be set by somebody else. By hand, because the crates that estimate passwords
//! carry dictionaries of megabytes.

/// The fewest characters of a password that nobody guesses in a week by way of the throttle.
const FEWEST: usize = 8;

/// Words that are tried first on telephone systems.
const FIRST_TRIED: [&str; 10] = [
    "12345678",
    "123456789",
    "asterisk",
    "changeme",
    "freepbx",
    "lampfield",
    "password",
    "password1",
    "secret12",
    "qwertyui",
];

/// Why a password is weak, in words that follow "weak:"; none if nothing is known against it.
#[must_use]
pub fn weakness(password: &str, account: &str) -> Option<&'static str> {
    let lower = password.to_lowercase();
    if lower == account.to_lowercase() {
        return Some("it is the name of the account");
    }
    if password.chars().count() < FEWEST {
        return Some("it has fewer than 8 characters");
    }
    let mut chars = lower.chars();
    let first = chars.next();
    if chars.all(|next| Some(next) == first) {
        return Some("it repeats one character");
    }
    FIRST_TRIED.contains(&lower.as_str()).then_some("it is among the first that attackers try")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_tried_first_is_weak() {
        for weak in ["short", "PBX-berlin", "aaaaaaaaaa", "Password", "ünïcödé"] {
            assert!(weakness(weak, "pbx-berlin").is_some(), "{weak}");
        }
        for fine in ["hq2f-88zn-w6kd-tr4m", "correct horse"] {
            assert_eq!(weakness(fine, "pbx-berlin"), None, "{fine}");
        }
    }
}
