//! Why a PEM file cannot be used, in an operator's words and with the line. The library that reads
//! such files says neither; it is asked first, and this looks only at what it has refused.

use std::fmt;
use std::path::{Path, PathBuf};

use crate::shell;

/// What a file with a key should hold.
pub const KEY: &str = "private key";

/// What is wrong with the text of a PEM file. Lines count from 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PemFault {
    /// There is nothing in it.
    Empty,
    /// It is DER, the binary form.
    Binary,
    /// It has no section at all.
    NoSection,
    /// It has sections, but none that is wanted.
    Other {
        /// What the first one is, such as `PRIVATE KEY`.
        label: String,
        /// The line on which the first one begins.
        line: usize,
    },
    /// The key can be read with a passphrase only.
    Encrypted {
        /// Where it says so.
        line: usize,
    },
    /// The certificate's own file is named as that of the key as well, and has no key.
    OnlyCertificate,
    /// A section is cut off.
    NoEnd {
        /// Its label, such as `CERTIFICATE`.
        label: String,
        /// The line on which the section begins.
        line: usize,
    },
    /// A line inside a section has characters that do not belong there.
    NotBase64 {
        /// The line, from 1.
        line: usize,
    },
    /// The lines are well formed, but what they say is no certificate or key.
    Nonsense {
        /// Where the section begins.
        line: usize,
    },
}

/// The begin of an ASN.1 sequence of some length, as all certificates and keys in DER have it.
const DER: u8 = 0x30;

/// One section as it is found line by line.
struct PemSection<'a> {
    label: &'a str,
    line: usize,
}

// === impl PemFault ===

impl PemFault {
    /// Why no `wanted` (the end of its label, such as `CERTIFICATE`) can be read from this file.
    pub fn of(file: &[u8], wanted: &str) -> Self {
        let Ok(text) = std::str::from_utf8(file) else { return Self::Binary };
        if text.trim().is_empty() {
            return Self::Empty;
        }
        let mut first: Option<PemSection<'_>> = None;
        let mut open: Option<PemSection<'_>> = None;
        let mut is_good = None;
        for (line, text) in text.lines().enumerate().map(|(index, text)| (index + 1, text.trim())) {
            match (label(text, "BEGIN"), &open) {
                (Some(label), None) if label.starts_with("ENCRYPTED") => {
                    return Self::Encrypted { line };
                }
                (Some(label), None) => open = Some(PemSection { label, line }),
                (Some(_), Some(PemSection { label, line })) => return Self::no_end(label, *line),
                (None, Some(section)) if label(text, "END").is_some() => {
                    if section.label.ends_with(wanted) {
                        is_good = is_good.or(Some(section.line));
                    }
                    first = first.or(open.take());
                    open = None;
                }
                (None, Some(_)) if text.starts_with("Proc-Type:") => {
                    return Self::Encrypted { line };
                }
                (None, Some(_)) if !text.bytes().all(is_base64) => return Self::NotBase64 { line },
                (None, _) => {}
            }
        }
        match (open, is_good, first) {
            (Some(PemSection { label, line }), ..) => Self::no_end(label, line),
            (None, Some(line), _) => Self::Nonsense { line },
            (None, None, Some(PemSection { label, line })) => {
                Self::Other { label: label.to_owned(), line }
            }
            (None, None, None) if file.first() == Some(&DER) => Self::Binary,
            (None, None, None) => Self::NoSection,
        }
    }

    fn no_end(label: &str, line: usize) -> Self {
        Self::NoEnd { label: label.to_owned(), line }
    }

