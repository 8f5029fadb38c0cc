//! What comes from another board of the same server, and the end of what stayed there.

use lampfield_board::{Applied, Ending, FactState, Refused, Statement, Version};
use lampfield_fabric::Bucket;

use super::Hub;
use crate::{
    keys,
    notice::Happening,
    origins::OriginState,
    remains::Remains,
    stored::{FactRow, RowError, json},
    tombstones::Tombstone,
};

impl Hub {
    /// Takes a row that was stored on another board, where it is deleted. To be called between [`Hub::load`] and
    /// [`Hub::loaded`]. Of a fact or withdrawal it tells what others may have heard.
    pub(crate) fn adopt(&mut self, bucket: Bucket, key: &str, value: &str) -> Option<Remains> {
        let adopted = match bucket {
            Bucket::Facts | Bucket::Tombstones => self.adopt_fact(key, value).map(Some),
            Bucket::Origins => self.adopt_origin(key, value).map(|()| None),
            Bucket::Confirmations => self.adopt_reader(key, value).map(|()| None),
            _ => Ok(None),
        };
        match adopted {
            Ok(remains) => {
                self.outbox.delete(bucket, key.to_owned());
                remains
            }
            Err(error) => {
                self.unreadable(bucket, key, &error);
                None
            }
        }
    }

    fn adopt_origin(&mut self, key: &str, value: &str) -> Result<(), RowError> {
        let origin = self.load_origin(key, value)?;
        self.outbox.put(Bucket::Origins, keys::origin(&self.name, &origin), value.to_owned());
        Ok(())
    }

    fn adopt_reader(&mut self, key: &str, value: &str) -> Result<(), RowError> {
        let account = self.load_readers(key, value)?;
        self.persist_readers(&account);
        Ok(())
    }

    fn adopt_fact(&mut self, key: &str, value: &str) -> Result<Remains, RowError> {
        let (mut statement, _) = self.read_fact(key, value)?;
        let remains = self.remains(&statement)?;
        if self.origins.get(statement.origin).is_some_and(OriginState::is_by_hand) {
            self.outbid(&mut statement);
        }
        match self.put_down(&statement) {
            // What is newer here counts.
            Err(RowError::Refused(Refused::Stale { .. })) | Ok(()) => Ok(remains),
            Err(error) => Err(error),
        }
    }

    /// An operator may have said something of the same subject on both boards. Versions of two boards tell nothing of each
    /// other, and it is one person's word: what was said last counts.
    fn outbid(&self, statement: &mut Statement) {
        let here = self.board.get(&statement.subject).and_then(|it| it.of(statement.origin));
        if let Some(here) = here {
            let Version { epoch, counter } = here.version;
            statement.version = match here.said_at < statement.said_at {
                true => Version::new(epoch, counter.saturating_add(1)),
                false => Version::new(0, 0),
            };
        }
    }

    fn remains(&self, statement: &Statement) -> Result<Remains, RowError> {
        let origin = self.board.origin(statement.origin).ok_or(RowError::Key)?;
        Ok(Remains {
            subject: statement.subject.clone(),
            origin: (**origin).clone(),
            version: statement.version,
            said_at: statement.said_at,
            protocol: statement.protocol,
        })
    }

    /// A row of a board that is gone, and that goes nowhere: what it tells of has ended. Who deletes it is the caller's.
    pub(crate) fn bury_row(&mut self, bucket: Bucket, key: &str, value: &str) {
        if !matches!(bucket, Bucket::Facts | Bucket::Tombstones) {
            return;
        }
        let read = self.read_fact(key, value);
        match read.and_then(|(statement, _)| self.remains(&statement)) {
            Ok(remains) => self.bury(&remains),
            Err(error) => self.unreadable(bucket, key, &error),
        }
    }

    /// Deletes a row that was stored on a board that is gone.
    pub(crate) fn delete_row(&mut self, bucket: Bucket, key: &str) {
        self.outbox.delete(bucket, key.to_owned());
    }

    fn unreadable(&mut self, bucket: Bucket, key: &str, error: &RowError) {
        let (bucket, key, reason) = (bucket.name(), key.to_owned(), error.to_string());
        self.outbox.happened(Happening::Unreadable { bucket, key, reason });
    }

    /// Whoever came to this board may go on showing something of another one: its end is remembered until they have been
    /// told. Nothing happens where this board knows better.
    pub(crate) fn bury(&mut self, remains: &Remains) {
        let Ok(origin) = self.origin_id(&remains.origin) else { return };
        // One below what was said: should it ever come back here, it is newer than its end.
        let Version { epoch, counter } = remains.version;
        let statement = Statement {
            subject: remains.subject.clone(),
            origin,
            state: FactState::Withdrawn(Ending::Moved),
            version: Version::new(epoch, counter.saturating_sub(1)),
            said_at: remains.said_at,
            protocol: remains.protocol,
        };
        // Refused where the board has a newer word already.
        let _known_better = self.put_down(&statement);
    }

    /// Puts a fact or withdrawal of another board on this one, after all that is there, and stores it.
    fn put_down(&mut self, statement: &Statement) -> Result<(), RowError> {
        let revision = self.board.revision().next();
        let Applied::Changed(change) = self.board.restore(statement, revision)? else {
            return Ok(());
        };
        let key = keys::fact(&self.name, &change.subject, &change.origin);
        let row = json(&FactRow::of(&change));
        match (change.state.is_live(), change.subject_id) {
            (false, Some(subject)) => {
                let tombstone = Tombstone { subject, origin: statement.origin };
                self.tombstones.insert(change.subject.kind(), revision, tombstone);
                self.outbox.put(Bucket::Tombstones, key, row);
            }
            _ => self.outbox.put(Bucket::Facts, key, row),
        }
        Ok(())
    }
}
