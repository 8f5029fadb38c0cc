//! The XMPP door as a whole: the context with what stands on it, and how it is opened.

use std::rc::Rc;

use lampfield_accounts::{AccountBook, AccountChange};
use lampfield_board::Protocol;
use lampfield_fabric::{Storage, Store};
use lampfield_hub::kit::DoorBoards;
use lampfield_xmpp_stream::{BareJid, StreamCondition};

use crate::admission::AdmissionControl;
use crate::breakages::Breakages;
use crate::context::{Context, OpenError};
use crate::domains::ServedDomain;
use crate::refused_logins::RefusedLogins;
use crate::replacements::Replacements;
use crate::services::pubsub::Views;
use crate::services::pubsub::glue::Pubsub;
use crate::services::telephony::{Telephonies, Telephony, TelephonyService};
use crate::services::{Service, Services};
use crate::session::Session;
use crate::settings::{DomainSettings, Settings, XmppLimits};
use crate::turns::Turns;
use crate::wire::Flusher;

/// What every connection of the core thread works with.
pub struct Door {
    /// Settings, domains, accounts and who is connected: what the services work with.
    pub context: Rc<Context>,
    /// The PubSub services of all domains.
    pubsub: Rc<Pubsub>,
    /// The services that answer requests and see messages, presences and sessions.
    pub services: Services,
    /// The views of the boards.
    pub telephonies: Rc<Telephonies>,
    /// The count of connections, which are admitted or turned away.
    pub admission: Rc<AdmissionControl>,
    /// Who has lately taken whose address.
    pub replacements: Replacements,
    /// Whose streams have broken lately.
    pub breakages: Breakages,
    /// Who was not let in lately.
    pub refused_logins: RefusedLogins,
    /// Writes what was sent, once per turn.
    pub flusher: Rc<Flusher>,
    /// Which connection the core thread works for now, and who waits.
    pub(crate) turns: Rc<Turns>,
}

// === impl Door ===

impl Door {
    /// Puts the door together and starts its tasks; must be called on the core thread's
    /// `LocalSet`. Nobody is let in before [`crate::Listeners::serve`].
    ///
    /// # Errors
    /// When a domain's name cannot be one, or the store cannot be read.
    pub async fn open(
        settings: Settings,
        accounts: Rc<AccountBook>,
        boards: DoorBoards,
        store: Store,
    ) -> Result<Rc<Self>, OpenError> {
        Self::open_with(Vec::new(), settings, accounts, boards, store).await
    }

    /// The same with services of the caller's own, which are asked before the standard ones.
    ///
    /// # Errors
    /// As [`Door::open`].
    pub async fn open_with(
        first: Vec<Rc<dyn Service>>,
        settings: Settings,
        accounts: Rc<AccountBook>,
        boards: DoorBoards,
        store: Store,
    ) -> Result<Rc<Self>, OpenError> {
        let context = Rc::new(Context::open(settings, accounts, store).await?);
        let limits = &context.settings.limits;
        let log_limit = Rc::clone(context.accounts.log_limit());
        let results = Rc::clone(&context.results);
        let telephonies = Rc::new(Telephonies::new(boards.clone(), results, log_limit));
        let flusher = Flusher::new(limits.unread_total);
        for domain in context.domains.all() {
            telephonies.open(&domain).await?;
        }
        let health = boards.health(Protocol::Xmpp, addresses(&context.settings));
        let telephony = TelephonyService::new(Rc::clone(&telephonies), Rc::clone(&flusher), health);
        let telephony = Rc::new(telephony);
        let pubsub = Pubsub::open(&context, Rc::clone(&telephony) as Rc<dyn Views>).await?;
        let pubsub = Rc::new(pubsub);
        let door = Rc::new(Self {
            services: Services::standard(first, telephony, Rc::clone(&pubsub)),
            pubsub,
            telephonies,
            admission: AdmissionControl::new(
                limits.connections,
                limits.unauthenticated_per_address,
            ),
            replacements: Replacements::default(),
            breakages: Breakages::default(),
            refused_logins: RefusedLogins::default(),
            flusher,
            turns: Turns::new(context.settings.turn),
            context,
        });
        door.follow_accounts();
        door.start_tasks();
        Ok(door)
    }

    /// The telephony side of a domain that is served.
    pub fn telephony(&self, domain: &str) -> Option<Rc<Telephony>> {
        let domain = self.context.domains.served(Some(domain))?;
        self.telephonies.of(&domain.board)
    }

    /// Puts other bounds in force. Connections that are there keep those they began with.
    pub fn set_limits(&self, limits: XmppLimits) {
        self.admission.set_limits(limits.connections, limits.unauthenticated_per_address);
        self.flusher.set_unread(limits.unread_total);
        self.context.set_limits(limits);
    }

    /// Serves one more domain, with what the store still holds of it.
    ///
    /// # Errors
    /// When its name cannot be one, or the store cannot be read.
    pub async fn add_domain(&self, domain: &DomainSettings) -> Result<(), OpenError> {
        let domain = ServedDomain::of(domain)?;
        self.telephonies.open(&domain).await?;
        self.pubsub.add(&self.context, &domain).await?;
        self.context.domains.add(domain);
        // Its board may speak of accounts that have gone since it was served last.
        self.tidy();
        Ok(())
    }

