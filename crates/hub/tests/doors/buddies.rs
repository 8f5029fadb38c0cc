//! The policies that the XMPP door brings along, as it has them itself.

use lampfield_hub::{Policy, Rule};

pub fn policies() -> [Rule; 2] {
    [("XMPP/*", Policy::Ignore), ("MWI:*", Policy::Keep)]
        .map(|(names, policy)| Rule::parse(names, policy).unwrap())
}
