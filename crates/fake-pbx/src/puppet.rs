//! A PBX that does nothing by itself: whoever has it says each step. For tests that need a moment
//! between two stanzas, and for thousands of PBXs whose caches nobody will look into.

use std::time::Duration;

use tokio::time::timeout;

use crate::cache::Messages;
use crate::device::DeviceState;
use crate::res_xmpp::ResXmpp;
use crate::session::{End, Session};
use crate::settings::Settings;
use crate::stanza::GOODBYE;
use crate::xml::Node;

/// A PBX that is logged in.
pub struct Puppet {
    session: Session,
    module: ResXmpp,
}

// === impl Puppet ===

impl Puppet {
    /// Logs in and says nothing yet.
    ///
    /// # Errors
    /// There is no way in.
    pub async fn log_in(settings: Settings) -> Result<Self, End> {
        let mut module = ResXmpp::new(settings);
        let id = module.id_of_bind();
        let session = Session::open(module.settings(), &id, |_| {}).await?;
        module.enter(session.jid());
        Ok(Self { session, module })
    }

    /// The module as it is now, with all that it was told.
    pub fn module(&self) -> &ResXmpp {
        &self.module
    }

    /// Says what an Asterisk says to the PubSub service when it has logged in, with these devices, and
    /// waits for no answer.
    ///
    /// # Errors
    /// The connection ends.
    pub async fn announce(
        &mut self,
        states: impl IntoIterator<Item = (String, DeviceState)>,
    ) -> Result<(), End> {
        self.module.lost();
        states.into_iter().for_each(|(device, state)| self.module.set_state(&device, state));
        self.module.enter(self.session.jid());
        self.module.announce();
        self.speak().await
    }

    /// Devices change, all at once; waits for the answers.
    ///
    /// # Errors
    /// The connection ends.
    pub async fn set_states(
        &mut self,
        states: impl IntoIterator<Item = (String, DeviceState)>,
    ) -> Result<(), End> {
        states.into_iter().for_each(|(device, state)| self.module.set_state(&device, state));
        self.settle().await
    }

    /// The counts of a mailbox change; waits for the answer.
    ///
    /// # Errors
    /// The connection ends.
    pub async fn set_mailbox(&mut self, mailbox: &str, messages: Messages) -> Result<(), End> {
        self.module.set_mailbox(mailbox, messages);
        self.settle().await
    }

    /// Reads at full speed until so many messages came, and looks into none of them.
    ///
    /// # Errors
    /// How many there were when the time was over or the connection ended.
    pub async fn count_messages(&mut self, wanted: usize, within: Duration) -> Result<(), usize> {
        let mut count = 0;
        let counting = async {
            loop {
                while let Some(text) = self.session.stanza()? {
                    count += usize::from(text.starts_with("<message"));
                }
                if count >= wanted {
                    return Ok::<_, End>(());
                }
                self.session.turn(&mut Vec::new()).await?;
            }
        };
        let is_done = matches!(timeout(within, counting).await, Ok(Ok(())));
        if is_done { Ok(()) } else { Err(count) }
    }

    /// Hears everything until the connection ends, and why it does.
    pub async fn end(&mut self) -> End {
        loop {
            if let Err(end) = self.hear().await {
                return end;
            }
        }
    }

    /// Says goodbye and waits for the end.
    pub async fn leave(mut self) {
        // A connection that has ended already is as good.
        if self.session.say(GOODBYE).await.is_ok() {
            self.end().await;
        }
    }

    async fn settle(&mut self) -> Result<(), End> {
        self.speak().await?;
        while self.module.unanswered() > 0 {
            self.hear().await?;
        }
        Ok(())
    }

    async fn speak(&mut self) -> Result<(), End> {
        let words = self.module.take_words();
        self.session.say(&words).await
    }

    /// Hears what has come, or else waits for more, and says what is to be said to it.
    async fn hear(&mut self) -> Result<(), End> {
        if !self.listen()? {
            self.session.turn(&mut Vec::new()).await?;
            self.listen()?;
        }
        self.speak().await
    }

    fn listen(&mut self) -> Result<bool, End> {
        let mut has_heard = false;
        while let Some(text) = self.session.stanza()? {
            self.module.hear(&Node::parse(text)?)?;
            has_heard = true;
        }
        Ok(has_heard)
    }
}
