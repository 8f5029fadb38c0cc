//! A PBX that runs: it connects, says and hears, and comes back as Asterisk does, until it is told
//! to stop, is crashed, or hears what kills an Asterisk.

use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

use crate::cache::Messages;
use crate::device::DeviceState;
use crate::res_xmpp::{Crash, ResXmpp};
use crate::session::{End, Reached, Session};
use crate::settings::Settings;
use crate::stanza::GOODBYE;
use crate::waits::Waits;
use crate::xml::Node;

/// How long it sits after its login was refused, as Asterisk does while the connection stays open.
const AFTER_REFUSAL: Duration = Duration::from_secs(50);
/// Idle seconds, added up, after which it pings its server.
const PING_AFTER: u32 = 50;
/// Bytes that may wait to be written before it says nothing more.
const MOST_WAITING: usize = 1 << 20;
/// How long a goodbye may take.
const LEAVE_WITHIN: Duration = Duration::from_secs(2);

/// What happened to a PBX.
#[derive(Debug)]
pub enum News {
    /// It is logged in, under this address.
    Joined(String),
    /// Its stream has ended; it waits so long before it connects again.
    Lost(End, Duration),
    /// There was no way in; it waits so long before it tries again.
    Outside(End, Duration),
    /// It heard what kills an Asterisk, and is dead.
    Died(Crash),
}

/// A running PBX. Dropped, it crashes.
pub struct FakePbx {
    shared: Arc<Shared>,
    task: JoinHandle<()>,
}

struct Shared {
    module: Mutex<ResXmpp>,
    /// There is something to write, or it is to leave.
    wake: Notify,
    /// Something was heard or written.
    changed: Notify,
    life: Mutex<Life>,
    reached: Mutex<Reached>,
}

/// Who is told what happens.
type Tell = Box<dyn Fn(News) + Send + Sync>;

/// Whether it goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Life {
    Alive,
    Leaving,
    Dead(Crash),
}

// === impl FakePbx ===

impl FakePbx {
    /// Starts one, as a task of the runtime in which this is called. It says these states of its
    /// devices when it logs in. `tell` must not wait.
    pub fn start(
        settings: Settings,
        states: impl IntoIterator<Item = (String, DeviceState)>,
        tell: impl Fn(News) + Send + Sync + 'static,
    ) -> Self {
        let mut module = ResXmpp::new(settings);
        states.into_iter().for_each(|(device, state)| module.set_state(&device, state));
        let shared = Arc::new(Shared {
            module: Mutex::new(module),
            wake: Notify::new(),
            changed: Notify::new(),
            life: Mutex::new(Life::Alive),
            reached: Mutex::new(Reached::Nothing),
        });
        let task = tokio::spawn(run(Arc::clone(&shared), Box::new(tell)));
        Self { shared, task }
    }

    /// Looks at what it knows.
    pub fn look<T>(&self, at: impl FnOnce(&ResXmpp) -> T) -> T {
        at(&self.shared.module())
    }

    /// What `DEVICE_STATE()` reads there.
    pub fn state(&self, device: &str) -> DeviceState {
        self.look(|module| module.state(device))
    }

    /// What has killed it, if something has.
    pub fn crash(&self) -> Option<Crash> {
        match &*self.shared.life() {
            Life::Dead(crash) => Some(crash.clone()),
            _ => None,
        }
    }

    /// How far its last login has come.
    pub fn reached(&self) -> Reached {
        *self.shared.reached()
    }

    /// A device of its own changes. Waits while too much is still to be written.
    pub async fn set_state(&self, device: &str, state: DeviceState) {
        self.say(|module| module.set_state(device, state)).await;
    }

    /// A channel passes that nobody keeps a state of.
    pub async fn set_passing(&self, device: &str, state: DeviceState) {
        self.say(|module| module.set_passing(device, state)).await;
    }

    /// The counts of a mailbox change.
    pub async fn set_mailbox(&self, mailbox: &str, messages: Messages) {
        self.say(|module| module.set_mailbox(mailbox, messages)).await;
    }

    /// Waits until the module is so, for ever if it never is.
    pub async fn until(&self, is_so: impl Fn(&ResXmpp) -> bool) {
        loop {
            let mut changed = pin!(self.shared.changed.notified());
            changed.as_mut().enable();
            if self.look(&is_so) {
                return;
            }
            changed.await;
        }
    }

