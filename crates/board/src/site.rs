//! Where an account stands: the name of its site, and labels by which accounts are told apart in lists.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// The text cannot be the name of a site or a label.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("\"{0}\" has not {ALLOWED}")]
pub struct PlaceWordError(pub String);

/// What the name of a site and a label consist of.
const ALLOWED: &str = "1 to 64 bytes of letters, digits, \"-\", \"_\" and \".\"";

/// One newtype for each word of that form, so that none is taken for another.
macro_rules! place_words {
    ($($(#[doc = $about:literal])+ $word:ident,)+) => {$(
        $(#[doc = $about])+
        #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $word(Arc<str>);

        impl $word {
            /// Checks and keeps it: 1 to 64 bytes of letters of any language, digits, `-`, `_` and `.`.
            ///
            /// # Errors
            /// When it is empty, too long, or has another character.
            pub fn parse(text: &str) -> Result<Self, PlaceWordError> {
                let fits = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.');
                let is_one = (1..=64).contains(&text.len()) && text.chars().all(fits);
                if is_one { Ok(Self(text.into())) } else { Err(PlaceWordError(text.to_owned())) }
            }

            /// The text as it was written.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $word {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        impl FromStr for $word {
            type Err = PlaceWordError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Self::parse(text)
            }
        }
    )+};
}

place_words! {
    /// A place with its PBXs, such as `berlin`: by it the rules of a [`Mapping`](crate::Mapping) are chosen. Compared
    /// byte by byte. Cloning is cheap.
    SiteName,
    /// A word by which people tell accounts apart, such as `floor-2`. It decides nothing. Cloning is cheap.
    Label,
}

/// The labels of one account, each once, as they were written: 16 at most.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Labels(Box<[Label]>);

/// Why some texts are not the labels of an account: one is no label, or they are too many.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LabelsError {
    /// One of the texts is not a label; it is named.
    #[error(transparent)]
    Label(#[from] PlaceWordError),
    /// There are more labels than [`Labels::MOST`].
    #[error("{0} labels; the limit is {most}", most = Labels::MOST)]
    TooMany(usize),
}

// === impl Labels ===

impl Labels {
    /// The most labels that one account may have.
    pub const MOST: usize = 16;

    /// Checks and keeps them; one that is there twice counts once.
    ///
    /// # Errors
    /// When one is no label, or there are too many.
    pub fn parse(texts: impl IntoIterator<Item = impl AsRef<str>>) -> Result<Self, LabelsError> {
        let mut labels = Vec::new();
        for text in texts {
            let label = Label::parse(text.as_ref())?;
            if !labels.contains(&label) {
                labels.push(label);
            }
        }
        match labels.len() {
            some if some > Self::MOST => Err(LabelsError::TooMany(some)),
            _ => Ok(Self(labels.into())),
        }
    }

    /// Each label, in the order in which they were written.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Label> {
        self.0.iter()
    }

    /// Each label as text, in the same order.
    #[must_use]
    pub fn to_texts(&self) -> Vec<String> {
        self.iter().map(ToString::to_string).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_site_is_a_word_that_fits_into_a_table() {
        for name in ["berlin", "Köln", "floor-2", "a.b_c", &"x".repeat(64)] {
            assert_eq!(SiteName::parse(name).map(|site| site.to_string()), Ok(name.to_owned()));
            assert!(Label::parse(name).is_ok(), "{name}");
        }
        for wrong in ["", "a b", "a/b", "a*", "a@b", "tab\t", &"x".repeat(65)] {
            assert_eq!(SiteName::parse(wrong), Err(PlaceWordError(wrong.to_owned())), "{wrong}");
            assert!(Label::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn an_account_has_some_labels_each_once() {
        let labels = Labels::parse(["b", "a", "b"]).expect("labels");
        assert_eq!(labels.to_texts(), ["b", "a"]);
        let many = |most: usize| (0..most).map(|at| at.to_string()).collect::<Vec<_>>();
        assert_eq!(Labels::parse(many(16)).map(|labels| labels.iter().len()), Ok(16));
        assert_eq!(Labels::parse(many(17)), Err(LabelsError::TooMany(17)));
        assert_eq!(Labels::parse(["a b"]), Err(PlaceWordError("a b".to_owned()).into()));
    }
}
