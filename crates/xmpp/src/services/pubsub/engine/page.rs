//! Cutting long answers into pages (XEP-0059), bounded by the client's wish and by bytes.

/// Which part of a list is asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PageRequest {
    /// Entries wanted at most; all when not given.
    pub max: Option<usize>,
    /// From which entry on, or up to which, the page goes.
    pub place: PageStart,
}

/// Where a page lies in its list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum PageStart {
    /// It starts with the list.
    #[default]
    Start,
    /// It ends with the list.
    End,
    /// It starts right after the entry of this name.
    After(String),
    /// It ends right before the entry of this name.
    Before(String),
}

/// A part of a list, in the list's order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// The entries that fit, at least one if there is any.
    pub entries: Vec<T>,
    /// Entries in the whole list.
    pub total: usize,
}

impl PageRequest {
    /// The bounds of the page where there are so many bytes for it.
    pub(super) fn room(&self, bytes: usize) -> PageRoom {
        PageRoom { entries: self.max.unwrap_or(usize::MAX), cost: bytes }
    }
}

impl<T> Page<T> {
    /// Whether the page is the whole list.
    pub fn is_whole(&self) -> bool {
        self.entries.len() == self.total
    }
}

/// How much of a list fits into one page.
#[derive(Debug, Clone, Copy)]
pub(super) struct PageRoom {
    /// How many entries the client wants at most.
    pub entries: usize,
    /// The sum of the entries' costs. The first entry always fits.
    pub cost: usize,
}

impl PageRoom {
    /// Takes entries until the room is full.
    pub(super) fn fill<T>(
        self,
        entries: impl Iterator<Item = T>,
        cost: impl Fn(&T) -> usize,
    ) -> Vec<T> {
        let mut used = 0;
        entries
            .take(self.entries)
            .take_while(|entry| {
                let first = used == 0;
                used += cost(entry);
                first || used <= self.cost
            })
            .collect()
    }

    /// The same from the list's end; the result is in the list's order.
    pub(super) fn fill_from_end<T>(
        self,
        entries: impl DoubleEndedIterator<Item = T>,
        cost: impl Fn(&T) -> usize,
    ) -> Vec<T> {
        let mut taken = self.fill(entries.rev(), cost);
        taken.reverse();
        taken
    }
}
