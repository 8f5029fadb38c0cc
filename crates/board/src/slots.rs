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
    index: HashTable<Indexed>,
    hasher: RandomState,
}

/// The hash is kept because a growing index would otherwise have to look at every key, which
/// stops a server with a million facts for a fifth of a second.
struct Indexed {
    hash: u32,
    place: u32,
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
        let hash = self.hash(key);
        let same = |indexed: &Indexed| {
            indexed.hash == hash && self.get(indexed.place).is_some_and(|value| value.key() == key)
        };
        Some(self.index.find(spread(hash), same)?.place)
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
        let place = match self.free.pop() {
            Some(place) => place,
            None => self.new_place()?,
        };
        let hash = self.hash(value.key());
        *self.places.get_mut(place as usize)? = Some(value);
        let indexed = Indexed { hash, place };
        self.index.insert_unique(spread(hash), indexed, |indexed| spread(indexed.hash));
        Some(place)
    }

    fn new_place(&mut self) -> Option<u32> {
        let place = u32::try_from(self.places.len()).ok().filter(|place| *place != u32::MAX)?;
        if self.places.len() == self.places.capacity() {
            // By a quarter: doubling would leave half of a large table empty.
            self.places.reserve_exact(self.places.len() / 4 + 16);
        }
        self.places.push(None);
        Some(place)
    }

    /// Takes the value out; its place is free for another.
    pub(crate) fn remove(&mut self, place: u32) -> Option<T> {
        let value = self.places.get_mut(place as usize)?.take()?;
        let hash = self.hash(value.key());
        if let Ok(indexed) = self.index.find_entry(spread(hash), |other| other.place == place) {
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

    fn hash(&self, key: &T::Key) -> u32 {
        (self.hasher.hash_one(key) >> 32) as u32
    }

    /// Bytes of memory taken by the table itself, without what its values point to.
    pub(crate) fn bytes(&self) -> usize {
        self.places.capacity() * size_of::<Option<T>>()
            + self.free.capacity() * size_of::<u32>()
            + self.index.allocation_size()
    }
}

/// All 64 bits of a hash for the index, which looks at the lowest and at the highest (Knuth's
/// multiplicative hashing, The Art of Computer Programming, volume 3, section 6.4).
fn spread(hash: u32) -> u64 {
    u64::from(hash).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}
