//! What hides secrets: those that the place knows, wherever they stand, and whatever looks like one.

use std::fs;

use crate::config::keys::Config;
use crate::config::secret_file;
use crate::doctor::Scene;

/// What stands in the place of a secret.
const MASK: &str = "***";
/// Words behind which a secret stands.
const WORDS: [&str; 4] = ["password", "passwd", "secret", "token"];
/// A secret that is shorter is hidden only where it is a word of its own: every text is full of its letters.
const SHORT: usize = 4;
/// The longest file that is looked through for secrets.
const MOST_BYTES: u64 = 64 * 1024;

/// The secrets that are known.
#[derive(Default)]
pub struct Masks {
    known: Vec<String>,
}

// === impl Masks ===

impl Masks {
    /// Those of a place: in its configuration, in the files that this names, in the data folder.
    pub fn of(scene: &Scene) -> Self {
        let mut known = Vec::new();
        if let Ok(place) = &scene.place {
            known.extend(of_config(&place.config));
        }
        if let Ok(folder) = scene.data_dir() {
            // The block of the first account, until it has logged in.
            let files = fs::read_dir(folder).into_iter().flatten().flatten();
            let small = files.filter(|file| file.metadata().is_ok_and(|of| of.len() < MOST_BYTES));
            let texts = small.filter_map(|file| fs::read_to_string(file.path()).ok());
            known.extend(texts.flat_map(|text| behind_words(&text)));
        }
        known.retain(|secret| !secret.is_empty() && secret != MASK);
        // The longest first, so that of one in the other nothing is left.
        known.sort_unstable_by_key(|secret| std::cmp::Reverse(secret.len()));
        known.dedup();
        Self { known }
    }

    /// None: for what has no place.
    #[cfg(test)]
    pub fn none() -> Self {
        Self::default()
    }

    /// A text without its secrets.
    pub fn masked(&self, text: &str) -> String {
        let text = without_keys(text);
        let text = self.known.iter().fold(text, |text, secret| match secret.len() < SHORT {
            true => without_word(&text, secret),
            false => text.replace(secret.as_str(), MASK),
        });
        let lines = text.split_inclusive('\n').map(masked_line);
        lines.collect()
    }
}

fn of_config(config: &Config) -> Vec<String> {
    let accounts = config.domain.iter().flat_map(|domain| &domain.account);
    let given = accounts.clone().filter_map(|account| account.password.as_ref());
    let given = given.map(|secret| secret.reveal().to_owned());
    let in_files = accounts.filter_map(|account| account.password_file.as_ref());
    let shared = config.domain.iter().filter_map(|domain| domain.join_secret_file.as_ref());
    let in_files = in_files.chain(shared).filter_map(|file| secret_file::read(file.as_path()).ok());
    given.chain(in_files).collect()
}

/// The secrets of a text in which they stand behind their words: a block for `xmpp.conf`.
fn behind_words(text: &str) -> Vec<String> {
    let values = text.lines().filter_map(|line| secret_at(line));
    values.filter_map(|(from, to, line)| Some(line.get(from..to)?.to_owned())).collect()
}

/// One line without what stands behind a word for a secret.
fn masked_line(line: &str) -> String {
    let Some((from, to, _)) = secret_at(line) else { return line.to_owned() };
    let (before, rest) = line.split_at(from);
    let after = rest.get(to - from..).unwrap_or_default();
    format!("{before}{MASK}{}", masked_line(after))
}

/// Where a secret stands in a line: behind one of the words and `=` or `:`, up to its quote or the next blank.
fn secret_at(line: &str) -> Option<(usize, usize, &str)> {
    // Lower case of ASCII letters alone keeps every place where it is.
    let lower = line.to_ascii_lowercase();
    let places =
        WORDS.iter().flat_map(|word| lower.match_indices(word).map(|(at, _)| at + word.len()));
    let found = places.filter_map(|at| {
        let rest = line.get(at..)?;
        let sign = rest.trim_start_matches(['"', '\'', ' ']).strip_prefix(['=', ':'])?;
        let value = sign.trim_start_matches([' ', '>']);
        let (value, end): (&str, &[char]) = match value.chars().next()? {
            '"' => (value.get(1..)?, &['"']),
            '\'' => (value.get(1..)?, &['\'']),
            _ => (value, &[' ', ',', ';', '\n', '\t', '"', '}', '<']),
        };
        let from = line.len() - value.len();
        let to = from + value.find(end).unwrap_or(value.len());
        (to > from && line.get(from..to) != Some(MASK)).then_some((from, to, line))
    });
    found.min_by_key(|(from, ..)| *from)
}

/// Without private keys in PEM form.
fn without_keys(text: &str) -> String {
    let mut is_key = false;
    let lines = text.split_inclusive('\n').filter_map(|line| {
        let (begins, ends) = (line.contains("-----BEGIN"), line.contains("-----END"));
        let is_private = line.contains("PRIVATE KEY");
        match (is_key, begins && is_private) {
            (false, true) => {
                is_key = !ends;
                Some(format!("{MASK} (a private key)\n"))
            }
            (true, _) => {
                is_key = !ends;
                None
            }
            (false, false) => Some(line.to_owned()),
        }
    });
    lines.collect()
}

/// Without a word, where it stands between others.
fn without_word(text: &str, word: &str) -> String {
    let is_part = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric());
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(word) {
        out.push_str(before);
        let is_inside = is_part(out.chars().next_back()) || is_part(after.chars().next());
        out.push_str(if is_inside { word } else { MASK });
        rest = after;
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_looks_like_a_secret_is_hidden() {
        let masks = Masks::none();
        for (text, wanted) in [
            ("secret=hq2f-88zn", "secret=***"),
            ("  \"password\": \"hunter2\", \"a\": 1", "  \"password\": \"***\", \"a\": 1"),
            ("password = 'a b' token: x,y", "password = '***' token: ***,y"),
            ("PASSWORD=a secret=b\n", "PASSWORD=*** secret=***\n"),
            ("# password is set, not shown\n", "# password is set, not shown\n"),
            ("password_file = \"/etc/x\"\n", "password_file = \"/etc/x\"\n"),
            ("login failed: wrong-password\n", "login failed: wrong-password\n"),
            ("password=***\n", "password=***\n"),
        ] {
            assert_eq!(masks.masked(text), wanted);
        }
        let key = "a\n-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----\nb\n";
        assert_eq!(masks.masked(key), "a\n*** (a private key)\nb\n");
        let both = "-----BEGIN CERTIFICATE-----\nMIIE\n-----END CERTIFICATE-----\n";
        assert_eq!(masks.masked(both), both, "a certificate is public");
    }

    #[test]
    fn a_known_secret_is_hidden_wherever_it_stands() {
        let masks = Masks { known: vec!["hunter2".to_owned(), "one".to_owned()] };
        assert_eq!(masks.masked("x hunter2y"), "x ***y");
        assert_eq!(masks.masked("none, one; one"), "none, ***; ***");
    }
}