    /// Says goodbye and ends. Stock Asterisk never does: to its server it always dies.
    pub async fn leave(mut self) {
        {
            let mut life = self.shared.life();
            if *life == Life::Alive {
                *life = Life::Leaving;
            }
        }
        self.shared.wake.notify_one();
        // Whatever becomes of it, the connection ends with the task.
        let _ = timeout(LEAVE_WITHIN * 2, &mut self.task).await;
    }

    async fn say(&self, say: impl FnOnce(&mut ResXmpp)) {
        self.until(|module| module.waiting() < MOST_WAITING).await;
        say(&mut self.shared.module());
        self.shared.wake.notify_one();
    }
}

impl Drop for FakePbx {
    fn drop(&mut self) {
        self.task.abort();
    }
}

// === impl Shared ===

impl Shared {
    fn module(&self) -> MutexGuard<'_, ResXmpp> {
        self.module.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn life(&self) -> MutexGuard<'_, Life> {
        self.life.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn reached(&self) -> MutexGuard<'_, Reached> {
        self.reached.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_leaving(&self) -> bool {
        *self.life() == Life::Leaving
    }
}

/// The life of one process.
async fn run(shared: Arc<Shared>, tell: Tell) {
    let mut waits = Waits::default();
    while let Some((what, wait)) = connection(&shared, &mut waits, &tell).await {
        tell(what);
        tokio::select! {
            () = sleep(wait) => {}
            () = leaving(&shared) => return,
        }
    }
}

/// One connection, from the first try to its end; how long to wait after it, or `None` at the end.
async fn connection(shared: &Shared, waits: &mut Waits, tell: &Tell) -> Option<(News, Duration)> {
    let (settings, id) = {
        let mut module = shared.module();
        (module.settings().clone(), module.id_of_bind())
    };
    let opened = tokio::select! {
        opened = Session::open(&settings, &id, |step| *shared.reached() = step) => opened,
        () = leaving(shared) => return None,
    };
    let session = match opened {
        Ok(session) => session,
        Err(end) => {
            let is_refused = matches!(end, End::Refused(_));
            let wait = if is_refused { AFTER_REFUSAL } else { waits.due() };
            return Some((News::Outside(end, wait), wait));
        }
    };
    tell(News::Joined(session.jid().to_owned()));
    let end = carry(shared, session).await;
    shared.module().lost();
    if let Some(End::Crashed(crash)) = &end {
        *shared.life() = Life::Dead(crash.clone());
        tell(News::Died(crash.clone()));
    }
    shared.changed.notify_waiters();
    match end {
        None | Some(End::Crashed(_)) => None,
        Some(end) => {
            let wait = waits.due();
            Some((News::Lost(end, wait), wait))
        }
    }
}

/// Waits until it is to leave.
async fn leaving(shared: &Shared) {
    while !shared.is_leaving() {
        shared.wake.notified().await;
    }
}

/// Says and hears until the stream ends; `None` after a goodbye.
async fn carry(shared: &Shared, mut session: Session) -> Option<End> {
    shared.module().logged_in(session.jid());
    let (mut out, mut idle) = (Vec::new(), 0);
    loop {
        if out.is_empty() {
            out = shared.module().take_words().into_bytes();
        }
        if shared.is_leaving() {
            out.extend_from_slice(GOODBYE.as_bytes());
            // The server closes when it has read the end.
            let last = async { while session.turn(&mut out).await.is_ok() {} };
            let _ = timeout(LEAVE_WITHIN, last).await;
            return None;
        }
        let turned = tokio::select! {
            turned = session.turn(&mut out) => turned,
            () = shared.wake.notified() => Ok(None),
            () = sleep(Duration::from_secs(1)) => {
                idle += 1;
                Ok(None)
            }
        };
        if let Err(end) = turned.and_then(|read| hear(shared, &mut session, read)) {
            return Some(end);
        }
        if idle >= PING_AFTER {
            idle = 0;
            shared.module().ping();
        }
        shared.changed.notify_waiters();
    }
}

/// Hears what was read; a read that began with a blank is answered by a ping.
fn hear(shared: &Shared, session: &mut Session, read: Option<bool>) -> Result<(), End> {
    let Some(is_blank) = read else { return Ok(()) };
    let mut module = shared.module();
    while let Some(text) = session.stanza()? {
        module.hear(&Node::parse(text)?)?;
    }
    if is_blank {
        module.ping();
    }
    Ok(())
}
