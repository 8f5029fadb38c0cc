//! XEP-0060 section 4.1, table 1, asked of the engine cell by cell.

use lampfield_xmpp_stream::Jid;

use super::super::{
    AccessModel, Affiliation, Draft, Engine, ItemId, PageRequest, Publication, PublishModel,
    PubsubLimits, Refusal, Retraction, Setting, SubscriptionOptions, Wanted,
};
use super::{account, creator, node};

const AFFILIATIONS: [Affiliation; 6] = [
    Affiliation::Owner,
    Affiliation::Publisher,
    Affiliation::PublishOnly,
    Affiliation::Member,
    Affiliation::None,
    Affiliation::Outcast,
];

/// A node of hamlet's with an item of his, where horatio is `affiliation`.
fn engine(affiliation: Affiliation, settings: &[Setting]) -> Engine {
    let mut engine = Engine::new(PubsubLimits::default(), Box::new(|_| false), 1);
    let (hamlet, n) = (creator("hamlet"), node("n"));
    engine.create(&hamlet, Some(n.clone()), settings).unwrap();
    engine.publish(&hamlet, publication("his")).unwrap();
    engine.set_affiliations(&hamlet, &n, &[(account("horatio"), affiliation)]).unwrap();
    engine
}

fn publication(id: &str) -> Publication {
    let draft = Draft { id: Some(ItemId::parse(id).unwrap()), payload: Some("<e/>".into()) };
    Publication { node: node("n"), item: Some(draft), preconditions: vec![] }
}

fn subscribe(engine: &mut Engine) -> bool {
    let jid = Jid::parse("horatio@denmark.lit").unwrap();
    let options = SubscriptionOptions::default();
    allowed(engine.subscribe(&creator("horatio"), &node("n"), &jid, options))
}

fn retrieve(engine: &mut Engine) -> bool {
    let all = Wanted::Page(PageRequest::default());
    allowed(engine.items(&creator("horatio"), &node("n"), &all, 1_000).map(|_| ()))
}

fn publish(engine: &mut Engine, id: &str) -> bool {
    allowed(engine.publish(&creator("horatio"), publication(id)).map(|_| ()))
}

fn retract(engine: &mut Engine, id: &str) -> bool {
    let retraction =
        Retraction { node: node("n"), item: ItemId::parse(id).unwrap(), notify: false };
    allowed(engine.retract(&creator("horatio"), &retraction))
}

fn administer(engine: &mut Engine) -> [bool; 5] {
    let (horatio, n) = (creator("horatio"), node("n"));
    [
        allowed(engine.configuration(&horatio, &n).map(|_| ())),
        allowed(engine.configure(&horatio, &n, &[])),
        allowed(engine.node_affiliations(&horatio, &n).map(|_| ())),
        allowed(engine.purge(&horatio, &n)),
        allowed(engine.delete(&horatio, &n)),
    ]
}

fn allowed(result: Result<(), Refusal>) -> bool {
    match result {
        Ok(()) => true,
        Err(Refusal::Forbidden | Refusal::ClosedNode) => false,
        Err(other) => panic!("refused for another reason: {other}"),
    }
}

#[test]
fn subscribing_and_reading() {
    for model in [AccessModel::Open, AccessModel::Whitelist] {
        let stranger = model == AccessModel::Open;
        //              owner, publisher, publish-only, member, none, outcast
        let expected = [true, true, false, true, stranger, false];
        for (affiliation, expected) in AFFILIATIONS.into_iter().zip(expected) {
            let mut engine = engine(affiliation, &[Setting::AccessModel(model)]);
            assert_eq!(subscribe(&mut engine), expected, "{affiliation:?} {model:?}");
            assert_eq!(retrieve(&mut engine), expected, "{affiliation:?} {model:?}");
        }
    }
}

#[test]
fn publishing_overwriting_and_taking_back() {
    for model in [PublishModel::Publishers, PublishModel::Subscribers, PublishModel::Open] {
        for subscribed in [false, true] {
            let other = match model {
                PublishModel::Publishers => false,
                PublishModel::Subscribers => subscribed,
                PublishModel::Open => true,
            };
            //         owner, publisher, publish-only, member, none, outcast
            let own = [true, true, true, other, other, false];
            let others = [true, true, false, false, false, false];
            for ((affiliation, own), others) in AFFILIATIONS.into_iter().zip(own).zip(others) {
                let mut engine = engine(affiliation, &[Setting::PublishModel(model)]);
                let can_subscribe = subscribed && subscribe(&mut engine);
                if subscribed && !can_subscribe {
                    continue;
                }
                let case = format!("{affiliation:?} {model:?} subscribed: {subscribed}");
                assert_eq!(publish(&mut engine, "mine"), own, "publish, {case}");
                if own {
                    assert!(publish(&mut engine, "mine"), "overwrite own, {case}");
                    assert!(retract(&mut engine, "mine"), "retract own, {case}");
                }
                assert_eq!(publish(&mut engine, "his"), others, "overwrite other's, {case}");
                assert_eq!(retract(&mut engine, "his"), others, "retract other's, {case}");
            }
        }
    }
}

#[test]
fn administering() {
    for affiliation in AFFILIATIONS {
        let expected = [affiliation == Affiliation::Owner; 5];
        assert_eq!(administer(&mut engine(affiliation, &[])), expected, "{affiliation:?}");
    }
}
