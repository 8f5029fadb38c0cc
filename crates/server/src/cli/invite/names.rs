//! The file of `invite --from`: one name of a PBX on a line, `#` before what is for people.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

use crate::failure::{Exit, Failure};

/// The largest file that is read, in bytes: the names of 10,000 PBXs.
const LARGEST: u64 = 1 << 20;

/// A name and the line on which it stands, from 1.
#[derive(Debug, PartialEq, Eq)]
pub struct Line {
    pub number: usize,
    pub name: String,
}

/// Reads a file, or standard input where it is called `-`.
///
/// # Errors
/// It cannot be read, is too long, or names nobody.
pub fn read(file: &Path) -> Result<Vec<Line>, Failure> {
    let wrong = |what: String| {
        Failure::new(Exit::Usage, "unreadable-file", format!("{}: {what}", file.display()))
    };
    let text = match file == Path::new("-") {
        true => whole(io::stdin().lock()),
        false => File::open(file).and_then(|file| whole(BufReader::new(file))),
    };
    let names = lines(&text.map_err(|error| wrong(error.to_string()))?);
    match names.is_empty() {
        true => Err(wrong("it names no PBX".to_owned()).line("write", "one name on a line")),
        false => Ok(names),
    }
}

fn whole(from: impl BufRead) -> io::Result<String> {
    let mut text = String::new();
    from.take(LARGEST + 1).read_to_string(&mut text)?;
    match text.len() as u64 > LARGEST {
        true => Err(io::Error::other("it is longer than 1 MiB")),
        false => Ok(text),
    }
}

fn lines(text: &str) -> Vec<Line> {
    let named = text.lines().enumerate().map(|(index, line)| {
        let name = line.split('#').next().unwrap_or_default().trim();
        Line { number: index + 1, name: name.to_owned() }
    });
    named.filter(|line| !line.name.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_and_empty_lines_are_left_out() {
        let found = lines("# Berlin\npbx-1\n\n  pbx-2@b.example  # the old one\n");
        let found: Vec<_> = found.iter().map(|line| (line.number, line.name.as_str())).collect();
        assert_eq!(found, [(2, "pbx-1"), (4, "pbx-2@b.example")]);
    }
}
