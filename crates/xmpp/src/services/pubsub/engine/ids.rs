//! Names for items and nodes whose maker gave none. They are unique, not secret: what protects a
//! node is its access model.

/// Bytes of each such name.
pub(super) const ID_BYTES: usize = 16;

/// A sequence of names that do not repeat in 2^64 steps (SplitMix64).
#[derive(Debug)]
pub(super) struct Ids {
    state: u64,
}

// === impl Ids ===

impl Ids {
    /// A sequence that starts at `seed`.
    pub(super) fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    /// The next name: 16 hexadecimal digits. One that is `taken`, left from an earlier start, is
    /// passed over.
    pub(super) fn next(&mut self, taken: impl Fn(&str) -> bool) -> String {
        loop {
            let id = format!("{:016x}", self.step());
            if !taken(&id) {
                return id;
            }
        }
    }

    fn step(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.state ^ (self.state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}
