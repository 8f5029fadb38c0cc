//! From the tables `[[map]]` to the rules that they are.

use lampfield_board::Mapping;
use lampfield_board::mapping::{MapRule, MapRuleError, MappingError};

use super::{Config, Map};

/// Why the tables are no mapping. In a configuration that was read they are one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MapError {
    /// A table by itself cannot be a rule.
    #[error(transparent)]
    Rule(#[from] MapRuleError),
    /// A rule can never fit behind an earlier one, or there are too many.
    #[error(transparent)]
    Rules(#[from] MappingError),
}

// === impl Config ===

impl Config {
    /// What the peers of each site call otherwise than the board.
    ///
    /// # Errors
    /// When a table is no rule, or when one can never fit.
    pub fn mapping(&self) -> Result<Mapping, MapError> {
        let rules: Vec<MapRule> = self.map.iter().map(Map::rule).collect::<Result<_, _>>()?;
        Ok(Mapping::new(&rules)?)
    }
}

// === impl Map ===

impl Map {
    /// The rule that it is.
    ///
    /// # Errors
    /// When `here` and `board` do not belong together.
    pub fn rule(&self) -> Result<MapRule, MapRuleError> {
        let (here, board) = (self.here.clone(), self.board.clone());
        MapRule::new(self.site.clone(), self.protocol, self.kind.as_slice(), here, board)
    }
}
