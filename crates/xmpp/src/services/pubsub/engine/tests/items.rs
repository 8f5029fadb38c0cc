//! The item store against the plainest list that does the same.

use proptest::collection::vec;
use proptest::prelude::*;

use super::super::items::{Item, ItemStore};
use super::super::{ItemId, Payload};
use super::account;

#[derive(Debug, Clone)]
enum Step {
    Put(u8, u8),
    Remove(u8),
    RemoveOldest,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0..12_u8, 0..30_u8).prop_map(|(id, size)| Step::Put(id, size)),
        2 => (0..12_u8).prop_map(Step::Remove),
        1 => Just(Step::RemoveOldest),
    ]
}

fn id(number: u8) -> ItemId {
    ItemId::parse(&format!("item{number}")).unwrap()
}

fn item(number: u8, size: u8) -> Item {
    let payload: Payload = "x".repeat(size.into()).into();
    Item { id: id(number), publisher: account("hamlet"), payload: Some(payload) }
}

proptest! {
    #[test]
    fn behaves_like_a_list(steps in vec(step(), 0..60)) {
        let mut store = ItemStore::default();
        let mut list: Vec<Item> = vec![];
        for step in steps {
            match step {
                Step::Put(number, size) => {
                    let item = item(number, size);
                    list.retain(|held| held.id != item.id);
                    list.push(item.clone());
                    store.put(item);
                }
                Step::Remove(number) => {
                    let at = list.iter().position(|held| held.id == id(number));
                    let expected = at.map(|at| list.remove(at));
                    prop_assert_eq!(store.remove(&id(number)), expected);
                }
                Step::RemoveOldest => {
                    let expected = (!list.is_empty()).then(|| list.remove(0));
                    prop_assert_eq!(store.remove_oldest(), expected);
                }
            }
            prop_assert!(store.iter().eq(&list));
            prop_assert_eq!(store.len(), list.len());
            prop_assert_eq!(store.newest(), list.last());
            prop_assert_eq!(store.cost(), list.iter().map(Item::cost).sum::<usize>());
            for number in 0..12 {
                let at = list.iter().position(|held| held.id == id(number));
                prop_assert_eq!(store.get(&id(number)), at.map(|at| &list[at]));
                let name = id(number).to_string();
                let after = store.after(&name).map(|items| items.collect::<Vec<_>>());
                prop_assert_eq!(after, at.map(|at| list[at + 1..].iter().collect()));
                let before = store.before(&name).map(|items| items.collect::<Vec<_>>());
                prop_assert_eq!(before, at.map(|at| list[..at].iter().collect()));
            }
        }
    }
}
