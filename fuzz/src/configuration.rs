//! The configuration: what is taken can be shown, and reads as itself; every problem can be shown.

use lampfield_server::config::{Config, Problems, Source};

pub fn check(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    // Secret files are read, and which there are is not the input's to say.
    if text.contains("_file") {
        return;
    }
    match parse(text) {
        Ok((config, problems)) => {
            drop(problems.to_string());
            let shown = config.effective();
            let again = parse(&shown).unwrap_or_else(|problems| panic!("{problems}\n{shown}"));
            assert_eq!(settings(&again.0.effective()), settings(&shown));
        }
        Err(problems) => assert!(!problems.to_string().is_empty()),
    }
}

/// Without the comments: they tell of secrets, which are not shown.
fn settings(shown: &str) -> Vec<&str> {
    shown.lines().filter(|line| !line.starts_with('#')).collect()
}

fn parse(text: &str) -> Result<(Config, Problems), Problems> {
    Config::parse(Source { path: "lampfield.toml".into(), text: text.to_owned() })
}
