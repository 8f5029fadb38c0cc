//! Who knows whom, whatever they are: crates or modules. Finds the layers of a picture and the circles that
//! spoil it.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fmt;

/// Where an arrow is to be seen: `from` has it in `line` and it points into `to`; files below the workspace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    pub from: String,
    pub to: String,
    pub line: usize,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} -> {} (line {})", self.from, self.to, self.line)
    }
}

/// Everybody and whom they know, each arrow with the first place where it was seen.
#[derive(Debug, Default, Clone)]
pub struct Graph {
    arrows: BTreeMap<String, BTreeMap<String, Place>>,
}

impl Graph {
    /// Somebody who may know nobody.
    pub fn node(&mut self, name: &str) {
        self.arrows.entry(name.to_owned()).or_default();
    }

    /// An arrow; the first place of it stands.
    pub fn arrow(&mut self, from: &str, to: &str, place: impl FnOnce() -> Place) {
        self.node(to);
        let known = self.arrows.entry(from.to_owned()).or_default();
        known.entry(to.to_owned()).or_insert_with(place);
    }

    /// Takes an arrow out that closes a circle; false if it does not.
    pub fn without_circle(&mut self, from: &str, to: &str) -> bool {
        let closes = self.reached(to).contains(from);
        closes && self.arrows.get_mut(from).is_some_and(|known| known.remove(to).is_some())
    }

    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.arrows.keys().map(String::as_str)
    }

    /// Whom `name` knows, each with the first place that shows it.
    pub fn known(&self, name: &str) -> impl Iterator<Item = (&str, &Place)> {
        self.arrows.get(name).into_iter().flatten().map(|(to, place)| (to.as_str(), place))
    }

    /// Everybody in layers, the lowest first: each stands above all whom it knows, except those with whom
    /// it is in a circle, beside whom it stands.
    pub fn layers(&self) -> Vec<Vec<&str>> {
        let reach: BTreeMap<_, _> = self.names().map(|name| (name, self.reached(name))).collect();
        let mut heights: BTreeMap<&str, usize> = self.names().map(|name| (name, 0)).collect();
        let mut changed = true;
        while changed {
            changed = false;
            for (from, to) in self.names().flat_map(|f| self.known(f).map(move |(to, _)| (f, to))) {
                let least = heights[to] + usize::from(!reach[to].contains(from));
                changed |= least > heights[from];
                heights.entry(from).and_modify(|height| *height = least.max(*height));
            }
        }
        let top = heights.values().max().map_or(0, |top| top + 1);
        let at = |layer| heights.iter().filter(move |(_, h)| **h == layer).map(|(name, _)| *name);
        (0..top).map(|layer| at(layer).collect()).collect()
    }

    /// The shortest circle through somebody of each group whose members all reach each other: its arrows, in
    /// order.
    pub fn circles(&self) -> Vec<Vec<&Place>> {
        let mut seen = BTreeSet::new();
        let mut circles = Vec::new();
        for name in self.names() {
            let reached = self.reached(name);
            if seen.contains(name) || !reached.contains(name) {
                continue;
            }
            let group = || reached.iter().filter(|other| self.reached(other).contains(name));
            circles.extend(group().filter_map(|n| self.way_back(n)).min_by_key(Vec::len));
            seen.extend(group().copied());
        }
        circles
    }

    /// Who can be reached from somebody, by one arrow or more.
    fn reached(&self, name: &str) -> BTreeSet<&str> {
        let mut reached = BTreeSet::new();
        let mut next: Vec<_> = self.known(name).collect();
        while let Some((name, _)) = next.pop() {
            if reached.insert(name) {
                next.extend(self.known(name));
            }
        }
        reached
    }

    /// The fewest arrows from somebody to itself.
    fn way_back(&self, name: &str) -> Option<Vec<&Place>> {
        let mut ways = VecDeque::from([(name, Vec::new())]);
        let mut seen = BTreeSet::new();
        while let Some((last, way)) = ways.pop_front() {
            for (to, place) in self.known(last) {
                let way: Vec<_> = way.iter().copied().chain([place]).collect();
                if to == name {
                    return Some(way);
                }
                if seen.insert(to) {
                    ways.push_back((to, way));
                }
            }
        }
        None
    }
}

#[cfg(test)]
pub mod tests {
    use super::*;

    /// What these arrows make.
    pub fn graph(arrows: &[(&str, &str)]) -> Graph {
        let mut graph = Graph::default();
        for (line, (from, to)) in arrows.iter().enumerate() {
            let place = || Place { from: (*from).to_owned(), to: (*to).to_owned(), line };
            graph.arrow(from, to, place);
        }
        graph
    }

    fn ways(graph: &Graph) -> Vec<String> {
        let way = |way: Vec<&Place>| {
            way.iter().map(|place| format!("{}>{}", place.from, place.to)).collect::<Vec<_>>()
        };
        graph.circles().into_iter().map(|circle| way(circle).join(" ")).collect()
    }

    #[test]
    fn who_knows_stands_above_whom_it_knows() {
        let graph = graph(&[("door", "hub"), ("hub", "board"), ("door", "board"), ("x", "board")]);
        assert_eq!(graph.layers(), [vec!["board"], vec!["hub", "x"], vec!["door"]]);
        assert!(graph.circles().is_empty());
    }

    #[test]
    fn a_circle_stands_side_by_side_below_whoever_knows_it() {
        let graph = graph(&[("a", "b"), ("b", "a"), ("b", "low"), ("top", "a")]);
        assert_eq!(graph.layers(), [vec!["low"], vec!["a", "b"], vec!["top"]]);
        assert_eq!(ways(&graph), ["a>b b>a"]);
    }

    #[test]
    fn of_a_knot_the_shortest_circle_and_of_two_knots_both() {
        let knot = [("a", "b"), ("b", "c"), ("c", "a"), ("c", "b"), ("y", "z"), ("z", "y")];
        assert_eq!(ways(&graph(&knot)), ["b>c c>b", "y>z z>y"]);
    }

    #[test]
    fn an_arrow_that_is_taken_out_makes_no_circle() {
        let mut graph = graph(&[("a", "b"), ("b", "a"), ("a", "low")]);
        assert!(!graph.without_circle("a", "low"));
        assert!(graph.without_circle("b", "a"));
        assert!(!graph.without_circle("b", "a"));
        assert!(graph.circles().is_empty());
    }
}
