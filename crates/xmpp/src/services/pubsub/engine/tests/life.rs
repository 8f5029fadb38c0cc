//! Random lives of a small service. After every request the bounds hold, the counters are right,
//! what is stored makes the same service again, and a refused request has left no trace.

use std::collections::{BTreeMap, HashSet};

use lampfield_xmpp_stream::Jid;
use proptest::collection::vec;
use proptest::prelude::*;

use super::super::{
    AccessModel, Action, Actor, Affiliation, Draft, Effects, Engine, ItemBound, ItemId, Privilege,
    Publication, PublishModel, PubsubLimits, RecordTable, RecordWrite, Refusal, Retraction,
    Setting, SubscriptionOptions,
};
use super::{account, node};

const PEOPLE: [&str; 4] = ["hamlet", "horatio", "ophelia", "guest"];
const AFFILIATIONS: [Affiliation; 6] = [
    Affiliation::Owner,
    Affiliation::Publisher,
    Affiliation::PublishOnly,
    Affiliation::Member,
    Affiliation::None,
    Affiliation::Outcast,
];

fn limits() -> PubsubLimits {
    PubsubLimits {
        nodes: 3,
        nodes_per_creator: 2,
        items_per_node: 4,
        payload_bytes: 40,
        subscriptions_per_node: 4,
        subscriptions_per_account: 2,
        affiliations_per_node: 3,
        stored_bytes: 1_170,
        answer_bytes: 1_000,
    }
}

#[derive(Debug, Clone)]
enum Step {
    Create(usize, Option<u8>, Vec<Setting>),
    Configure(usize, u8, Vec<Setting>),
    Delete(usize, u8),
    Purge(usize, u8),
    Affiliate(usize, u8, Vec<(usize, usize)>),
    Publish(usize, u8, Option<(Option<u8>, Option<u8>)>, Vec<Setting>),
    Retract(usize, u8, u8),
    Subscribe(usize, u8, usize, Option<u8>, bool),
    Unsubscribe(usize, u8, usize, Option<u8>),
    Forget(usize),
}

