//! Repeatable chance for the randomised tests: a seed, which a failure prints, decides everything.

/// A small generator (SplitMix64); good enough to choose what happens next.
pub struct Chance(u64);

impl Chance {
    /// From `$LAMPFIELD_SEED`, else from the clock; printed, so that a failure can be repeated.
    pub fn from_environment() -> Self {
        let given = std::env::var("LAMPFIELD_SEED").ok().and_then(|seed| seed.parse().ok());
        let seed = given.unwrap_or_else(|| {
            let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
            u64::from(now.expect("after 1970").subsec_nanos())
        });
        println!("LAMPFIELD_SEED={seed}");
        Self(seed)
    }

    /// Chance that repeats itself with the same seed.
    pub fn seeded(seed: u64) -> Self {
        Self(seed)
    }

    /// True in this share (of 1) of all calls.
    pub fn happens(&mut self, share: f64) -> bool {
        const PARTS: usize = 1_000_000;
        (self.below(PARTS) as f64) < share * PARTS as f64
    }

    /// A number below `limit`.
    pub fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) as usize % limit
    }

    /// One of the choices, each as likely as the others.
    pub fn one_of<'a, T>(&mut self, choices: &'a [T]) -> &'a T {
        &choices[self.below(choices.len())]
    }
}