    /// What may mend it, in a shell or in words; `what` is what the file should hold.
    pub fn remedy(&self, path: &Path, what: &str) -> String {
        let new = self.new_file(path).unwrap_or_default();
        let word = |path: &Path| shell::word(&path.display().to_string()).into_owned();
        let (file, new) = (word(path), word(&new));
        match self {
            Self::Empty | Self::NoSection => {
                "the file of a certificate authority begins with \"-----BEGIN CERTIFICATE-----\", a \
                 key's with \"-----BEGIN PRIVATE KEY-----\""
                    .to_owned()
            }
            Self::Binary if what == KEY => format!(
                "openssl pkey -inform der -in {file} -out {new} && chmod 600 {new}"
            ),
            Self::Binary => format!("openssl x509 -inform der -in {file} -out {new}"),
            Self::OnlyCertificate => "name the file of its key in certificate_key".to_owned(),
            Self::Other { .. } => "are certificate and certificate_key swapped?".to_owned(),
            Self::Encrypted { .. } => {
                format!("openssl pkey -in {file} -out {new} && chmod 600 {new}")
            }
            Self::NoEnd { .. } | Self::NotBase64 { .. } | Self::Nonsense { .. } => {
                "copy the file again, as a whole".to_owned()
            }
        }
    }
}

impl PemFault {
    /// The file that the remedy makes, which the configuration must name then.
    pub fn new_file(&self, path: &Path) -> Option<PathBuf> {
        let ending = match self {
            Self::Binary => ".pem",
            Self::Encrypted { .. } => ".plain",
            _ => return None,
        };
        let mut new = path.as_os_str().to_owned();
        new.push(ending);
        Some(new.into())
    }
}

impl fmt::Display for PemFault {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => write!(out, "the file is empty"),
            Self::Binary => write!(out, "it is binary (DER), not PEM"),
            Self::NoSection => write!(out, "it contains no PEM section"),
            Self::Other { label, line } => write!(out, "line {line} begins a {label}"),
            Self::Encrypted { line } => {
                write!(
                    out,
                    "line {line}: the key is encrypted, and the server cannot ask for a passphrase"
                )
            }
            Self::OnlyCertificate => {
                write!(out, "certificate and certificate_key name the same file")
            }
            Self::NoEnd { label, line } => {
                write!(out, "the {label} that begins in line {line} has no end")
            }
            Self::NotBase64 { line } => write!(out, "line {line} is not base64"),
            Self::Nonsense { line } => {
                write!(out, "the section that begins in line {line} cannot be read")
            }
        }
    }
}

/// What a line such as `-----BEGIN CERTIFICATE-----` is the border of.
fn label<'a>(line: &'a str, border: &str) -> Option<&'a str> {
    line.strip_prefix("-----")?.strip_prefix(border)?.strip_prefix(' ')?.strip_suffix("-----")
}

fn is_base64(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_is_told_with_its_line() {
        let begin = "-----BEGIN CERTIFICATE-----\n";
        let end = "-----END CERTIFICATE-----\n";
        let key = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n";
        let old =
            "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES\n\nAAAA\n";
        for (said, text) in [
            ("the file is empty", "\n \n".to_owned()),
            ("it is binary (DER), not PEM", "0\x02abc".to_owned()),
            ("it contains no PEM section", "hello\n".to_owned()),
            ("line 2 begins a PRIVATE KEY", format!("# mine\n{key}")),
            ("the CERTIFICATE that begins in line 1 has no end", format!("{begin}AAAA\n")),
            ("the CERTIFICATE that begins in line 1 has no end", format!("{begin}AAAA\n{key}")),
            ("line 3 is not base64", format!("{begin}AAAA\r\nAA AA\n{end}")),
            (
                "the section that begins in line 4 cannot be read",
                format!("{key}{begin}AAAA\n{end}"),
            ),
            (
                "line 2: the key is encrypted, and the server cannot ask for a passphrase",
                old.to_owned(),
            ),
        ] {
            assert_eq!(PemFault::of(text.as_bytes(), "CERTIFICATE").to_string(), said, "{text}");
        }
        assert_eq!(PemFault::of(&[0x30, 0x82, 0xff, 0xfe], "CERTIFICATE"), PemFault::Binary);
    }
}
