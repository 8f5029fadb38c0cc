//! How the peers of a site call what the board calls otherwise. `PJSIP/100` of Berlin and `PJSIP/100` of Paris are two
//! phones, so the board knows at most one of them by that name; and what one PBX calls `100@example.com` may be what
//! another calls `PJSIP/100`.
//!
//! A [`MapRule`] says one such thing, a [`Mapping`] holds all of them in the order of the configuration, and a [`View`]
//! is what holds for the peers of one site by one protocol. Pure, and it must never let two things share one name: what
//! would is hidden instead.

mod name_form;
mod rule;
mod view;

use std::sync::Arc;

use hashbrown::HashMap;

pub use name_form::{NameForm, NameFormError};
pub use rule::{MapRule, MapRuleError, Side};
pub use view::{Translation, View};

use crate::protocol::Protocol;
use crate::site::SiteName;

/// All rules. The default has none: everybody says and hears the names of the board.
#[derive(Clone, Debug, Default)]
pub struct Mapping {
    /// By site and protocol; of the sites that no rule names under none. Nothing where no rule applies.
    views: HashMap<(Option<SiteName>, Protocol), Arc<View>>,
}

/// Why rules cannot stand together. Rules are counted from 0.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MappingError {
    /// A rule without effect, because an earlier one takes all names from it.
    #[error(
        "rule {rule} can never match: rule {by} before it covers everything that its {side} covers"
    )]
    Covered {
        /// The place of the rule that can never fit, counted from 0.
        rule: usize,
        /// The earlier one that takes everything from it.
        by: usize,
        /// Whether that is so for the names of the peers, or for those of the board.
        side: Side,
    },
    /// There are more rules than [`Mapping::MOST_RULES`].
    #[error("there are {0} rules; the limit is {most}", most = Mapping::MOST_RULES)]
    TooMany(usize),
}

// === impl Mapping ===

impl Mapping {
    /// The most rules. To translate a name takes as many comparisons as a view has rules for its kind, two at most.
    pub const MOST_RULES: usize = 1_000;

    /// All of these rules, the earlier one first wherever two fit.
    ///
    /// # Errors
    /// When one of them can never fit, or there are too many.
    pub fn new(rules: &[MapRule]) -> Result<Self, MappingError> {
        if rules.len() > Self::MOST_RULES {
            return Err(MappingError::TooMany(rules.len()));
        }
        for (rule, later) in rules.iter().enumerate() {
            if let Some((by, side)) = later.covered(rules.get(..rule).unwrap_or_default()) {
                return Err(MappingError::Covered { rule, by, side });
            }
        }
        Ok(Self { views: views(rules) })
    }

    /// How the peers of a site call things by a protocol; none where no rule applies. Peers to whom the same rules
    /// apply are given the same view ([`Arc::ptr_eq`]), so that a door can render once for all of them.
    #[must_use]
    pub fn view(&self, site: Option<&SiteName>, protocol: Protocol) -> Option<Arc<View>> {
        let of = |site: Option<&SiteName>| self.views.get(&(site.cloned(), protocol));
        site.and_then(|site| of(Some(site))).or_else(|| of(None)).cloned()
    }
}

/// The view of each site that is named, and of those that are not.
fn views(rules: &[MapRule]) -> HashMap<(Option<SiteName>, Protocol), Arc<View>> {
    let mut by_rules: HashMap<Vec<usize>, Arc<View>> = HashMap::new();
    let mut views = HashMap::new();
    let sites = rules.iter().map(|rule| rule.site.clone()).chain([None]);
    for (site, protocol) in
        sites.flat_map(|site| Protocol::ALL.iter().map(move |protocol| (site.clone(), *protocol)))
    {
        let key = (site, protocol);
        if views.contains_key(&key) {
            continue;
        }
        let applies = |(_, rule): &(usize, &MapRule)| rule.applies_to(key.0.as_ref(), protocol);
        let (numbers, rules): (Vec<_>, Vec<_>) = rules.iter().enumerate().filter(applies).unzip();
        if !rules.is_empty() {
            let view = by_rules.entry(numbers).or_insert_with(|| Arc::new(View::of(&rules)));
            views.insert(key, Arc::clone(view));
        }
    }
    views
}
