//! The ids of Asterisk's stanzas: five letters from `aaaaa` upward, which are not unique. What goes
//! to PubSub counts before it takes one, everything else after.

/// How many there are before they begin again.
const ALL: u32 = 26_u32.pow(5);

/// Where one process has come; it begins anew with the process only.
#[derive(Clone, Debug, Default)]
pub struct Ids {
    next: u32,
}

// === impl Ids ===

impl Ids {
    /// For a request to the PubSub service.
    pub fn for_pubsub(&mut self) -> String {
        self.next = (self.next + 1) % ALL;
        letters(self.next)
    }

    /// For anything else.
    pub fn for_others(&mut self) -> String {
        let id = letters(self.next);
        self.next = (self.next + 1) % ALL;
        id
    }
}

fn letters(number: u32) -> String {
    let digits = (0..5_u32).rev().map(|place| number / 26_u32.pow(place) % 26);
    digits.filter_map(|digit| char::from_digit(digit + 10, 36)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_stanzas_can_have_the_same_id() {
        let mut ids = Ids::default();
        let taken = [ids.for_others(), ids.for_pubsub(), ids.for_others(), ids.for_pubsub()];
        assert_eq!(taken, ["aaaaa", "aaaac", "aaaac", "aaaae"]);
        assert_eq!(letters(26 * 26 + 1), "aabab");
        assert_eq!(letters(25), "aaaaz");
    }
}
