//! Somebody comes, or comes back. A return is not a proof: what is not repeated ends.

use lampfield_board::{AccountName, Identity, Origin, OriginId};
use lampfield_fabric::Bucket;

use super::Hub;
use crate::{
    backoff::Backoff,
    connections::ConnId,
    keys,
    notice::{Happening, Trouble, TroubleKey},
    now::Now,
    profile::Profile,
    publication::Refusal,
    stored::json,
};

impl Hub {
    /// A connection of an account has logged in. Lost origins of the account, whatever their EID,
    /// now have until the end of one grace; a connection that is known already is left as it is.
    pub fn arrive(&mut self, conn: ConnId, account: &AccountName, profile: Profile, now: Now) {
        self.connections.add(conn, account, profile);
        if let Some(waits) = profile.waits.filter(|_| self.backoffs.knows(account)) {
            self.backoffs.update(account, waits, |backoff| backoff.arrived(now.mono));
        }
        let deadline = now.mono + self.grace(account);
        for id in self.origins.of_account(account) {
            self.origins.update(id, |state| state.sweeps.arrived(deadline));
        }
        self.check_backoff(account);
        self.forget_departed(account);
    }

    /// By which way an account is about to arrive: directly, or through a relay, with this name of the stream that the
    /// peer has to the relay. To be called before each [`Hub::arrive`].
    pub fn comes(&mut self, account: &AccountName, profile: Profile, stream: Option<&str>) {
        let Some(waits) = profile.waits else { return };
        if stream.is_some() || self.backoffs.knows(account) {
            self.backoffs.update(account, waits, |backoff| backoff.comes(stream));
            self.check_backoff(account);
        }
    }

    /// The origin for which a connection speaks under an identity. It begins to, if it did not yet.
    pub(super) fn origin_for(
        &mut self,
        conn: ConnId,
        identity: &Identity,
        now: Now,
    ) -> Result<OriginId, Refusal> {
        let connection = self.connections.get(conn).ok_or(Refusal::UnknownConnection(conn))?;
        let profile = connection.profile;
        if let Some((_, id)) = connection.speaks_for.iter().find(|(known, _)| known == identity) {
            return Ok(*id);
        }
        let limit = self.settings.limits.origins_per_connection;
        if connection.speaks_for.len() >= limit {
            return Err(Refusal::TooManyOriginsOfConnection { identity: identity.clone(), limit });
        }
        let id = self.origin_id(&Origin::new(connection.account.clone(), identity.clone()))?;
        self.connections.speaks_for(conn, identity.clone(), id);
        self.attach(conn, id, profile, now);
        Ok(id)
    }

    /// The place of an origin, which is given one if it is new.
    pub(super) fn origin_id(
        &mut self,
        origin: &Origin,
    ) -> Result<OriginId, lampfield_board::OriginsFull> {
        let id = self.board.origin_id(origin)?;
        if self.origins.get(id).is_none()
            && let Some(name) = self.board.origin(id)
        {
            self.origins.add(id, name.clone());
        }
        Ok(id)
    }

    fn attach(&mut self, conn: ConnId, id: OriginId, profile: Profile, now: Now) {
        let Some(name) = self.origins.get(id).map(|state| state.name.clone()) else { return };
        let grace = self.grace(&name.account);
        let returned = self.origins.update(id, |state| {
            let was_away = state.away_since.is_some();
            state.attach(conn, profile);
            match profile.repeats {
                true => state.sweeps.returned(now.mono + grace),
                false => state.sweeps.believed(),
            }
            (was_away, state.row(), state.facts)
        });
        let Some((was_away, row, facts)) = returned else { return };
        self.board.raise_epoch(id, row.epoch);
        self.outbox.put(Bucket::Origins, keys::origin(&self.name, &name), json(&row));
        self.check_eid(name.eid());
        if was_away {
            self.outbox.happened(Happening::Returned { origin: name, facts, grace });
        }
    }

    /// Raises or clears the trouble of an account that drops often and will then be away for longer
    /// than its grace, or makes its grace a long one.
    pub(super) fn check_backoff(&mut self, account: &AccountName) {
        let (grace, usual) = (self.grace(account), self.settings.grace.usual());
        // A drop of the line that the grace covers is the relay's own, and news to nobody.
        let is_news = |backoff: &&Backoff| {
            backoff.predicted() > grace || !backoff.is_relayed() || grace > usual
        };
        let known = self.backoffs.of(account).filter(is_news);
        if let Some(backoff) = known.filter(|backoff| backoff.alarming(usual)) {
            let (drops, predicted) = (backoff.drops(), backoff.predicted());
            let (account, by_relay, remedy) =
                (account.clone(), backoff.is_relayed(), backoff.remedy());
            let trouble =
                Trouble::LongBackoff { account, drops, predicted, grace, by_relay, remedy };
            self.outbox.raise(trouble);
        } else {
            self.outbox.clear(&TroubleKey::LongBackoff(account.clone()));
        }
    }
}
