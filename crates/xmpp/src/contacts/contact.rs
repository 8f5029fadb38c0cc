//! One account's contacts and what may happen to them. Pure: storing, sending and deciding who
//! exists are for others.

use std::collections::BTreeMap;

use lampfield_xmpp_stream::BareJid;
use serde::{Deserialize, Serialize};

use super::subscription::{Direction, Half, Passage, PresenceSubscription, SubscriptionStep};
use crate::session::Words;

/// Contacts of one account, strangers who ask included.
pub const MOST_CONTACTS: usize = 1_000;
/// Strangers whose request waits for an answer.
pub const MOST_STRANGERS: usize = 100;
/// Bytes of all text in one roster, so that it always fits into one value of the store.
pub const MOST_BYTES: usize = 262_144;
/// Bytes that a contact takes beside its text.
const CONTACT_BYTES: usize = 64;
/// Bytes of a request's own words that are kept with it; more is left out.
pub const MOST_REQUEST_BYTES: usize = 1_024;

/// Somebody an account has to do with.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Contact {
    /// Who sees whose presence.
    #[serde(flatten)]
    pub subscription: PresenceSubscription,
    /// What the account calls the contact; none for a stranger, who is not in the account's list.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entry: Option<RosterEntry>,
    /// What came with an unanswered request.
    #[serde(flatten)]
    pub request: Option<Words>,
}

/// How a contact stands in the account's list.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct RosterEntry {
    /// What the contact is called, if the account cares.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<Box<str>>,
    /// The groups in which its owner has filed it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<Box<str>>,
}

/// The contacts of one account.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Roster {
    contacts: BTreeMap<BareJid, Contact>,
}

/// What a step did to a roster.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stepped {
    /// What becomes of the stanza.
    pub passage: Passage,
    /// What there is to store and to show.
    pub change: ContactChange,
}

/// How much of a roster has changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ContactChange {
    /// Nothing is to be stored or told.
    Nothing,
    /// Something that clients do not see.
    Hidden,
    /// Something that clients are to be told.
    Shown,
}

/// A roster that takes no more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RosterFull {
    /// It holds [`MOST_CONTACTS`] already.
    #[error("the contact list holds {0} contacts, the limit")]
    Contacts(usize),
    /// [`MOST_STRANGERS`] requests wait for an answer already.
    #[error("{0} requests wait for an answer, the limit")]
    Strangers(usize),
    /// It would have more than [`MOST_BYTES`] of text.
    #[error("the contact list would hold more than {0} bytes, the limit")]
    Bytes(usize),
}

// === impl Contact ===

impl Contact {
    /// What clients see of it, for telling whether a push is due.
    fn shown(&self) -> Option<(&RosterEntry, &'static str, bool)> {
        let asked = self.subscription.to == Half::Asked;
        self.entry.as_ref().map(|entry| (entry, self.subscription.as_str(), asked))
    }

    fn bytes(&self) -> usize {
        let entry = self.entry.as_ref().map_or(0, RosterEntry::bytes);
        CONTACT_BYTES + entry + self.request.as_ref().map_or(0, Words::bytes)
    }
}

// === impl RosterEntry ===

impl RosterEntry {
    fn bytes(&self) -> usize {
        let groups: usize = self.groups.iter().map(|group| group.len()).sum();
        groups + self.name.as_ref().map_or(0, |name| name.len())
    }
}

// === impl Roster ===

impl Roster {
    /// The entry of `jid`, whichever way the subscription goes.
    pub fn get(&self, jid: &BareJid) -> Option<&Contact> {
        self.contacts.get(jid)
    }

    /// The subscription with `jid`; none at all with somebody unknown.
    pub fn subscription(&self, jid: &BareJid) -> PresenceSubscription {
        self.get(jid).map_or(PresenceSubscription::NONE, |contact| contact.subscription)
    }

    /// Every contact, strangers included, in the order of their addresses.
    pub fn iter(&self) -> impl Iterator<Item = (&BareJid, &Contact)> {
        self.contacts.iter()
    }

    /// Whether there is nothing to remember.
    pub fn is_empty(&self) -> bool {
        self.contacts.is_empty()
    }

