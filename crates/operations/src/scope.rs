//! The rights to operations. There are few, so that a person can say what a token may do; which operation needs which
//! stands in its definition.

use std::fmt;
use std::str::FromStr;

/// The scopes, each with its word and what it allows.
macro_rules! scopes {
    ($($(#[doc = $about:literal])+ $scope:ident = $word:literal,)+) => {
        /// The right to some operations.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Scope {
            $($(#[doc = $about])+ $scope,)+
        }

        impl Scope {
            /// All scopes, in the order of their definition.
            pub const ALL: &'static [Self] = &[$(Self::$scope),+];

            /// The word for it: what it is about, and `read` or `write`.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$scope => $word,)+ }
            }

            /// What it allows, in a sentence.
            #[must_use]
            pub fn about(self) -> &'static str {
                match self { $(Self::$scope => concat!($($about),+).trim_ascii_start(),)+ }
            }
        }
    };
}

scopes! {
    /// See whether the server is well, who is connected and how much it holds.
    StatusRead = "status:read",
    /// See what lamps show and why, and follow changes.
    LampsRead = "lamps:read",
    /// Set lamps, and withdraw values.
    LampsWrite = "lamps:write",
    /// See who reported what about a lamp in the past.
    HistoryRead = "history:read",
    /// See the accounts, never their passwords.
    AccountsRead = "accounts:read",
    /// Add, invite, change and remove accounts. Whoever makes an account learns its password.
    AccountsWrite = "accounts:write",
    /// See the served domains.
    DomainsRead = "domains:read",
    /// Add, change and remove domains, with everything that is in them.
    DomainsWrite = "domains:write",
    /// See who has changed what, and who was refused.
    AuditRead = "audit:read",
    /// Change what is logged.
    LogWrite = "log:write",
    /// Make the server read the configuration file again.
    ConfigWrite = "config:write",
}

/// The text is not the word for a scope.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownScope(pub String);

/// The scopes that somebody has.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scopes(Vec<Scope>);

// === impl Scope ===

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Scope {
    type Err = UnknownScope;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        let known = Self::ALL.iter().find(|scope| scope.as_str() == word);
        known.copied().ok_or_else(|| UnknownScope(word.to_owned()))
    }
}

// === impl UnknownScope ===

impl fmt::Display for UnknownScope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words: Vec<_> = Scope::ALL.iter().map(|scope| scope.as_str()).collect();
        write!(f, "\"{}\" is not a scope; the scopes are {}", self.0, words.join(", "))
    }
}

impl std::error::Error for UnknownScope {}

// === impl Scopes ===

impl Scopes {
    /// Every scope there is.
    #[must_use]
    pub fn all() -> Self {
        Scope::ALL.iter().copied().collect()
    }

    /// Each of them, in the order of [`Scope::ALL`].
    pub fn iter(&self) -> impl Iterator<Item = Scope> {
        self.0.iter().copied()
    }

    /// Whether this one is among them.
    #[must_use]
    pub fn has(&self, scope: Scope) -> bool {
        self.0.contains(&scope)
    }
}

impl FromIterator<Scope> for Scopes {
    fn from_iter<T: IntoIterator<Item = Scope>>(scopes: T) -> Self {
        let mut scopes: Vec<_> = scopes.into_iter().collect();
        scopes.sort_unstable();
        scopes.dedup();
        Self(scopes)
    }
}

impl fmt::Display for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("none");
        }
        let words: Vec<_> = self.0.iter().map(|scope| scope.as_str()).collect();
        f.write_str(&words.join(" "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_read_as_they_are_written() {
        for scope in Scope::ALL {
            assert_eq!(scope.as_str().parse(), Ok(*scope));
            assert!(scope.about().ends_with('.'), "{scope}");
        }
        let unknown = "lamps:raed".parse::<Scope>().expect_err("no scope").to_string();
        assert!(unknown.contains("lamps:read"), "{unknown}");
    }
}
