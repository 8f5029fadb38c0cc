//! The subscription between an account and one contact, and what each step does to it (RFC 6121
//! section 3 and appendix A). Pure: it knows neither rosters nor stanzas.
//!
//! The nine states of the standard are all pairs of two halves that never influence each other:
//! what the account has asked of the contact, and what the contact has asked of the account.

use serde::{Deserialize, Serialize};

/// One direction of a subscription.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Half {
    /// Nobody has asked, or it was refused or ended.
    #[default]
    No,
    /// Asked and not answered.
    Asked,
    /// Granted: presence flows this way.
    Yes,
}

/// Who sees whose presence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct PresenceSubscription {
    /// Whether the account sees the contact's presence.
    pub to: Half,
    /// Whether the contact sees the account's.
    pub from: Half,
}

/// The four kinds of presence stanza that change subscriptions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SubscriptionStep {
    /// "May I see your presence?"
    Subscribe,
    /// "You may see mine."
    Subscribed,
    /// "I no longer want to see yours."
    Unsubscribe,
    /// "You may not, or no longer, see mine."
    Unsubscribed,
}

/// Which way a step goes, as seen by the account whose subscription it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// The account says it to the contact.
    Outbound,
    /// The contact says it to the account.
    Inbound,
}

/// What becomes of the stanza that made a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Passage {
    /// It goes on: to the contact's server if outbound, to the account's clients if inbound.
    On,
    /// It says nothing new and ends here.
    Ends,
}

// === impl SubscriptionStep ===

impl SubscriptionStep {
    /// All steps, for reading and for tests.
    pub const ALL: [Self; 4] =
        [Self::Subscribe, Self::Subscribed, Self::Unsubscribe, Self::Unsubscribed];

    /// The `type` of the presence stanza.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Subscribe => "subscribe",
            Self::Subscribed => "subscribed",
            Self::Unsubscribe => "unsubscribe",
            Self::Unsubscribed => "unsubscribed",
        }
    }

    /// The step that a `type` stands for.
    pub fn parse(kind: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|step| step.as_str() == kind)
    }
}

// === impl PresenceSubscription ===

impl PresenceSubscription {
    /// Neither sees the other: where every subscription begins and ends.
    pub const NONE: Self = Self { to: Half::No, from: Half::No };

    /// The subscription after a step, and what becomes of the stanza.
    #[must_use]
    pub fn after(self, direction: Direction, step: SubscriptionStep) -> (Self, Passage) {
        use Direction::{Inbound, Outbound};
        use SubscriptionStep::{Subscribe, Subscribed, Unsubscribe, Unsubscribed};
        match (direction, step) {
            (Outbound, Subscribe) => (Self { to: self.to.asked(), ..self }, Passage::On),
            (Outbound, Unsubscribe) => (Self { to: Half::No, ..self }, Passage::On),
            (Outbound, Subscribed) => self.with_from(self.from.granted()),
            (Outbound, Unsubscribed) => self.with_from(Half::No),
            (Inbound, Subscribe) => self.with_from(self.from.asked()),
            (Inbound, Unsubscribe) => self.with_from(Half::No),
            (Inbound, Subscribed) => self.with_to(self.to.granted()),
            (Inbound, Unsubscribed) => self.with_to(Half::No),
        }
    }

    /// The `subscription` attribute of a roster item: only what is granted counts.
    pub fn as_str(self) -> &'static str {
        match (self.to, self.from) {
            (Half::Yes, Half::Yes) => "both",
            (Half::Yes, _) => "to",
            (_, Half::Yes) => "from",
            _ => "none",
        }
    }

    fn with_to(self, to: Half) -> (Self, Passage) {
        (Self { to, ..self }, Passage::if_changed(self.to != to))
    }

    fn with_from(self, from: Half) -> (Self, Passage) {
        (Self { from, ..self }, Passage::if_changed(self.from != from))
    }
}

// === impl Half ===

impl Half {
    fn asked(self) -> Self {
        if self == Self::Yes { Self::Yes } else { Self::Asked }
    }

    /// Only what was asked for can be granted.
    fn granted(self) -> Self {
        if self == Self::No { Self::No } else { Self::Yes }
    }
}

// === impl Passage ===

impl Passage {
    fn if_changed(changed: bool) -> Self {
        if changed { Self::On } else { Self::Ends }
    }
}

#[cfg(test)]
mod tests;
