//! What becomes of a device's facts, by the device's name: the operator's rules first, then those that
//! the doors bring along for what their peers make. Never looks at values.

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

/// One rule: what becomes of facts with names like this.
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
    doors: Vec<Rule>,
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
    /// The operator's rules. What none of them matches is withdrawn.
    #[must_use]
    pub fn new(operator: Vec<Rule>) -> Self {
        Self { operator, doors: Vec::new() }
    }

    /// These rules, and after them those of the doors.
    #[must_use]
    pub fn before(self, doors: impl IntoIterator<Item = Rule>) -> Self {
        Self { doors: doors.into_iter().collect(), ..self }
    }

    /// The policy of a subject. Of devices an operator's rule may say it, of all others the kind does.
    #[must_use]
    pub fn of(&self, subject: &Subject) -> Policy {
        let name = subject.name().as_str();
        match subject.kind() {
            Kind::Device => {
                let mut rules = self.operator.iter().chain(&self.doors);
                let rule = rules.find(|rule| rule.names.matches(name));
                rule.map(|rule| rule.policy).unwrap_or_default()
            }
            other => match other.after_loss() {
                AfterLoss::Withdraw => Policy::Withdraw,
                AfterLoss::Keep => Policy::Keep,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_operator_comes_before_the_doors_and_no_name_is_known_without_them() {
        let of = |policies: &Policies, name| policies.of(&Subject::device(name).unwrap());
        for name in ["XMPP/a/b", "MWI:1000@default", "PJSIP/100"] {
            assert_eq!(of(&Policies::default(), name), Policy::Withdraw);
        }
        let rule = |names, policy| Rule::parse(names, policy).unwrap();
        let doors = [rule("Buddy/*", Policy::Ignore), rule("Copy:*", Policy::Keep)];
        let defaults = Policies::default().before(doors.clone());
        assert_eq!(of(&defaults, "Buddy/b"), Policy::Ignore);
        assert_eq!(of(&defaults, "Copy:1000"), Policy::Keep);
        assert_eq!(of(&defaults, "PJSIP/100"), Policy::Withdraw);
        let rules = vec![rule("Buddy/*", Policy::Keep), rule("*", Policy::Withdraw)];
        let operator = Policies::new(rules).before(doors);
        assert_eq!(of(&operator, "Buddy/b"), Policy::Keep);
        assert_eq!(of(&operator, "Copy:1000"), Policy::Withdraw);
        let mailbox = Subject::mailbox("1000@default").unwrap();
        assert_eq!(operator.of(&mailbox), Policy::Keep);
    }
}
