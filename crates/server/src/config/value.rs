//! The types of configuration values, each with its way to read and to show itself. None of them
//! may accept a value it cannot show again in a form that reads the same.

use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use toml::Spanned;
use toml::de::DeValue;

use super::reader::{Given, Refused};
use lampfield_operations::moment;
use lampfield_operations::nearest::nearest;

/// The type of one key's value.
pub trait Value: Sized + Clone + PartialEq {
    /// How the reference page calls it.
    fn kind() -> String;
    /// Reads it.
    ///
    /// # Errors
    /// Says what is wrong with the value as typed.
    fn parse(given: Given<'_>) -> Result<Self, Refused>;
    /// As TOML; `None` when there is nothing to write.
    fn show(&self) -> Option<String>;
    /// Why there is nothing to write, after the name of the key.
    fn silence(&self) -> &'static str {
        "is not set"
    }
}

/// A number of bytes. Reads `65536`, `"64KiB"`, `"4 MiB"`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Size(u64);

/// A file or folder; a relative path starts from the folder of the configuration file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FilePath(PathBuf);

/// A text that must not be shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

/// Reads one of `words`.
pub fn word<T: Copy>(given: Given<'_>, words: &[(&'static str, T)]) -> Result<T, Refused> {
    let typed = text(given).map_err(|refused| refused.hint(one_of(words)))?;
    match words.iter().find(|(word, _)| *word == typed) {
        Some((_, value)) => Ok(*value),
        None => Err(none_of(words.iter().map(|(word, _)| *word), typed, "a possible value")),
    }
}

/// A word that is none of a closed set, which is called `what`.
pub fn none_of(
    words: impl Iterator<Item = &'static str> + Clone,
    typed: &str,
    what: &str,
) -> Refused {
    let hint = match nearest(typed, words.clone(), 1).first() {
        Some(near) => format!("did you mean \"{near}\"? It can be {}", listed(words)),
        None => listed(words),
    };
    Refused::new(format!("\"{typed}\" is not {what}")).hint(hint)
}

/// How the reference page names a closed set of words.
pub fn one_of<T>(words: &[(&'static str, T)]) -> String {
    listed(words.iter().map(|(word, _)| *word))
}

fn listed(words: impl Iterator<Item = &'static str>) -> String {
    let words: Vec<_> = words.map(|word| format!("\"{word}\"")).collect();
    match words.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, others)) => format!("{} or {last}", others.join(", ")),
        None => String::new(),
    }
}

/// The text of a string value.
///
/// # Errors
/// The value is of another type.
pub fn text<'a>(given: Given<'a>) -> Result<&'a str, Refused> {
    match given.value.get_ref() {
        DeValue::String(text) => Ok(text.as_ref()),
        found => Err(Refused::not("text in quotes", found)),
    }
}

/// A text as TOML.
pub(super) fn quoted(text: &str) -> String {
    toml::Value::from(text).to_string()
}

// === impl Size ===

