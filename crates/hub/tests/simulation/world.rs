//! PBXs, networks and one Lampfield on one clock. What happens is chosen in `actions`, what
//! must hold is in `checks`; here is how one thing follows from another.

use std::collections::BTreeSet;

use lampfield_board::{AccountName, Cachable, Eid, Kind, Origin, Pattern, Protocol, Subject};
use lampfield_hub::{ConnId, Grant, Outcome, Policy, Publication, Settings};

use super::{
    disk::Disk,
    ledger::{Key, Ledger},
    link::Link,
    node::Node,
    random::Random,
    server::{ASTERISK, Server, Up},
};

/// The longest silence before a dead peer is noticed.
const SILENCE: u64 = 15_000;

pub struct World {
    pub random: Random,
    pub now: u64,
    pub settings: Settings,
    pub restart_grace: u64,
    pub servers: Vec<Server>,
    pub node: Option<Node>,
    pub node_back_at: u64,
    pub disk: Disk,
    pub ledger: Ledger,
    /// Facts that were told, lost with the uncommitted end of the store, and never said again:
    /// nobody can know of them any more.
    pub orphans: BTreeSet<(Subject, Eid)>,
    /// PBXs whose first subscription was lost in the same way.
    pub strangers: BTreeSet<usize>,
    pub devices: Vec<Subject>,
    pub mailboxes: Vec<Subject>,
    pub eids: u8,
    conns: u64,
}

impl World {
    pub fn new(random: Random, settings: Settings, servers: Vec<Server>, grace: u64) -> Self {
        let device = |name: &str| Subject::device(name).unwrap();
        let names = ["PJSIP/1", "PJSIP/2", "PJSIP/3", "Custom:x", "MWI:1@d", "Keep/1", "XMPP/a/b"];
        let restart_grace = u64::try_from(settings.restart_grace.as_millis()).unwrap();
        let mut disk = Disk::default();
        let node = Node::start(settings.clone(), &mut disk, 0);
        Self {
            random,
            now: 0,
            ledger: Ledger::new(grace, settings.policies.clone(), ASTERISK.one_connection),
            settings,
            restart_grace,
            servers,
            node: Some(node),
            node_back_at: 0,
            disk,
            orphans: BTreeSet::new(),
            strangers: BTreeSet::new(),
            devices: names.map(device).into(),
            mailboxes: ["1@d", "2@d"].map(|name| Subject::mailbox(name).unwrap()).into(),
            eids: 0,
            conns: 0,
        }
    }

    pub fn new_eid(&mut self) -> Eid {
        self.eids += 1;
        Eid::new([2, 0, 0, 0, 0, self.eids])
    }

    /// Lets time pass, and everything happen that falls due on the way.
    pub fn pass(&mut self, millis: u64) {
        let end = self.now + millis;
        while let Some(at) = self.next_event().filter(|at| *at <= end) {
            self.now = self.now.max(at);
            self.handle_due();
        }
        self.now = end;
        self.ledger_expires();
    }

    fn next_event(&self) -> Option<u64> {
        let node = match &self.node {
            Some(node) => {
                let noticed = node.links.values().filter_map(|link| link.noticed_at).min();
                node.deadline().into_iter().chain(noticed).min()
            }
            None => Some(self.node_back_at),
        };
        let clients = self.servers.iter().filter_map(|server| match &server.session {
            Some(session) => session.gives_up_at,
            None => server.process.is_some().then_some(server.retry_at),
        });
        clients.chain(node).min()
    }

    fn handle_due(&mut self) {
        self.tick();
        self.notice_dead_links();
        if self.node.is_none() && self.node_back_at <= self.now {
            self.start_node();
        }
        for index in 0..self.servers.len() {
            let server = &self.servers[index];
            let given_up = server.session.as_ref().and_then(|session| session.gives_up_at);
            if given_up.is_some_and(|at| at <= self.now) {
                self.servers[index].wait(self.now);
            }
            let server = &self.servers[index];
            let tries = server.session.is_none() && server.process.is_some();
            if tries && server.retry_at <= self.now {
                self.connect(index);
            }
        }
    }

    fn tick(&mut self) {
        let Some(node) = &mut self.node else { return };
        if node.deadline().is_some_and(|at| at <= self.now) {
            let now = node.now(self.now);
            node.hub.tick(now);
            node.carry_out(&mut self.disk);
        }
        self.ledger_expires();
    }

    fn ledger_expires(&mut self) {
        if self.node.is_some() {
            self.ledger.expire(self.now);
        }
    }

    fn notice_dead_links(&mut self) {
        let Some(node) = &self.node else { return };
        let due = |link: &&Link| link.noticed_at.is_some_and(|at| at <= self.now);
        let dead: Vec<_> = node.links.values().filter(due).map(|link| link.conn).collect();
        for conn in dead {
            self.lose(conn);
        }
    }

    /// Lampfield sees a connection end without a goodbye.
    pub fn lose(&mut self, conn: ConnId) {
        let Some(node) = &mut self.node else { return };
        let Some(link) = node.links.remove(&conn) else { return };
        let server = link.server;
        link.close(&mut node.hub);
        let now = node.now(self.now);
        node.hub.lost(conn, now);
        node.carry_out(&mut self.disk);
        self.ledger.lost(conn, self.now);
        self.client_sees_end(server, conn);
    }

