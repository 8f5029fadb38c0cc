//! Commands as they must be typed to reach the same server: with the options that lead to it.

use std::path::Path;

use crate::shell;

/// The verbs that ask a running server, read its file, or start it.
const VERBS: [&str; 19] = [
    "audit", "check", "clear", "doctor", "domain", "history", "invite", "list", "log", "reload",
    "report", "rotate", "serve", "set", "status", "top", "user", "watch", "why",
];

/// A text with these options in each command of ours that needs them.
pub fn retyped(text: &str, config: Option<&Path>, data_dir: Option<&Path>) -> String {
    // Another one is meant.
    if ["lampfield --config ", "lampfield --data-dir "].iter().any(|named| text.contains(named)) {
        return text.to_owned();
    }
    let options = options(config, data_dir);
    let mut parts = text.split_inclusive("lampfield ");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let verb = part.split(|char: char| !char.is_ascii_alphanumeric()).next();
        if verb.is_some_and(|verb| VERBS.contains(&verb)) {
            out += &options;
        }
        out += part;
    }
    out
}

/// The options that lead to a server, each with a blank behind it.
pub fn options(config: Option<&Path>, data_dir: Option<&Path>) -> String {
    let options = [("--config", config), ("--data-dir", data_dir)];
    let options = options.into_iter().filter_map(|(option, path)| {
        Some(format!("{option} {} ", shell::word(&path?.display().to_string())))
    });
    options.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_command_reaches_the_same_server() {
        let folder = Path::new("/srv/a b");
        let typed = |text: &str| retyped(text, None, Some(folder));
        assert_eq!(typed("lampfield status"), "lampfield --data-dir '/srv/a b' status");
        assert_eq!(
            typed(
                "run lampfield relay there, as lampfield invite NAME prints it: lampfield help x"
            ),
            "run lampfield relay there, as lampfield --data-dir '/srv/a b' invite NAME prints it: \
             lampfield help x"
        );
        assert_eq!(typed("another text"), "another text");
        assert_eq!(
            typed("systemctl start lampfield   (by hand: lampfield serve)"),
            "systemctl start lampfield   (by hand: lampfield --data-dir '/srv/a b' serve)"
        );
        let other = "lampfield --data-dir /srv/lampfield status";
        assert_eq!(typed(other), other);
        assert_eq!(retyped("lampfield why a", None, None), "lampfield why a");
    }
}
