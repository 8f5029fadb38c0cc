//! One rule: for whom, and what is called how.

use std::fmt;

use super::name_form::NameForm;
use crate::kind::Kind;
use crate::pattern::Pattern;
use crate::protocol::Protocol;
use crate::site::SiteName;

/// That some peers call by another name what the board calls `board`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MapRule {
    /// Only peers of this site; of all and of none if not set.
    pub(super) site: Option<SiteName>,
    /// Only peers by this protocol; by all if not set.
    pub(super) protocol: Option<Protocol>,
    pub(super) kinds: Box<[Kind]>,
    pub(super) here: NameForm,
    pub(super) board: NameForm,
}

/// Why two forms cannot make a rule.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MapRuleError {
    /// Only one of both stands for many names, so there is no way from one to the other.
    #[error("\"{here}\" and \"{board}\": a * in one of them only")]
    StarInOneSide {
        /// The name that its peers use.
        here: NameForm,
        /// The name that the board uses.
        board: NameForm,
    },
    /// The rule names no kind, so it would apply to nothing.
    #[error("the rule is about no kind")]
    NoKind,
}

/// One of the two names of a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The side of the peers: the name that they use.
    Here,
    /// The side of the board: the name that it uses.
    Board,
}

// === impl MapRule ===

impl MapRule {
    /// That peers of this site by this protocol, or of all, call things of these kinds `here` that the board calls
    /// `board`: what the `*` of one stands for, that of the other does.
    ///
    /// # Errors
    /// When only one of the forms has a `*`, or there is no kind.
    pub fn new(
        site: Option<SiteName>,
        protocol: Option<Protocol>,
        kinds: impl Into<Box<[Kind]>>,
        here: NameForm,
        board: NameForm,
    ) -> Result<Self, MapRuleError> {
        let kinds = kinds.into();
        if here.has_star() != board.has_star() {
            return Err(MapRuleError::StarInOneSide { here, board });
        }
        if kinds.is_empty() {
            return Err(MapRuleError::NoKind);
        }
        Ok(Self { site, protocol, kinds, here, board })
    }

    /// The pattern of the names that the board has for what its peers of a protocol call by names of this pattern; none
    /// where the rule is about none of them. Where several wildcards are in the pattern it may fit more.
    #[must_use]
    pub fn on_the_board(&self, kind: Kind, by: Protocol, local: &Pattern) -> Option<Pattern> {
        let applies = self.kinds.contains(&kind) && self.protocol.is_none_or(|own| own == by);
        applies.then(|| self.here.carried(local, &self.board)).flatten()
    }

    /// The first of these earlier rules, by its number, that leaves nothing to this one, and on which side. Nothing
    /// is left of `here` when all that this rule could fit is taken by the earlier one. Nothing is left of `board`
    /// when all that it could make belongs to the earlier one, so that everything it fits would be hidden.
    #[must_use]
    pub fn covered(&self, earlier: &[Self]) -> Option<(usize, Side)> {
        earlier.iter().enumerate().find_map(|(number, one)| Some((number, self.covered_by(one)?)))
    }

    fn covered_by(&self, earlier: &Self) -> Option<Side> {
        let always_there = (earlier.site.is_none() || earlier.site == self.site)
            && (earlier.protocol.is_none() || earlier.protocol == self.protocol)
            && self.kinds.iter().all(|kind| earlier.kinds.contains(kind));
        match always_there {
            true if earlier.here.covers(&self.here) => Some(Side::Here),
            true if earlier.board.covers(&self.board) => Some(Side::Board),
            _ => None,
        }
    }

    pub(super) fn applies_to(&self, site: Option<&SiteName>, protocol: Protocol) -> bool {
        self.site.as_ref().is_none_or(|own| Some(own) == site)
            && self.protocol.is_none_or(|own| own == protocol)
    }
}

// === impl Side ===

impl fmt::Display for Side {
    /// The word for it in the configuration.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Here => "here",
            Self::Board => "board",
        })
    }
}