    pub fn goodbye(&mut self, conn: ConnId) {
        let Some(node) = &mut self.node else { return };
        let Some(link) = node.links.remove(&conn) else { return };
        let server = link.server;
        link.close(&mut node.hub);
        let now = node.now(self.now);
        node.hub.goodbye(conn, now);
        node.carry_out(&mut self.disk);
        self.ledger.goodbye(conn, self.now);
        self.ledger.expire(self.now);
        self.client_sees_end(server, conn);
    }

    /// An account is removed. Its PBXs are strangers when they come again under that name: what
    /// they remember of before, nobody knows.
    pub fn remove(&mut self, account: &AccountName) {
        let Some(node) = &mut self.node else { return };
        let of_it = node.links.values().filter(|link| link.account == *account);
        let conns: Vec<_> = of_it.map(|link| link.conn).collect();
        let links: Vec<_> = conns.iter().filter_map(|conn| node.links.remove(conn)).collect();
        let now = node.now(self.now);
        node.hub.remove_account(account, now);
        for link in links {
            let (server, conn) = (link.server, link.conn);
            link.close(&mut node.hub);
            node.hub.lost(conn, now);
            self.ledger.goodbye(conn, self.now);
            let server = &mut self.servers[server];
            if server.path_up && server.session.as_ref().is_some_and(|it| it.conn == conn) {
                server.wait(self.now);
            }
        }
        node.hub.tick(now);
        node.carry_out(&mut self.disk);
        self.ledger.expire(self.now);
        self.ledger.facts.retain(|(_, origin), _| origin.account != *account);
        let uses = |index: &usize| self.servers[*index].uses(account.as_str());
        let strangers = (0..self.servers.len()).filter(uses);
        self.strangers.extend(strangers);
    }

    /// What an account has said and may not say any longer ends, whoever speaks for it.
    pub fn restrict(&mut self, account: &AccountName, left: &Pattern) {
        let Some(node) = &mut self.node else { return };
        let now = node.now(self.now);
        node.hub.restrict(account, &Grant::of(std::slice::from_ref(left)));
        node.hub.tick(now);
        node.carry_out(&mut self.disk);
        self.ledger.facts.retain(|(subject, origin), _| {
            origin.account != *account || left.matches(subject.name().as_str())
        });
    }

    /// A client whose connection is closed over a working path knows at once.
    fn client_sees_end(&mut self, server: usize, conn: ConnId) {
        let server = &mut self.servers[server];
        if server.path_up && server.session.as_ref().is_some_and(|session| session.conn == conn) {
            server.wait(self.now);
        }
    }

    fn connect(&mut self, index: usize) {
        if self.node.is_none() || !self.servers[index].path_up {
            self.servers[index].wait(self.now);
            return;
        }
        let Some(node) = &mut self.node else { return };
        self.conns += 1;
        let conn = ConnId(self.conns);
        let account = self.servers[index].account.clone();
        let old = node.link_of(index, &account);
        let now = node.now(self.now);
        let arrives_first = self.random.chance(50);
        if arrives_first {
            node.hub.arrive(conn, &account, ASTERISK, now);
        }
        if let Some(old) = old {
            if let Some(link) = node.links.remove(&old) {
                link.close(&mut node.hub);
            }
            node.hub.replaced(old, conn, now);
            self.ledger.replaced(old, self.now);
        }
        if !arrives_first {
            node.hub.arrive(conn, &account, ASTERISK, now);
        }
        self.ledger.arrive(&account, self.now);
        node.carry_out(&mut self.disk);
        let buffer = self.random.between(1, 6) as usize;
        node.links.insert(conn, Link::new(conn, index, account, buffer));
        self.servers[index].logged_in(conn, &mut self.random);
    }

    /// A PBX's network path breaks: nobody is told.
    pub fn cut(&mut self, index: usize) {
        self.servers[index].path_up = false;
        if let Some(session) = &mut self.servers[index].session {
            session.gives_up_at = Some(self.now + self.random.between(0, 40_000));
        }
        self.peer_is_silent(index);
    }

    fn peer_is_silent(&mut self, index: usize) {
        let Some(node) = &mut self.node else { return };
        for link in node.links.values_mut().filter(|link| link.server == index) {
            let at = self.now + self.random.between(0, SILENCE);
            link.noticed_at = Some(link.noticed_at.map_or(at, |before| before.min(at)));
        }
    }