    /// Puts a contact into the list, or renames and refiles it.
    ///
    /// # Errors
    /// [`RosterFull`]; nothing has changed then.
    pub fn set(&mut self, jid: &BareJid, entry: RosterEntry) -> Result<(), RosterFull> {
        let mut contact = self.get(jid).cloned().unwrap_or_default();
        contact.entry = Some(entry);
        self.put(jid, contact).map(|_| ())
    }

    /// Drops a contact from the list; says whether it was there. A stranger stays.
    pub fn remove(&mut self, jid: &BareJid) -> bool {
        let listed = self.get(jid).is_some_and(|contact| contact.entry.is_some());
        if listed {
            self.contacts.remove(jid);
        }
        listed
    }

    /// Takes a step of the subscription with `jid`. `request` is what came with a `subscribe`.
    ///
    /// # Errors
    /// [`RosterFull`] for a contact that would be new; nothing has changed then.
    pub fn step(
        &mut self,
        jid: &BareJid,
        direction: Direction,
        step: SubscriptionStep,
        request: Option<&Words>,
    ) -> Result<Stepped, RosterFull> {
        let mut contact = self.get(jid).cloned().unwrap_or_default();
        let (next, passage) = contact.subscription.after(direction, step);
        contact.subscription = next;
        match (direction, step) {
            (Direction::Inbound, SubscriptionStep::Subscribe) if passage == Passage::On => {
                contact.request =
                    request.filter(|words| words.bytes() <= MOST_REQUEST_BYTES).cloned();
            }
            // Asking somebody, or letting somebody in, makes an entry of the list (RFC 6121
            // sections 3.1.2 and 3.1.5).
            (Direction::Outbound, SubscriptionStep::Subscribe | SubscriptionStep::Subscribed)
                if passage == Passage::On =>
            {
                contact.entry.get_or_insert_default();
            }
            _ => {}
        }
        if next.from != Half::Asked {
            contact.request = None;
        }
        Ok(Stepped { passage, change: self.put(jid, contact)? })
    }

    /// Lets `jid` see the account's presence without putting it into the list.
    ///
    /// # Errors
    /// [`RosterFull`]; nothing has changed then.
    pub fn admit(&mut self, jid: &BareJid) -> Result<ContactChange, RosterFull> {
        let mut contact = self.get(jid).cloned().unwrap_or_default();
        contact.subscription.from = Half::Yes;
        contact.request = None;
        self.put(jid, contact)
    }

    /// Replaces a contact, or drops one that means nothing any more.
    fn put(&mut self, jid: &BareJid, contact: Contact) -> Result<ContactChange, RosterFull> {
        let old = self.contacts.get(jid);
        if old == Some(&contact) {
            return Ok(ContactChange::Nothing);
        }
        let change = match old.and_then(Contact::shown) == contact.shown() {
            true => ContactChange::Hidden,
            false => ContactChange::Shown,
        };
        if contact.entry.is_none() && contact.subscription == PresenceSubscription::NONE {
            let known = self.contacts.remove(jid).is_some();
            return Ok(if known { change } else { ContactChange::Nothing });
        }
        self.check_room(jid, &contact)?;
        self.contacts.insert(jid.clone(), contact);
        Ok(change)
    }

    fn check_room(&self, jid: &BareJid, contact: &Contact) -> Result<(), RosterFull> {
        let others = || self.contacts.iter().filter(|(other, _)| *other != jid);
        if others().count() >= MOST_CONTACTS {
            return Err(RosterFull::Contacts(MOST_CONTACTS));
        }
        if contact.entry.is_none()
            && others().filter(|(_, other)| other.entry.is_none()).count() >= MOST_STRANGERS
        {
            return Err(RosterFull::Strangers(MOST_STRANGERS));
        }
        let size = |(jid, contact): (&BareJid, &Contact)| jid.as_str().len() + contact.bytes();
        if others().map(size).sum::<usize>() + size((jid, contact)) > MOST_BYTES {
            return Err(RosterFull::Bytes(MOST_BYTES));
        }
        Ok(())
    }
}

impl FromIterator<(BareJid, Contact)> for Roster {
    fn from_iter<I: IntoIterator<Item = (BareJid, Contact)>>(contacts: I) -> Self {
        Self { contacts: contacts.into_iter().collect() }
    }
}

#[cfg(test)]
mod tests;
