//! Who may know whom: the picture of ARCHITECTURE.md as a table, and the circles between modules that are
//! still there.

use super::graph::Graph;

/// Whom a crate may know.
enum MayKnow {
    Only(&'static [&'static str]),
    AllAbove,
}
use MayKnow::{AllAbove, Only};

/// The crates from the bottom up. A row names rows above it only: imports point down.
const CRATES: &[(&str, MayKnow)] = &[
    ("board", Only(&[])),
    ("fabric", Only(&[])),
    ("fake-pbx", Only(&[])),
    ("memory", Only(&[])),
    ("tcp", Only(&[])),
    ("xmpp-stream", Only(&[])),
    ("bench", Only(&["xmpp-stream"])),
    ("relay", Only(&["tcp", "xmpp-stream"])),
    ("hub", Only(&["board", "fabric"])),
    ("accounts", Only(&["board", "fabric", "xmpp-stream"])),
    ("operations", Only(&["accounts", "board", "fabric", "hub"])),
    ("xmpp", Only(&["accounts", "board", "fabric", "hub", "operations", "tcp", "xmpp-stream"])),
    ("asterisk", Only(DOOR)),
    ("opensips", Only(DOOR)),
    ("kamailio", Only(DOOR)),
    ("freeswitch", Only(DOOR)),
    ("sip", Only(DOOR)),
    ("script", Only(DOOR)),
    ("web", Only(DOOR)),
    ("server", AllAbove),
    ("fuzz", AllAbove),
    ("tests", Only(&["fake-pbx"])),
    ("xtask", Only(&[])),
];

/// What a door needs; never another door.
const DOOR: &[&str] = &["accounts", "board", "hub", "operations"];

/// Crates that see a part of another one only: the crates, whom they see, and the modules or types of it that they see.
pub const FACES: &[(&[&str], &str, &[&str])] = &[
    (DOORS, "lampfield_hub", &["kit"]),
    // How accounts are named at every door, and the keys that stand for a password: nothing of streams and stanzas.
    (&["accounts"], "lampfield_xmpp_stream", &["BareJid", "Domain", "JidError", "sasl"]),
];

/// All doors: what they see of the hub is the door kit.
const DOORS: &[&str] =
    &["xmpp", "asterisk", "opensips", "kamailio", "freeswitch", "sip", "script", "web"];

/// The crates that decide and tell by what doors declare, and know no product.
pub const CORE: &[&str] = &["board", "hub", "operations"];

/// Words of products, which no text of the core has.
pub const PRODUCTS: &[&str] = &[
    "asterisk",
    "res_xmpp",
    "xmpp.conf",
    "app_queue",
    "dialplan",
    "freeswitch",
    "opensips",
    "kamailio",
];

/// Texts that stand in answers and stored rows of today.
pub const OF_TODAY: &[&str] = &[
    // The rule of devices, in `why`.
    "asterisk-fold",
    // What `xmpp` was called before, in `door`; it goes with the next version.
    "asterisk",
];

/// Arrows that close circles of today and are not reported. ARCHITECTURE.md tells of each.
pub struct Known {
    /// The crate, or a folder of it.
    pub place: &'static str,
    pub from: &'static str,
    pub to: &'static [&'static str],
    /// Why they are still there.
    pub reason: &'static str,
}

/// To become shorter only: one that closes no circle any more is reported.
pub const KNOWN: &[Known] = &[
    Known {
        place: "xmpp/connection",
        from: "stream",
        to: &["dispatch", "login", "via"],
        reason: "it calls them for one phase each, and they act on it or say its next step",
    },
    Known {
        place: "xmpp/wire",
        from: "link",
        to: &["flusher"],
        reason: "a link that has something to write puts itself on the flusher's list",
    },
];

impl Known {
    /// How ARCHITECTURE.md names it.
    pub fn told(&self) -> String {
        format!("`{}`: `{} -> {}`", self.place, self.from, self.to.join(", "))
    }
}

/// What is wrong with the arrows between crates, a line each.
pub fn against(crates: &Graph) -> Vec<String> {
    crates.names().flat_map(|name| against_of(crates, name)).collect()
}

