//! What an origin could say to change a lamp.

use std::fmt;
use std::sync::Arc;

use crate::kind::{Alternative, Alternatives, Value};
use crate::origin::Origin;

/// What one origin could say to change the lamp.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WhatIf {
    /// The origin that would have to say it.
    pub origin: Arc<Origin>,
    /// The values that would change the lamp, if this origin said them.
    pub says: Alternatives<Value>,
}

/// For example: if pbx-b@asterisk.example 02:00:00:00:00:02 says RINGING (gives RINGINUSE) or BUSY.
impl fmt::Display for WhatIf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.says {
            Alternatives::AnythingElse => write!(f, "if {} says anything else", self.origin),
            Alternatives::Another(word) => write!(f, "if {} says another {word}", self.origin),
            Alternatives::Some(values) if values.is_empty() => {
                write!(f, "nothing that {} says", self.origin)
            }
            Alternatives::Some(values) => {
                write!(f, "if {} says ", self.origin)?;
                list(values, f)
            }
        }
    }
}

/// Commas, and "or" before the last.
fn list(values: &[Alternative<Value>], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    for (place, value) in values.iter().enumerate() {
        let separator = match place {
            0 => "",
            last if last + 1 == values.len() => " or ",
            _ => ", ",
        };
        write!(f, "{separator}{value}")?;
    }
    Ok(())
}
