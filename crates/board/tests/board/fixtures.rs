//! Short names for what most tests need.

use lampfield_board::{
    AccountName, Applied, Board, BoardLimits, Change, DeviceState, Eid, Ending, FactState,
    MessageCount, Origin, OriginId, Protocol, Statement, Subject, Value, Version, WallTime,
};

pub fn origin(number: u8) -> Origin {
    let account = format!("pbx-{number}@asterisk.example");
    Origin::new(AccountName::parse(&account).unwrap(), Eid::new([2, 0, 0, 0, 0, number]))
}

pub fn device(name: &str) -> Subject {
    Subject::device(name).unwrap()
}

pub fn mailbox(name: &str) -> Subject {
    Subject::mailbox(name).unwrap()
}

pub fn count(new: i32, old: i32) -> Value {
    Value::Mailbox(MessageCount::new(new, old))
}

pub fn says(
    subject: &Subject,
    origin: OriginId,
    value: impl Into<Value>,
    version: Version,
) -> Statement {
    Statement {
        subject: subject.clone(),
        origin,
        state: FactState::Live(value.into()),
        version,
        said_at: WallTime::from_millis(1_000 + version.counter),
        protocol: Protocol::Xmpp,
    }
}

/// A board on which tests speak as origins 1, 2 and so on; versions are counted by themselves.
pub struct Talk {
    pub board: Board,
    counter: u64,
}

impl Talk {
    pub fn new() -> Self {
        Self { board: Board::new(BoardLimits::default()), counter: 0 }
    }

    pub fn id(&mut self, number: u8) -> OriginId {
        self.board.origin_id(&origin(number)).unwrap()
    }

    pub fn version(&mut self) -> Version {
        self.counter += 1;
        Version::new(1, self.counter)
    }

    pub fn say(&mut self, number: u8, subject: &Subject, value: impl Into<Value>) -> Applied {
        let origin = self.id(number);
        let version = self.version();
        self.board.apply(&says(subject, origin, value, version)).unwrap()
    }

    /// Says something that must be news to the board, and gives back the change.
    pub fn tell(&mut self, number: u8, subject: &Subject, value: impl Into<Value>) -> Change {
        changed(self.say(number, subject, value))
    }

    pub fn withdraw(&mut self, number: u8, subject: &Subject) -> Change {
        let origin = self.id(number);
        let version = self.version();
        let place = self.board.find(subject).unwrap();
        let at = WallTime::from_millis(1_000 + version.counter);
        changed(
            self.board
                .withdraw(place, origin, version, FactState::Withdrawn(Ending::Lost), at)
                .unwrap(),
        )
    }

    pub fn lamp(&self, subject: &Subject) -> Option<Value> {
        self.board.aggregate(subject)
    }
}

pub fn changed(applied: Applied) -> Change {
    match applied {
        Applied::Changed(change) => change,
        Applied::Repeat => panic!("expected a change"),
    }
}

pub fn lit(state: DeviceState) -> Option<Value> {
    Some(Value::Device(state))
}