fn against_of(crates: &Graph, name: &str) -> Vec<String> {
    let Some(row) = CRATES.iter().position(|(row, _)| *row == name) else {
        return vec![format!("{name} has no row in {}", file!())];
    };
    let (may, whom) = match CRATES[row].1 {
        Only([]) => (&[][..], "no crate of ours".to_owned()),
        Only(whom) => (whom, format!("{} only", whom.join(", "))),
        AllAbove => (&[][..], "what stands above it in the table".to_owned()),
    };
    let above = |to: &str| CRATES[..row].iter().any(|(row, _)| *row == to);
    let allowed = |to| match CRATES[row].1 {
        Only(_) => may.contains(&to),
        AllAbove => above(to),
    };
    let wrong = crates.known(name).filter(|(to, _)| !allowed(to));
    wrong
        .map(|(to, place)| format!("{name} -> {to}: {name} may know {whom}\n    {place}"))
        .collect()
}

/// The circles in these places, without those of `known`; and what in `known` closes none any more.
pub fn circles(folders: &mut [(String, Graph)], known: &[Known]) -> Vec<String> {
    let mut wrong = Vec::new();
    for Known { place, from, to, reason } in known {
        let mut graph = folders.iter_mut().find(|(other, _)| other == place).map(|(_, it)| it);
        for to in *to {
            if !graph.as_mut().is_some_and(|graph| graph.without_circle(from, to)) {
                let no_more = format!("closes no circle any more ({reason})");
                wrong.push(format!("{place}: {from} -> {to} {no_more}: take it out of KNOWN"));
            }
        }
    }
    for (place, graph) in folders {
        wrong.extend(graph.circles().iter().map(|circle| {
            let arrows: Vec<_> = circle.iter().map(|arrow| format!("\n    {arrow}")).collect();
            format!("{place} has a circle:{}", arrows.concat())
        }));
    }
    wrong
}

#[cfg(test)]
mod tests {
    use super::super::graph::tests::graph;
    use super::*;

    #[test]
    fn rows_name_rows_above_them_only() {
        for (row, (name, may_know)) in CRATES.iter().enumerate() {
            let Only(whom) = may_know else { continue };
            let is_above = |whom: &str| CRATES[..row].iter().any(|(above, _)| *above == whom);
            whom.iter().for_each(|whom| assert!(is_above(whom), "{name} -> {whom}"));
        }
    }

    #[test]
    fn arrows_of_the_picture_are_none_against_it() {
        let arrows = [("server", "xmpp"), ("server", "board"), ("xmpp", "hub"), ("hub", "board")];
        assert_eq!(against(&graph(&arrows)), [""; 0]);
    }

    #[test]
    fn against_the_picture_are_arrows_up_and_between_doors_and_strangers() {
        for (from, to) in [
            ("hub", "xmpp"),
            ("board", "fabric"),
            ("relay", "hub"),
            ("sip", "asterisk"),
            ("server", "fuzz"),
            ("tests", "board"),
        ] {
            let [wrong] = &against(&graph(&[(from, to)]))[..] else { panic!("{from} -> {to}") };
            assert!(wrong.starts_with(&format!("{from} -> {to}: ")), "{wrong}");
        }
        let wrong = against(&graph(&[("newcomer", "board")]));
        assert!(wrong[0].starts_with("newcomer has no row in "), "{wrong:?}");
    }

    #[test]
    fn a_circle_is_wrong_unless_it_is_known_and_a_known_one_if_it_is_none() {
        let mut folders = [("hub".to_owned(), graph(&[("a", "b"), ("b", "a")]))];
        let expected = "hub has a circle:\n    a -> b (line 0)\n    b -> a (line 1)";
        assert_eq!(circles(&mut folders, &[]), [expected]);
        let known = [Known { place: "hub", from: "b", to: &["a"], reason: "it was quick" }];
        assert_eq!(circles(&mut folders, &known), [""; 0]);
        let mended = "hub: b -> a closes no circle any more (it was quick): take it out of KNOWN";
        assert_eq!(circles(&mut folders, &known), [mended]);
    }
}
