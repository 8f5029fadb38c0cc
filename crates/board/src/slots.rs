//! Values in numbered places, found by number or by key; the places that are given up are used
//! again, so that a number fits in four bytes for ever. Hand-written on `hashbrown`'s table
//! because no map shares one key between its index and its values: here a key is held once.

use std::hash::{BuildHasher, Hash, RandomState};

use hashbrown::HashTable;

/// A value that has its own key in it.
pub(crate) trait Keyed {
    type Key: Hash + Eq;

    fn key(&self) -> &Self::Key;
}

/// The table. Holds at most 2^32 - 1 values.
pub(crate) struct Slots<T> {
    places: Vec<Option<T>>,
    free: Vec<u32>,
    index: HashTable<u32>,
    hasher: RandomState,
}

// === impl Slots ===

impl<T: Keyed> Slots<T> {
    pub(crate) fn new() -> Self {
        Self {
            places: Vec::new(),
            free: Vec::new(),
            index: HashTable::new(),
            hasher: RandomState::new(),
        }
    }

    /// How many values there are.
    pub(crate) fn len(&self) -> usize {
        self.index.len()
    }

    /// The place of the value with this key.
    pub(crate) fn find(&self, key: &T::Key) -> Option<u32> {
        let hash = self.hasher.hash_one(key);
        self.index.find(hash, |place| key_at(&self.places, *place) == Some(key)).copied()
    }

    pub(crate) fn get(&self, place: u32) -> Option<&T> {
        self.places.get(place as usize)?.as_ref()
    }

    pub(crate) fn get_mut(&mut self, place: u32) -> Option<&mut T> {
        self.places.get_mut(place as usize)?.as_mut()
    }

    /// Gives the value a place; none is left when 2^32 - 1 are taken. The key must be new.
    pub(crate) fn insert(&mut self, value: T) -> Option<u32> {
        debug_assert!(self.find(value.key()).is_none(), "the key is there already");
        let hash = self.hasher.hash_one(value.key());
        let place = match self.free.pop() {
            Some(place) => place,
            None => {
                let place = u32::try_from(self.places.len()).ok().filter(|p| *p != u32::MAX)?;
                self.places.push(None);
                place
            }
        };
        *self.places.get_mut(place as usize)? = Some(value);
        let Self { places, index, hasher, .. } = self;
        // The key alone: an Option around it would hash differently.
        let rehash = |p: &u32| key_at(places, *p).map_or(0, |key| hasher.hash_one(key));
        index.insert_unique(hash, place, rehash);
        Some(place)
    }

    /// Takes the value out; its place is free for another.
    pub(crate) fn remove(&mut self, place: u32) -> Option<T> {
        let value = self.places.get_mut(place as usize)?.take()?;
        let hash = self.hasher.hash_one(value.key());
        if let Ok(indexed) = self.index.find_entry(hash, |p| *p == place) {
            indexed.remove();
        }
        self.free.push(place);
        Some(value)
    }

    /// Values and their places from this place on, upwards.
    pub(crate) fn iter_from(&self, first: u32) -> impl Iterator<Item = (u32, &T)> {
        let rest = self.places.get(first as usize..).unwrap_or_default();
        (first..).zip(rest).filter_map(|(place, value)| Some((place, value.as_ref()?)))
    }

    /// Bytes of memory taken by the table itself, without what its values point to.
    pub(crate) fn bytes(&self) -> usize {
        self.places.capacity() * size_of::<Option<T>>()
            + self.free.capacity() * size_of::<u32>()
            + self.index.allocation_size()
    }
}

fn key_at<T: Keyed>(places: &[Option<T>], place: u32) -> Option<&T::Key> {
    places.get(place as usize)?.as_ref().map(T::key)
}
