//! The one form of a domain's name. `bücher.example` and `xn--bcher-kva.example` are one domain, and addresses have it in
//! letters (RFC 7622, 3.2.1), which the `jid` crate leaves to whoever uses it.

use std::borrow::Cow;

use idna::uts46::{AsciiDenyList, DnsLength, Hyphens, Uts46};

/// How the DNS begins a label that stands for other letters.
const PREFIX: &str = "xn--";

/// The name in letters where it is written as the DNS has it. Left as it is where it is no name, and where string
/// preparation would make another name of the letters (`xn--strae-oqa` is not `strasse`): then nothing else means it.
#[must_use]
pub fn in_letters(domain: &str) -> Cow<'_, str> {
    let is_ascii_form = |label: &str| {
        label.get(..PREFIX.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(PREFIX))
    };
    if !domain.split('.').any(is_ascii_form) {
        return Cow::Borrowed(domain);
    }
    let (letters, read) =
        Uts46::new().to_unicode(domain.as_bytes(), AsciiDenyList::URL, Hyphens::Check);
    let stays = || stringprep::nameprep(&letters).is_ok_and(|prepared| prepared == letters);
    match read.is_ok() && stays() {
        true => Cow::Owned(letters.into_owned()),
        false => Cow::Borrowed(domain),
    }
}

/// The name as the DNS has it, in certificates for instance; as it is if the DNS has no form for it.
#[must_use]
pub fn in_ascii(domain: &str) -> Cow<'_, str> {
    let (deny, hyphens, length) = (AsciiDenyList::URL, Hyphens::Check, DnsLength::Ignore);
    let ascii = Uts46::new().to_ascii(domain.as_bytes(), deny, hyphens, length);
    ascii.unwrap_or(Cow::Borrowed(domain))
}

/// An address with its domain in letters.
pub(super) fn with_letters(address: &str) -> Cow<'_, str> {
    let (bare, resource) = address.find('/').map_or((address, ""), |at| address.split_at(at));
    let (local, domain) = bare.find('@').map_or(("", bare), |at| bare.split_at(at + 1));
    match in_letters(domain) {
        Cow::Borrowed(_) => Cow::Borrowed(address),
        Cow::Owned(domain) => Cow::Owned(format!("{local}{domain}{resource}")),
    }
}
