//! Names of devices that Asterisks make by themselves, and what becomes of them. The hub's tests read this file too.

use lampfield_hub::kit::{Policy, Rule};

/// COMPAT(asterisk<=22 res_xmpp): every PBX makes a device `XMPP/..` of every buddy. `MWI:..` (`res_mwi_devstate`)
/// mirrors a mailbox and is kept like it.
pub fn policies() -> impl Iterator<Item = Rule> {
    let rules = [("XMPP/*", Policy::Ignore), ("MWI:*", Policy::Keep)];
    rules.into_iter().filter_map(|(names, policy)| Rule::parse(names, policy).ok())
}
