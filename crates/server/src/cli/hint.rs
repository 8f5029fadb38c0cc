//! What people type instead of what they mean: words of other programs, and things that are left
//! out here on purpose. The library knows only what is spelt almost right.

use clap::Error;
use clap::builder::StyledStr;
use clap::error::{ContextKind, ContextValue};

const PASSWORD: &str = "a password is never an argument, because every user of the machine could read it: \
                        type it, pipe it to standard input, or have one made with --generate";

/// Adds what is meant, if it is known.
pub fn added(mut error: Error) -> Error {
    let typed = [ContextKind::InvalidSubcommand, ContextKind::InvalidArg];
    let typed = typed.into_iter().find_map(|kind| match error.get(kind) {
        Some(ContextValue::String(typed)) => Some(typed.as_str()),
        _ => None,
    });
    if let Some(hint) = typed.and_then(meant) {
        let hint = ContextValue::StyledStrs(vec![StyledStr::from(hint)]);
        error.insert(ContextKind::Suggested, hint);
    }
    error
}

fn meant(typed: &str) -> Option<&'static str> {
    match typed {
        "lamps" => Some(
            "all of them: 'lampfield lamp list'; how many: 'lampfield status'; one: 'lampfield why NAME'",
        ),
        "--keep" => {
            Some("what is set stays until 'lampfield lamp clear', or for the time that --for names")
        }
        "del" | "delete" => Some("to remove an account: 'lampfield user remove NAME'"),
        "edit" | "modify" | "set-site" => {
            Some("to change an account: 'lampfield user change NAME'")
        }
        "--password" => Some(PASSWORD),
        _ => None,
    }
}