    /// Serves a domain no longer: its streams end, and its nodes are deleted. Its accounts are left to the caller.
    pub fn remove_domain(&self, name: &str) {
        let Some(domain) = self.context.domains.remove(name) else { return };
        for session in self.sessions_of(name) {
            session.end(StreamCondition::HostGone, "this domain is no longer served");
        }
        self.pubsub.remove(&self.context, &domain);
    }

    /// Lets a served domain begin anew, before anybody is let in: its nodes are deleted. Its accounts are left to the
    /// caller.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn empty_domain(&self, name: &str) -> Result<(), OpenError> {
        if let Some(domain) = self.context.domains.served(Some(name)) {
            self.pubsub.remove(&self.context, &domain);
            self.pubsub.add(&self.context, &domain).await?;
        }
        Ok(())
    }

    /// Who is connected with an account of a domain.
    pub fn sessions_of(&self, domain: &str) -> Vec<Rc<Session>> {
        let mut sessions = self.context.router.all();
        sessions.retain(|session| session.bare.domain() == domain);
        sessions
    }

    /// How many PubSub nodes a domain has, besides the telephony nodes.
    pub fn nodes_of(&self, domain: &str) -> usize {
        let served = self.context.domains.served(Some(domain));
        served.map_or(0, |domain| self.pubsub.nodes(&domain))
    }

    /// Other certificates are shown from now on: the hash for `tls-server-end-point`, where all connections are shown
    /// the same one.
    pub fn set_certificate_hash(&self, hash: Option<Vec<u8>>) {
        self.context.set_certificate_hash(hash);
    }

    /// Takes over what may change of the domains while they are served.
    pub fn set_domains(&self, domains: &[DomainSettings]) {
        self.context.domains.set(domains);
    }

    /// Lets changes of accounts take effect, and what earlier ones have left.
    fn follow_accounts(self: &Rc<Self>) {
        let door = Rc::downgrade(self);
        self.context.accounts.on_change(move |change| {
            let Some(door) = door.upgrade() else { return };
            let context = &door.context;
            match change {
                AccountChange::Added(account) => door.services.account_noted(context, account),
                AccountChange::Changed(account) => {
                    for session in context.router.resources(&account.jid) {
                        session.account.replace(Rc::clone(account));
                    }
                    door.services.account_noted(context, account);
                }
                AccountChange::Removed(account) => door.let_go(&account.jid),
            }
        });
        self.tidy();
    }

    /// An account is gone. However it went, all of it that this server holds goes here: its
    /// streams end, what it said is withdrawn, and one of the same name would begin anew.
    fn let_go(&self, account: &BareJid) {
        for session in self.context.router.resources(account) {
            session.end(StreamCondition::NotAuthorized, "the account was removed");
        }
        self.services.forget(&self.context, account);
        self.replacements.forget(account);
        self.breakages.forget(account);
    }

    /// Lets go of accounts that the store still speaks of and the book no longer knows: a crash
    /// came between the two. Those that it knows may have had other rights when they spoke. Accounts of domains that are not served cannot come back in this run,
    /// so what they said ends as well; the rest of them waits for their domain.
    pub(crate) fn tidy(&self) {
        let context = &self.context;
        let known = |account: &BareJid| context.accounts.get(account);
        let kept = self.services.accounts(context);
        let gone = kept.iter().filter(|account| known(account).is_none());
        gone.for_each(|account| self.let_go(account));
        for telephony in self.telephonies.all() {
            for name in telephony.kit().accounts() {
                // Whoever is no account, such as the command line, is not in the book either way.
                let Ok(account) = BareJid::parse(name.as_str()) else { continue };
                let domain = context.domains.served(Some(account.domain()));
                let is_here = domain.is_some_and(|domain| domain.board == *telephony.board());
                match known(&account).filter(|_| is_here) {
                    Some(account) => telephony.restrict(&name, &account),
                    None => telephony.kit().remove_account(&name),
                }
            }
        }
    }

    fn start_tasks(self: &Rc<Self>) {
        let (flusher, turns) = (Rc::clone(&self.flusher), Rc::clone(&self.turns));
        tokio::task::spawn_local(async move { flusher.run(|took| turns.note_writing(took)).await });
        let turns = Rc::clone(&self.turns);
        tokio::task::spawn_local(async move { turns.run().await });
        let context = Rc::clone(&self.context);
        let committed = context.ledger.store().committed();
        tokio::task::spawn_local(async move { context.results.run(committed).await });
        let ledger = Rc::clone(&self.context.ledger);
        tokio::task::spawn_local(async move { ledger.pay().await });
        let limit = Rc::clone(self.context.accounts.log_limit());
        tokio::task::spawn_local(async move { limit.report().await });
        for task in self.services.tasks(&self.context) {
            tokio::task::spawn_local(task);
        }
    }

    /// Ends every stream because the server stops. What the peers said stays: they come back.
    pub fn shut(&self) {
        for session in self.context.router.all() {
            session.end(StreamCondition::SystemShutdown, "the server stops");
        }
    }
}

/// Where it listens, as people write it.
fn addresses(settings: &Settings) -> String {
    let all = settings.listen.iter().chain(&settings.listen_tls);
    all.map(ToString::to_string).collect::<Vec<_>>().join(" ")
}

impl std::fmt::Debug for Door {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Door").field("context", &self.context).finish_non_exhaustive()
    }
}
