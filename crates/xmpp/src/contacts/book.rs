//! The rosters of all accounts of this node: read from memory, written through to the store.
//!
//! Memory is bounded by the number of accounts times the limits of one roster.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

use lampfield_fabric::{Bucket, Ledger, Storage, StoreError, Ticket, Write};
use lampfield_xmpp_stream::BareJid;

use super::contact::{Contact, ContactChange, Roster, RosterEntry, RosterFull, Stepped};
use super::subscription::{Direction, PresenceSubscription, SubscriptionStep};
use crate::session::Words;

/// Rows read from the store at once.
const PAGE: usize = 256;

/// The rosters of all accounts.
pub struct Rosters {
    ledger: Rc<Ledger>,
    rosters: RefCell<HashMap<BareJid, Roster>>,
    pushes: Cell<u64>,
}

/// What became of storing an edit that has taken effect: when the ticket is committed it survives
/// a power loss; or why the store has refused it.
pub type Stored = Result<Ticket, StoreError>;

// === impl Rosters ===

impl Rosters {
    /// Reads all rosters. What cannot be understood is reported and left out.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn open(ledger: &Rc<Ledger>) -> Result<Self, StoreError> {
        let mut rosters = HashMap::new();
        let mut from = None;
        loop {
            let page = ledger.store().scan(Bucket::Rosters, "", from, PAGE).await?;
            for row in &page.rows {
                match parse(&row.key, &row.value) {
                    Ok((account, roster)) => {
                        rosters.insert(account, roster);
                    }
                    Err(error) => tracing::error!(account = row.key, "roster left out: {error}"),
                }
            }
            from = page.next;
            if from.is_none() {
                let rosters = RefCell::new(rosters);
                return Ok(Self { ledger: Rc::clone(ledger), rosters, pushes: Cell::new(0) });
            }
        }
    }

    /// The accounts that have contacts.
    pub fn accounts(&self) -> Vec<BareJid> {
        self.rosters.borrow().keys().cloned().collect()
    }

    /// Lets `read` look at the roster of `account`.
    pub fn read<T>(&self, account: &BareJid, read: impl FnOnce(&Roster) -> T) -> T {
        match self.rosters.borrow().get(account) {
            Some(roster) => read(roster),
            None => read(&Roster::default()),
        }
    }

    /// How `account` and `contact` stand to each other, as `account` has it stored.
    pub fn subscription(&self, account: &BareJid, contact: &BareJid) -> PresenceSubscription {
        self.read(account, |roster| roster.subscription(contact))
    }

    /// The contacts of `account` whose subscription is as wanted.
    pub fn contacts(
        &self,
        account: &BareJid,
        want: fn(PresenceSubscription) -> bool,
    ) -> Vec<BareJid> {
        self.read(account, |roster| {
            let wanted = roster.iter().filter(|(_, contact)| want(contact.subscription));
            wanted.map(|(jid, _)| jid.clone()).collect()
        })
    }

    /// Puts a contact into the list of `account`, or renames and refiles it.
    ///
    /// # Errors
    /// [`RosterFull`]; nothing has changed then.
    pub fn set(
        &self,
        account: &BareJid,
        contact: &BareJid,
        entry: RosterEntry,
    ) -> Result<Stored, RosterFull> {
        self.edit(account, |roster| roster.set(contact, entry))?;
        Ok(self.keep(account))
    }

    /// Drops a contact from the list of `account`. A stranger stays what it is.
    pub fn remove(&self, account: &BareJid, contact: &BareJid) -> Stored {
        self.edit(account, |roster| roster.remove(contact));
        self.keep(account)
    }

    /// Takes a step of the subscription between `account` and `contact`. `request` is what came
    /// with a `subscribe`.
    ///
    /// # Errors
    /// [`RosterFull`] for a contact that would be new; nothing has changed then.
    pub fn step(
        &self,
        account: &BareJid,
        contact: &BareJid,
        way: (Direction, SubscriptionStep),
        request: Option<&Words>,
    ) -> Result<Stepped, RosterFull> {
        let (direction, step) = way;
        let stepped =
            self.edit(account, |roster| roster.step(contact, direction, step, request))?;
        if stepped.change != ContactChange::Nothing {
            // Nobody waits for it.
            let _ = self.keep(account);
        }
        Ok(stepped)
    }

    /// Lets `contact` see the presence of `account` without becoming its contact.
    ///
    /// # Errors
    /// [`RosterFull`]; nothing has changed then.
    pub fn admit(&self, account: &BareJid, contact: &BareJid) -> Result<(), RosterFull> {
        if self.edit(account, |roster| roster.admit(contact))? != ContactChange::Nothing {
            // Nobody waits for it.
            let _ = self.keep(account);
        }
        Ok(())
    }

    /// Forgets the whole roster of an account that is no more.
    pub fn forget(&self, account: &BareJid) {
        if self.rosters.borrow_mut().remove(account).is_some() {
            // Nobody waits for it.
            let _ = self.keep(account);
        }
    }

    /// A name for the next roster push.
    pub fn next_push(&self) -> u64 {
        self.pushes.set(self.pushes.get() + 1);
        self.pushes.get()
    }

    fn edit<T>(&self, account: &BareJid, edit: impl FnOnce(&mut Roster) -> T) -> T {
        let mut rosters = self.rosters.borrow_mut();
        let roster = rosters.entry(account.clone()).or_default();
        let outcome = edit(roster);
        if roster.is_empty() {
            rosters.remove(account);
        }
        outcome
    }

    /// Hands the roster of `account` to the store as it is now. What finds no room there is owed.
    fn keep(&self, account: &BareJid) -> Stored {
        let value = self.rosters.borrow().get(account).map(render);
        let write = Write { bucket: Bucket::Rosters, key: account.as_str().to_owned(), value };
        self.ledger.write(write)
    }
}