const UNITS: [(&str, u64); 5] =
    [("TiB", 1 << 40), ("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10), ("B", 1)];

impl Size {
    /// So many KiB of 1,024 bytes.
    pub const fn kib(count: u64) -> Self {
        Self(count << 10)
    }

    /// So many MiB of 1,024 KiB.
    pub const fn mib(count: u64) -> Self {
        Self(count << 20)
    }

    /// In bytes, for a buffer of this program.
    pub fn bytes(self) -> usize {
        usize::try_from(self.0).unwrap_or(usize::MAX)
    }

    fn read(typed: &str) -> Option<Self> {
        let digits = typed.find(|c: char| !c.is_ascii_digit()).unwrap_or(typed.len());
        let (count, unit) = typed.split_at_checked(digits)?;
        let unit = UNITS.iter().find(|(name, _)| name.eq_ignore_ascii_case(unit.trim()))?;
        count.parse::<u64>().ok()?.checked_mul(unit.1).map(Self)
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fitting =
            UNITS.iter().find(|(_, unit)| self.0 >= *unit && self.0.is_multiple_of(*unit));
        let (name, unit) = fitting.unwrap_or(&("B", 1));
        write!(f, "{}{name}", self.0 / unit)
    }
}

impl Value for Size {
    fn kind() -> String {
        "size".to_owned()
    }

    fn parse(given: Given<'_>) -> Result<Self, Refused> {
        let read = match given.value.get_ref() {
            DeValue::Integer(count) => count.as_str().parse().ok().map(Self),
            DeValue::String(typed) => Self::read(typed),
            found => return Err(Refused::not("a size", found)),
        };
        read.ok_or_else(|| {
            let typed = given.value.get_ref().as_str().map(|typed| format!("\"{typed}\""));
            let typed = typed.unwrap_or_else(|| "a number below 0".to_owned());
            Refused::new(format!("{typed} is not a size")).hint(
                "write a number and its unit (B, KiB, MiB, GiB, TiB): \"64KiB\"; or bytes: 65536",
            )
        })
    }

    fn show(&self) -> Option<String> {
        Some(quoted(&self.to_string()))
    }
}

// === impl Duration ===

/// Reads a duration with its unit.
///
/// # Errors
/// Shows how a duration is written.
pub fn duration(typed: &str) -> Result<Duration, Refused> {
    moment::duration(typed)
        .map_err(|instead| Refused::new(format!("\"{typed}\" is not a duration")).hint(instead))
}

impl Value for Duration {
    fn kind() -> String {
        "duration".to_owned()
    }

    fn parse(given: Given<'_>) -> Result<Self, Refused> {
        match given.value.get_ref() {
            DeValue::Integer(count) => Err(Refused::new(format!("{count} has no unit"))
                .hint(format!("write \"{count}s\" for seconds"))),
            _ => duration(text(given)?),
        }
    }

    fn show(&self) -> Option<String> {
        Some(quoted(&humantime::format_duration(*self).to_string()))
    }
}

// === impl numbers and booleans ===

impl Value for usize {
    fn kind() -> String {
        "number".to_owned()
    }

    fn parse(given: Given<'_>) -> Result<Self, Refused> {
        match given.value.get_ref() {
            DeValue::Integer(count) => count
                .as_str()
                .parse()
                .map_err(|_| Refused::new(format!("{count} is not a whole number from 0"))),
            found => Err(Refused::not("a number", found)),
        }
    }

    fn show(&self) -> Option<String> {
        Some(self.to_string())
    }
}

impl Value for bool {
    fn kind() -> String {
        "true or false".to_owned()
    }

    fn parse(given: Given<'_>) -> Result<Self, Refused> {
        match given.value.get_ref() {
            DeValue::Boolean(value) => Ok(*value),
            found => Err(Refused::not("true or false", found).hint("without quotes")),
        }
    }

    fn show(&self) -> Option<String> {
        Some(self.to_string())
    }
}

// === impl SocketAddr ===

impl Value for SocketAddr {
    fn kind() -> String {
        "address".to_owned()
    }

    fn parse(given: Given<'_>) -> Result<Self, Refused> {
        let typed = text(given)?;
        typed.parse().map_err(|_| {
            Refused::new(format!("\"{typed}\" is not an address with a port"))
                .hint("write \"0.0.0.0:5222\", \"[::]:5222\" or \"192.0.2.1:5222\"")
        })
    }

    fn show(&self) -> Option<String> {
        Some(quoted(&self.to_string()))
    }
}

// === impl FilePath ===

impl FilePath {
    /// The path, no longer relative to the configuration file.
    pub fn as_path(&self) -> &Path {
        &self.0
    }
}

impl Value for FilePath {
    fn kind() -> String {
        "path".to_owned()
    }

    fn parse(given: Given<'_>) -> Result<Self, Refused> {
        match text(given)? {
            "" => Err(Refused::new("an empty path is not the name of a file")),
            typed => Ok(Self(given.folder.join(typed))),
        }
    }

    /// Absolute, so that it means the same in a file in another folder.
    fn show(&self) -> Option<String> {
        let path = std::path::absolute(&self.0).unwrap_or_else(|_| self.0.clone());
        Some(quoted(&path.display().to_string()))
    }
}

impl From<PathBuf> for FilePath {
    fn from(path: PathBuf) -> Self {
        Self(path)
    }
}

// === impl Secret ===

impl Secret {
    /// The text itself. Never print or log it.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(masked)")
    }
}

impl Value for Secret {
    fn kind() -> String {
        "text, a secret".to_owned()
    }

    fn parse(given: Given<'_>) -> Result<Self, Refused> {
        match text(given)? {
            "" => Err(Refused::new("the password is empty")),
            mask if mask.chars().all(|c| c == '*') => {
                Err(Refused::new("this is a mask, not a password")
                    .hint("write the password itself"))
            }
            typed => Ok(Self(typed.to_owned())),
        }
    }

    fn show(&self) -> Option<String> {
        None
    }

    fn silence(&self) -> &'static str {
        "is set, not shown"
    }
}