    /// The path works again. Connections that neither side has given up go on.
    pub fn heal(&mut self, index: usize) {
        let server = &mut self.servers[index];
        if server.path_up {
            return;
        }
        server.path_up = true;
        if let Some(session) = &mut server.session {
            session.gives_up_at = None;
        }
        let conn = server.session.as_ref().map(|session| session.conn);
        let links = self.node.iter_mut().flat_map(|node| node.links.values_mut());
        let (mut both_know, mut reset) = (false, Vec::new());
        for link in links.filter(|link| link.server == index) {
            if Some(link.conn) == conn {
                link.noticed_at = None;
                both_know = true;
            } else if self.random.chance(50) {
                // Something was on its way to a peer that knows no such connection. Otherwise
                // the new login may come first.
                reset.push(link.conn);
            }
        }
        for conn in reset {
            self.lose(conn);
        }
        if conn.is_some() && !both_know {
            self.servers[index].wait(self.now);
        }
    }

    /// The process ends: its sockets close, which is seen at once if the path works.
    pub fn kill(&mut self, index: usize) {
        let server = &mut self.servers[index];
        server.process = None;
        let session = server.session.take();
        self.strangers.remove(&index);
        match session {
            Some(session) if server.path_up => self.lose(session.conn),
            Some(_) => self.peer_is_silent(index),
            None => {}
        }
    }

    pub fn crash_node(&mut self) {
        self.node = None;
        let committed = self.random.below(self.disk.waiting() + 1);
        self.disk.commit(committed);
        let lost = self.disk.crash(&mut self.random);
        self.orphans
            .extend(lost.facts.into_iter().map(|(subject, origin)| (subject, origin.eid())));
        for index in 0..self.servers.len() {
            let server = &mut self.servers[index];
            let lost_reader = lost.readers.iter().any(|account| server.uses(account));
            if lost_reader && server.process.is_some() {
                self.strangers.insert(index);
            }
            if server.path_up && server.session.is_some() {
                server.wait(self.now);
            }
        }
        self.node_back_at = self.now + self.random.between(100, 90_000);
    }

    fn start_node(&mut self) {
        let facts = self.disk.facts();
        self.node = Some(Node::start(self.settings.clone(), &mut self.disk, self.now));
        self.ledger.restart(facts, self.restart_grace, self.now);
    }

    /// Moves messages between a PBX and Lampfield, up to `most` each way.
    pub fn pump(&mut self, index: usize, most: usize) {
        for _ in 0..most {
            if !self.pump_up(index) {
                break;
            }
        }
        let Some(node) = &mut self.node else { return };
        let server = &mut self.servers[index];
        let conn = server.session.as_ref().map(|session| session.conn);
        for link in node.links.values_mut().filter(|link| link.server == index) {
            let peer = if conn == Some(link.conn) { server.listening() } else { None };
            link.pump(&node.hub, peer, most);
        }
    }

    /// Lets Lampfield read one thing that a PBX has sent. Whether there was one.
    fn pump_up(&mut self, index: usize) -> bool {
        let server = &mut self.servers[index];
        let (path_up, profile) = (server.path_up, server.profile);
        let Some(session) = server.session.as_mut().filter(|_| path_up) else { return false };
        let conn = session.conn;
        let Some(node) = &mut self.node else { return false };
        let Some(link) = node.links.get_mut(&conn) else { return false };
        match session.upstream.pop_front() {
            Some(Up::Subscribe) => {
                link.subscribe(&mut node.hub, profile);
                node.carry_out(&mut self.disk);
            }
            Some(Up::Say { eid, subject, value, cachable }) => {
                let protocol = Protocol::Xmpp;
                self.publish(
                    index,
                    conn,
                    Publication {
                        identity: eid.into(),
                        subject,
                        value,
                        cachable,
                        protocol,
                        is_again: false,
                    },
                );
            }
            None => return false,
        }
        true
    }

    fn publish(&mut self, index: usize, conn: ConnId, said: Publication) {
        let Some(node) = &mut self.node else { return };
        let origin = Origin::new(self.servers[index].account.clone(), said.identity.clone());
        let key: Key = (said.subject.clone(), origin);
        let (value, cachable) = (said.value.clone(), said.cachable);
        let overruled = key.0.kind() == Kind::Mailbox && {
            let facts =
                node.hub.board().get(&key.0).into_iter().flat_map(|subject| subject.facts());
            let newest = facts.filter(|fact| fact.state.is_live()).last();
            newest.is_some_and(|fact| **fact.origin != key.1)
        };
        let ignored = self.settings.policies.of(&said.subject) == Policy::Ignore;
        let now = node.now(self.now);
        let outcome = node.hub.publish(conn, said, now).unwrap();
        node.carry_out(&mut self.disk);
        if ignored {
            assert_eq!((outcome, node.told.len()), (Outcome::Ignored, 0));
            return;
        }
        self.ledger.speak(conn, &key.1, self.now);
        if cachable == Cachable::No {
            assert_eq!((outcome, node.told.len()), (Outcome::PassedOn, 0));
            return;
        }
        self.orphans.remove(&(key.0.clone(), key.1.eid()));
        let (news, ended) = self.ledger.say(key, value);
        let expected = if news || overruled { Outcome::Changed } else { Outcome::Repeat };
        assert_eq!(outcome, expected);
        // Each end of a namesake's fact is followed by this one, so that it blinds nobody.
        let told = usize::from(outcome == Outcome::Changed) + 2 * ended;
        assert_eq!(node.told.len(), told, "a repeat is passed on to nobody");
    }
}