impl std::fmt::Debug for Rosters {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Rosters").field("accounts", &self.rosters.borrow().len()).finish()
    }
}

/// A roster as JSON: an object of contacts by address.
fn render(roster: &Roster) -> String {
    let contacts: BTreeMap<&str, &Contact> =
        roster.iter().map(|(jid, contact)| (jid.as_str(), contact)).collect();
    // A map of plain values with text keys always has a JSON form.
    serde_json::to_string(&contacts).unwrap_or_default()
}

fn parse(key: &str, value: &str) -> Result<(BareJid, Roster), Box<dyn std::error::Error>> {
    let contacts: BTreeMap<String, Contact> = serde_json::from_str(value)?;
    let contacts = contacts.into_iter().map(|(jid, contact)| Ok((BareJid::parse(&jid)?, contact)));
    let roster = contacts.collect::<Result<Roster, lampfield_xmpp_stream::JidError>>()?;
    Ok((BareJid::parse(key)?, roster))
}

#[cfg(test)]
mod tests {
    use lampfield_fabric::{Embedded, StoreLimits};

    use super::super::subscription::Half;
    use super::*;

    fn jid(name: &str) -> BareJid {
        BareJid::parse(&format!("{name}@example.org")).unwrap()
    }

    #[tokio::test]
    async fn rosters_come_back_from_the_store() {
        let folder = tempfile::tempdir().unwrap();
        let (store, _) = Embedded::open(folder.path(), StoreLimits::default()).unwrap();
        let store = Rc::new(Ledger::new(store));
        let rosters = Rosters::open(&store).await.unwrap();
        let entry = RosterEntry { name: Some("Bob".into()), groups: vec!["friends".into()] };
        assert!(rosters.set(&jid("alice"), &jid("bob"), entry).unwrap().is_ok());
        let ask = (Direction::Outbound, SubscriptionStep::Subscribe);
        rosters.step(&jid("alice"), &jid("bob"), ask, None).unwrap();
        rosters.admit(&jid("pbx"), &jid("admin")).unwrap();

        let again = Rosters::open(&store).await.unwrap();
        for account in ["alice", "pbx", "nobody"] {
            let kept = rosters.read(&jid(account), Clone::clone);
            assert_eq!(again.read(&jid(account), Clone::clone), kept, "{account}");
        }
        assert_eq!(again.subscription(&jid("alice"), &jid("bob")).to, Half::Asked);
        assert_eq!(again.contacts(&jid("pbx"), |s| s.from == Half::Yes), [jid("admin")]);

        again.forget(&jid("alice"));
        again.remove(&jid("pbx"), &jid("admin")).unwrap();
        let admitted = again.subscription(&jid("pbx"), &jid("admin"));
        assert_eq!(admitted.from, Half::Yes, "it was never in the list");
        again.forget(&jid("pbx"));
        let empty = Rosters::open(&store).await.unwrap();
        assert!(empty.rosters.borrow().is_empty());
    }

    #[test]
    fn the_largest_roster_fits_into_a_value_of_the_store() {
        let mut roster = Roster::default();
        // Quotes double in JSON: the worst that XML can carry.
        let name: Box<str> = "\"".repeat(150).into();
        for n in 0.. {
            let entry = RosterEntry { name: Some(name.clone()), groups: vec!["\"".into()] };
            if roster.set(&jid(&format!("u{n}")), entry).is_err() {
                break;
            }
        }
        assert!(render(&roster).len() < StoreLimits::default().value_bytes);
    }

    #[test]
    fn nonsense_in_the_store_is_an_error_not_a_panic() {
        for (key, value) in [("@", "{}"), ("a@b", "["), ("a@b", r#"{"@":{"to":"no","from":"no"}}"#)]
        {
            assert!(parse(key, value).is_err(), "{key} {value}");
        }
    }
}