fn setting() -> impl Strategy<Value = Setting> {
    prop_oneof![
        prop_oneof![Just(AccessModel::Open), Just(AccessModel::Whitelist)]
            .prop_map(Setting::AccessModel),
        prop_oneof![
            Just(PublishModel::Publishers),
            Just(PublishModel::Subscribers),
            Just(PublishModel::Open)
        ]
        .prop_map(Setting::PublishModel),
        any::<bool>().prop_map(Setting::PersistItems),
        any::<bool>().prop_map(Setting::DeliverPayloads),
        (0..6_usize).prop_map(|count| Setting::MaxItems(ItemBound::Count(count))),
        Just(Setting::MaxItems(ItemBound::Most)),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    // Mostly one person on one node, or hardly any request would be granted.
    let who = || prop_oneof![2 => Just(0), 1 => 0..PEOPLE.len()];
    let node = || prop_oneof![3 => Just(0), 1 => 0..4_u8];
    let whose = || {
        let own = (0..PEOPLE.len()).prop_map(|who| (who, who));
        prop_oneof![6 => own, 1 => (0..PEOPLE.len(), 0..PEOPLE.len())]
    };
    let settings = || vec(setting(), 0..3);
    let resource = || proptest::option::of(0..3_u8);
    let draft = (proptest::option::of(0..8_u8), proptest::option::of(0..50_u8));
    let affiliations = vec((who(), 0..AFFILIATIONS.len()), 0..3);
    prop_oneof![
        2 => (who(), proptest::option::of(node()), settings())
            .prop_map(|(who, node, settings)| Step::Create(who, node, settings)),
        2 => (who(), node(), settings()).prop_map(|(who, node, s)| Step::Configure(who, node, s)),
        1 => (who(), node()).prop_map(|(who, node)| Step::Delete(who, node)),
        1 => (who(), node()).prop_map(|(who, node)| Step::Purge(who, node)),
        3 => (who(), node(), affiliations).prop_map(|(who, node, a)| Step::Affiliate(who, node, a)),
        9 => (who(), node(), proptest::option::of(draft), vec(setting(), 0..2))
            .prop_map(|(who, node, draft, s)| Step::Publish(who, node, draft, s)),
        2 => (who(), node(), 0..8_u8).prop_map(|(who, node, item)| Step::Retract(who, node, item)),
        4 => (whose(), node(), resource(), any::<bool>())
            .prop_map(|((who, of), node, at, yes)| Step::Subscribe(who, node, of, at, yes)),
        1 => (whose(), node(), resource())
            .prop_map(|((who, of), node, at)| Step::Unsubscribe(who, node, of, at)),
        1 => who().prop_map(Step::Forget),
    ]
}

fn actor(who: usize) -> Actor {
    let privilege =
        if PEOPLE[who] == "guest" { Privilege::Participant } else { Privilege::Creator };
    Actor { account: account(PEOPLE[who]), privilege }
}

fn named(number: u8) -> super::super::NodeName {
    node(&format!("node{number}"))
}

fn item_id(number: u8) -> ItemId {
    ItemId::parse(&format!("item{number}")).unwrap()
}

fn address(who: usize, resource: Option<u8>) -> Jid {
    let bare = account(PEOPLE[who]);
    match resource {
        None => bare.to_jid(),
        Some(resource) => Jid::parse(&format!("{bare}/r{resource}")).unwrap(),
    }
}

fn take(engine: &mut Engine, step: Step) -> Result<(), Refusal> {
    match step {
        Step::Create(who, node, settings) => {
            engine.create(&actor(who), node.map(named), &settings).map(|_| ())
        }
        Step::Configure(who, node, settings) => {
            engine.configure(&actor(who), &named(node), &settings)
        }
        Step::Delete(who, node) => engine.delete(&actor(who), &named(node)),
        Step::Purge(who, node) => engine.purge(&actor(who), &named(node)),
        Step::Affiliate(who, node, changes) => {
            let changes: Vec<_> = changes
                .into_iter()
                .map(|(of, what)| (account(PEOPLE[of]), AFFILIATIONS[what]))
                .collect();
            engine.set_affiliations(&actor(who), &named(node), &changes)
        }
        Step::Publish(who, node, draft, preconditions) => {
            let draft = draft.map(|(id, size)| Draft {
                id: id.map(item_id),
                payload: size.map(|size| "x".repeat(size.into()).into()),
            });
            let publication = Publication { node: named(node), item: draft, preconditions };
            engine.publish(&actor(who), publication).map(|_| ())
        }
        Step::Retract(who, node, item) => {
            let retraction =
                Retraction { node: named(node), item: item_id(item), notify: item % 2 == 0 };
            engine.retract(&actor(who), &retraction)
        }
        Step::Subscribe(who, node, of, resource, deliver) => {
            let options = SubscriptionOptions { deliver };
            engine.subscribe(&actor(who), &named(node), &address(of, resource), options)
        }
        Step::Unsubscribe(who, node, of, resource) => {
            engine.unsubscribe(&actor(who), &named(node), &address(of, resource))
        }
        Step::Forget(who) => {
            engine.forget(&account(PEOPLE[who]));
            Ok(())
        }
    }
}

/// Everything there is, as text.
fn dump(engine: &Engine) -> Vec<String> {
    let mut lines = vec![format!("stored {}", engine.stored)];
    let mut created: Vec<_> = engine.created.iter().collect();
    created.sort();
    lines.push(format!("created {created:?}"));
    for (name, node) in &engine.nodes {
        lines.push(format!("{name} {} {:?}", node.creator, node.config));
        let mut people: Vec<_> = node.affiliations.iter().map(|one| format!("{one:?}")).collect();
        people.sort();
        lines.extend(people);
        let subscribed = |jid| format!("{jid} {:?}", node.subscriptions.get(jid));
        let mut subscribed: Vec<_> = node.subscriptions.addresses().map(subscribed).collect();
        subscribed.sort();
        lines.extend(subscribed);
        lines.extend(node.items.iter().map(|item| format!("{item:?}")));
    }
    lines
}

fn check_bounds(engine: &Engine) {
    let limits = limits();
    assert!(engine.nodes.len() <= limits.nodes);
    assert!(engine.created.values().all(|count| (1..=limits.nodes_per_creator).contains(count)));
    assert_eq!(engine.created.values().sum::<usize>(), engine.nodes.len());
    assert!(engine.stored <= limits.stored_bytes);
    let costs = engine.nodes.values().flat_map(|node| node.items.iter()).map(|item| item.cost());
    assert_eq!(engine.stored, costs.sum::<usize>());
    for node in engine.nodes.values() {
        assert!(node.items.len() <= node.config.max_items);
        assert!(node.config.max_items <= limits.items_per_node);
        assert!(node.config.persist_items || node.items.len() == 0);
        assert!(node.affiliations.len() <= limits.affiliations_per_node);
        assert!(node.affiliations.values().any(|is| *is == Affiliation::Owner));
        assert!(!node.affiliations.values().any(|is| *is == Affiliation::None));
        assert!(node.subscriptions.len() <= limits.subscriptions_per_node);
        assert_eq!(node.subscriptions.len(), node.subscriptions.addresses().count());
        for account in node.subscriptions.accounts() {
            let held = node.subscriptions.count_of(account);
            assert!((1..=limits.subscriptions_per_account).contains(&held));
            assert!(node.permits_account(account, Action::Subscribe), "{account}");
        }
    }
}

/// What the store would hold.
#[derive(Default)]
struct Disk(BTreeMap<(u8, String), String>);

impl Disk {
    const TABLES: [RecordTable; 4] = [
        RecordTable::Nodes,
        RecordTable::Items,
        RecordTable::Affiliations,
        RecordTable::Subscriptions,
    ];

    fn apply(&mut self, change: RecordWrite) {
        let table = Self::TABLES.iter().position(|table| *table == change.table).unwrap() as u8;
        match change.value {
            Some(value) => self.0.insert((table, change.key), value),
            None => self.0.remove(&(table, change.key)),
        };
    }

    fn engine(&self) -> Engine {
        let mut engine = Engine::new(limits(), Box::new(|_| false), 2);
        for ((table, key), value) in &self.0 {
            engine.restore(Self::TABLES[usize::from(*table)], key, value).unwrap();
        }
        engine
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn every_life_is_bounded_and_survives_a_restart(steps in vec(step(), 1..80)) {
        let mut engine = Engine::new(limits(), Box::new(|name| name == "node3"), 1);
        let mut disk = Disk::default();
        for step in steps {
            let before = dump(&engine);
            let refused = take(&mut engine, step).is_err();
            let Effects { notices, changes } = engine.take_effects();
            if refused {
                prop_assert!(notices.is_empty() && changes.is_empty());
                prop_assert_eq!(dump(&engine), before);
            }
            for notice in notices {
                let different: HashSet<_> = notice.to.iter().collect();
                prop_assert!(!different.is_empty() && different.len() == notice.to.len());
            }
            changes.into_iter().for_each(|change| disk.apply(change));
            check_bounds(&engine);
            prop_assert_eq!(dump(&disk.engine()), dump(&engine));
        }
    }
}