// === impl Option and Vec ===

impl<T: Value> Value for Option<T> {
    fn kind() -> String {
        T::kind()
    }

    fn parse(given: Given<'_>) -> Result<Self, Refused> {
        T::parse(given).map(Some)
    }

    fn show(&self) -> Option<String> {
        self.as_ref().and_then(T::show)
    }

    fn silence(&self) -> &'static str {
        self.as_ref().map_or("is not set", T::silence)
    }
}

impl<T: Value> Value for Vec<T> {
    fn kind() -> String {
        format!("list of {}", T::kind())
    }

    fn parse(given: Given<'_>) -> Result<Self, Refused> {
        let DeValue::Array(list) = given.value.get_ref() else {
            let found = given.value.get_ref();
            return Err(Refused::not("a list", found).hint("write it in brackets: [ … ]"));
        };
        let item = |value: &Spanned<DeValue<'_>>| {
            T::parse(Given { value, folder: given.folder })
                .map_err(|refused| Refused { span: Some(value.span()), ..refused })
        };
        list.iter().map(item).collect()
    }

    fn show(&self) -> Option<String> {
        let items: Vec<String> = self.iter().filter_map(T::show).collect();
        Some(format!("[{}]", items.join(", ")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read<T: Value>(toml: &str) -> Result<T, Refused> {
        let value = DeValue::parse(toml).expect("a TOML value");
        T::parse(Given { value: &value, folder: Path::new("/etc/lampfield") })
    }

    #[test]
    fn sizes_read_with_and_without_suffix_and_show_the_shortest() {
        assert_eq!(read::<Size>("65536"), Ok(Size::kib(64)));
        assert_eq!(read::<Size>("\"64 KiB\""), Ok(Size::kib(64)));
        assert_eq!(Size::kib(64).to_string(), "64KiB");
        assert_eq!(Size::kib(1024).to_string(), "1MiB");
        assert_eq!(Size(1000).to_string(), "1000B");
        assert_eq!(Size(0).to_string(), "0B");
        for wrong in ["\"64 kb\"", "\"\"", "\"-1\"", "\"99999999999999TiB\"", "-5"] {
            assert!(read::<Size>(wrong).is_err(), "{wrong}");
        }
        let refused = read::<Size>("\"64 kb\"").expect_err("no unit of ours");
        assert_eq!(refused.message, "\"64 kb\" is not a size");
        assert!(refused.hint.is_some_and(|hint| hint.contains("KiB, MiB")));
    }

    #[test]
    fn a_duration_without_unit_names_the_way_out() {
        let refused = read::<Duration>("10").expect_err("no unit");
        assert_eq!(refused.hint.as_deref(), Some("write \"10s\" for seconds"));
        assert_eq!(read::<Duration>("\"1m 30s\""), Ok(Duration::from_secs(90)));
        let refused = read::<Duration>("\"1M\"").expect_err("a month, or a minute?");
        assert!(refused.hint.is_some_and(|hint| hint.contains("1month or 1min")));
    }

    #[test]
    fn a_wrong_item_of_a_list_is_marked_itself() {
        let refused = read::<Vec<SocketAddr>>("[\"127.0.0.1:5222\", \"here\"]").expect_err("here");
        assert_eq!(refused.span, Some(19..25));
    }

    #[test]
    fn paths_start_from_the_folder_of_the_file() {
        let path = read::<FilePath>("\"tls/a.pem\"").expect("a path");
        assert_eq!(path.as_path(), Path::new("/etc/lampfield/tls/a.pem"));
        let path = read::<FilePath>("\"/a.pem\"").expect("a path");
        assert_eq!(path.as_path(), Path::new("/a.pem"));
    }

    #[test]
    fn a_secret_shows_itself_nowhere() {
        let secret = read::<Secret>("\"hunter2\"").expect("a secret");
        assert!(!format!("{secret:?}").contains("hunter2"));
        assert_eq!((secret.show(), secret.silence()), (None, "is set, not shown"));
        assert!(read::<Secret>("\"********\"").is_err(), "a mask that was saved");
    }
}
