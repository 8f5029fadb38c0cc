//! The engine by itself: the privilege table in full, and random lives of a service.

mod items;
mod life;
mod privileges;

use lampfield_xmpp_stream::BareJid;

use super::{Actor, NodeName, Privilege};

fn account(name: &str) -> BareJid {
    BareJid::parse(&format!("{name}@denmark.lit")).unwrap()
}

fn creator(name: &str) -> Actor {
    Actor { account: account(name), privilege: Privilege::Creator }
}

fn node(name: &str) -> NodeName {
    NodeName::parse(name).unwrap()
}
