//! A graph as people read it: one line for each, those above who know, those below who are known.

use std::fmt::Write;

use super::graph::Graph;

/// A line of text is no longer.
const WIDTH: usize = 100;

/// Layers, the highest first, with an empty line between.
pub fn text(graph: &Graph) -> String {
    let widest = graph.names().map(str::len).max().unwrap_or(0);
    let mut text = String::new();
    for (number, layer) in graph.layers().iter().rev().enumerate() {
        text.push_str(if number == 0 { "" } else { "\n" });
        for name in layer {
            let arrow = format!("{name:widest$}  -> ");
            let known: Vec<_> = graph.known(name).map(|(to, _)| to).collect();
            let shown = if known.is_empty() { (*name).to_owned() } else { wrapped(&arrow, &known) };
            let _ = writeln!(text, "{shown}");
        }
    }
    text
}

/// The names behind `begin`, on as many lines as they need.
fn wrapped(begin: &str, names: &[&str]) -> String {
    let mut lines = vec![begin.to_owned()];
    for (number, name) in names.iter().enumerate() {
        let comma = if number + 1 < names.len() { ", " } else { "" };
        if lines.last().is_some_and(|line| line.len() + name.len() + comma.trim().len() > WIDTH) {
            lines.push(" ".repeat(begin.len()));
        }
        if let Some(line) = lines.last_mut() {
            let _ = write!(line, "{name}{comma}");
        }
    }
    lines.iter().map(|line| line.trim_end()).collect::<Vec<_>>().join("\n")
}

/// For Graphviz: `| dot -Tsvg`.
pub fn dot(graph: &Graph) -> String {
    let mut dot = "digraph {\n    node [shape=box]\n".to_owned();
    for layer in graph.layers().iter().rev() {
        let _ = writeln!(dot, "    {{ rank=same; {} }}", quoted(layer).join("; "));
    }
    for name in graph.names() {
        let known: Vec<_> = graph.known(name).map(|(to, _)| to).collect();
        if !known.is_empty() {
            let _ = writeln!(dot, "    \"{name}\" -> {{ {} }}", quoted(&known).join("; "));
        }
    }
    dot + "}\n"
}

fn quoted(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| format!("\"{name}\"")).collect()
}

#[cfg(test)]
mod tests {
    use super::super::graph::tests::graph;
    use super::*;

    #[test]
    fn text_has_those_on_top_who_know_all() {
        let graph = graph(&[("server", "hub"), ("server", "board"), ("hub", "board")]);
        let expected = "server  -> board, hub\n\nhub     -> board\n\nboard\n";
        assert_eq!(text(&graph), expected);
    }

    #[test]
    fn a_long_line_goes_on_below_its_names() {
        let names: Vec<String> = (0..20).map(|n| format!("module{n}")).collect();
        let arrows: Vec<_> = names.iter().map(|name| ("all", name.as_str())).collect();
        let text = text(&graph(&arrows));
        assert!(text.lines().all(|line| line.len() <= WIDTH), "{text}");
        assert!(text.lines().nth(1).unwrap().starts_with(&" ".repeat(13)), "{text}");
    }

    #[test]
    fn dot_has_each_name_in_its_layer_and_each_arrow() {
        let dot = dot(&graph(&[("server", "hub"), ("server", "board")]));
        assert!(dot.contains("{ rank=same; \"board\"; \"hub\" }"), "{dot}");
        assert!(dot.contains("\"server\" -> { \"board\"; \"hub\" }"), "{dot}");
    }
}
