//! What becomes of a device's facts, by the device's name: operator's rules first, then the
//! defaults. Never looks at values.

use lampfield_board::kind::AfterLoss;
use lampfield_board::{Kind, Pattern, PatternError, Subject};

/// What becomes of the facts of a subject.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Policy {
    /// Kept while the origin's lease lasts, then withdrawn.
    #[default]
    Withdraw,
    /// The same, and UNAVAILABLE stands in their place until the origin speaks again. Of devices only.
    Unavailable,
    /// Kept until the origin says something else or the operator clears it.
    Keep,
    /// Acknowledged to the publisher, neither kept nor passed on.
    Ignore,
}

/// One rule of the configuration: what becomes of facts with names like this.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// Device names that the rule is for; other kinds have no policy.
    pub names: Pattern,
    /// What becomes of their facts.
    pub policy: Policy,
}

/// The rules in the order in which they are asked; the first match decides.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Policies {
    operator: Vec<Rule>,
}

// === impl Rule ===

impl Rule {
    /// The rule for names such as `Custom:night*`.
    ///
    /// # Errors
    /// When the text is not a pattern.
    pub fn parse(names: &str, policy: Policy) -> Result<Self, PatternError> {
        Ok(Self { names: Pattern::parse(names)?, policy })
    }
}

// === impl Policies ===

impl Policies {
    /// The operator's rules. What none of them matches is left to the defaults.
    #[must_use]
    pub fn new(operator: Vec<Rule>) -> Self {
        Self { operator }
    }

    /// The policy of a subject. Of devices an operator's rule may say it, of all others the kind does.
    #[must_use]
    pub fn of(&self, subject: &Subject) -> Policy {
        let name = subject.name().as_str();
        match subject.kind() {
            Kind::Device => {
                let rule = self.operator.iter().find(|rule| rule.names.matches(name));
                rule.map_or_else(|| default(name), |rule| rule.policy)
            }
            other => match other.after_loss() {
                AfterLoss::Withdraw => Policy::Withdraw,
                AfterLoss::Keep => Policy::Keep,
            },
        }
    }
}

/// COMPAT(asterisk<=22 res_xmpp): every PBX makes a device `XMPP/..` for every buddy. `MWI:..`
/// (`res_mwi_devstate`) mirrors a mailbox and is kept like it.
fn default(name: &str) -> Policy {
    if name.starts_with("XMPP/") {
        Policy::Ignore
    } else if name.starts_with("MWI:") {
        Policy::Keep
    } else {
        Policy::Withdraw
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_operator_comes_before_the_defaults() {
        let of = |policies: &Policies, name| policies.of(&Subject::device(name).unwrap());
        let defaults = Policies::default();
        assert_eq!(of(&defaults, "XMPP/a/b"), Policy::Ignore);
        assert_eq!(of(&defaults, "MWI:1000@default"), Policy::Keep);
        assert_eq!(of(&defaults, "PJSIP/100"), Policy::Withdraw);
        let keep = Rule::parse("XMPP/*", Policy::Keep).unwrap();
        let withdraw = Rule::parse("*", Policy::Withdraw).unwrap();
        let operator = Policies::new(vec![keep, withdraw]);
        assert_eq!(of(&operator, "XMPP/a/b"), Policy::Keep);
        assert_eq!(of(&operator, "MWI:1000@default"), Policy::Withdraw);
        let mailbox = Subject::mailbox("1000@default").unwrap();
        assert_eq!(operator.of(&mailbox), Policy::Keep);
    }
}
