//! What people type instead of what they mean: words of other programs, and things that are left
//! out here on purpose. The library knows only what is spelt almost right.

use clap::Error;
use clap::builder::StyledStr;
use clap::error::{ContextKind, ContextValue};

const PASSWORD: &str = "a password is never an argument, which all users of the machine could read: \
                        it is typed, comes on standard input, or is made with --generate";

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
            "all: 'lampfield lamp list'; in numbers: 'lampfield status'; one: 'lampfield why NAME'",
        ),
        "--keep" => {
            Some("what is set stands until 'lampfield lamp clear', or for as long as --for says")
        }
        "del" | "delete" => Some("an account is removed by 'lampfield user remove NAME'"),
        "--password" => Some(PASSWORD),
        _ => None,
    }
}
