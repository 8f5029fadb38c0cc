//! The modules of a crate and the arrows between them, found as the compiler finds them: from the root along
//! the `mod` lines. A path is followed through what a module passes on from its own children (`pub use`), so
//! an arrow ends at the file that has the thing, unless that belongs to somebody else.

use std::collections::BTreeMap;
use std::path::{Path as FilePath, PathBuf};

use anyhow::{Context, Result, bail};

use super::graph::{Graph, Place};
use super::mentions::{Defined, ModuleContents, Path};

/// So long a chain of names that stand for names is none that a person wrote.
const LONGEST_CHAIN: usize = 16;

/// The modules of a crate by their path; the root's is empty.
pub struct Modules {
    /// What the crate calls itself besides `crate`: its binary knows its library by that.
    own_name: String,
    by_path: BTreeMap<Path, Module>,
}

struct Module {
    file: String,
    contents: ModuleContents,
}

impl Modules {
    /// Reads the crate that begins in these files of one folder: a library, a program, or both.
    ///
    /// # Errors
    /// A file cannot be read, or is not Rust.
    pub fn read(own_name: &str, roots: &[PathBuf], workspace: &FilePath) -> Result<Self> {
        let mut modules = Self { own_name: own_name.to_owned(), by_path: BTreeMap::new() };
        for root in roots {
            modules.read_file(root, Path::new(), workspace)?;
        }
        Ok(modules)
    }

    fn read_file(&mut self, file: &FilePath, path: Path, workspace: &FilePath) -> Result<()> {
        let shown = file.strip_prefix(workspace).unwrap_or(file).display().to_string();
        let text = std::fs::read_to_string(file).with_context(|| shown.clone())?;
        let contents = ModuleContents::of(&text)
            .map_err(|error| anyhow::anyhow!("{shown}:{}: {error}", error.span().start().line))?;
        let is_root = path.is_empty() || file.ends_with("mod.rs");
        let folder = if is_root { file.with_file_name("") } else { file.with_extension("") };
        for (path, stem) in self.add(&shown, path, folder, contents) {
            let candidates = [stem.with_extension("rs"), stem.join("mod.rs")];
            let Some(file) = candidates.iter().find(|file| file.is_file()) else {
                bail!("{shown}: no file for `mod {}`", path.join("::"));
            };
            self.read_file(file, path, workspace)?;
        }
        Ok(())
    }

    /// Adds a module with its inline ones; returns those that have files of their own, with
    /// the paths of these but for `.rs`.
    fn add(
        &mut self,
        file: &str,
        path: Path,
        folder: PathBuf,
        mut contents: ModuleContents,
    ) -> Vec<(Path, PathBuf)> {
        let below = |name: &String| path.iter().chain([name]).cloned().collect::<Path>();
        let mut declared: Vec<_> =
            contents.declared.iter().map(|name| (below(name), folder.join(name))).collect();
        for (name, inner) in std::mem::take(&mut contents.inline) {
            declared.extend(self.add(file, below(&name), folder.join(&name), inner));
        }
        // A library and a program in one folder share the root.
        match self.by_path.get_mut(&path) {
            Some(root) => {
                root.contents.names.append(&mut contents.names);
                root.contents.mentions.append(&mut contents.mentions);
                root.contents.types.append(&mut contents.types);
                root.contents.texts.append(&mut contents.texts);
                root.contents.empty_docs.append(&mut contents.empty_docs);
            }
            None => {
                self.by_path.insert(path, Module { file: file.to_owned(), contents });
            }
        }
        declared
    }

    /// The arrows between the modules directly below `folder`, whatever lies below these counted as theirs.
    pub fn below(&self, folder: &[String]) -> Graph {
        let member = |path: &Path| path.strip_prefix(folder)?.first().cloned();
        let mut graph = Graph::default();
        for (path, module) in &self.by_path {
            let Some(from) = member(path) else { continue };
            graph.node(&from);
            for mention in &module.contents.mentions {
                let Some(target) = self.target(path, &mention.path) else { continue };
                let Some(to) = member(&target).filter(|to| *to != from) else { continue };
                graph.arrow(&from, &to, || Place {
                    from: module.file.clone(),
                    to: self.by_path[&target].file.clone(),
                    line: mention.line,
                });
            }
        }
        graph
    }

    /// What is mentioned of another crate besides these modules or types of it, a line each.
    pub fn besides(&self, other: &str, faces: &[&str]) -> Vec<String> {
        let of_module = |module: &Module| {
            let besides = move |path: &Path| {
                path.first().is_some_and(|name| name == other)
                    && path.get(1).is_none_or(|name| !faces.contains(&name.as_str()))
            };
            let mentions = module.contents.mentions.iter().filter(move |one| besides(&one.path));
            let file = module.file.clone();
            let line = move |path: &Path, line| format!("{file}:{line}: {}", path.join("::"));
            mentions.map(|one| line(&one.path, one.line)).collect::<Vec<_>>()
        };
        self.by_path.values().flat_map(of_module).collect()
    }

    /// Types of one name of which others than their own module see one, a line each. Who reads the name elsewhere should not
    /// have to look which of them it is.
    pub fn namesakes(&self) -> Vec<String> {
        let mut by_name: BTreeMap<&str, Vec<(&Module, &Defined)>> = BTreeMap::new();
        for module in self.by_path.values() {
            for one in &module.contents.types {
                by_name.entry(&one.name).or_default().push((module, one));
            }
        }
        by_name.retain(|_, all| all.len() > 1 && all.iter().any(|(_, one)| one.is_seen));
        let place =
            |(module, one): &(&Module, &Defined)| format!("\n    {}:{}", module.file, one.line);
        let line = |(name, all): (&&str, &Vec<_>)| {
            format!(
                "{name} is the name of several types:{}",
                all.iter().map(place).collect::<String>()
            )
        };
        by_name.iter().map(line).collect()
    }

    /// Comments of public items that say nothing, a line each.
    pub fn empty_docs(&self) -> Vec<String> {
        let of_module = |module: &Module| {
            let line = |(text, line): &(String, usize)| format!("{}:{line}: {text}", module.file);
            module.contents.empty_docs.iter().map(line).collect::<Vec<_>>()
        };
        self.by_path.values().flat_map(of_module).collect()
    }

    /// Texts with one of these words in them, in whatever case, a line each.
    pub fn texts_with(&self, words: &[&str], except: &[&str]) -> Vec<String> {
        let has_one = |text: &str| {
            let lower = text.to_lowercase();
            words.iter().any(|word| lower.contains(word)) && !except.contains(&text)
        };
        let of_module = |module: &Module| {
            let texts = module.contents.texts.iter().filter(|(text, _)| has_one(text));
            let line = |(text, line): &(String, usize)| format!("{}:{line}: {text:?}", module.file);
            texts.map(line).collect::<Vec<_>>()
        };
        self.by_path.values().flat_map(of_module).collect()
    }

    /// Every module that has modules below it, the root first.
    pub fn folders(&self) -> impl Iterator<Item = &Path> {
        let has_children = move |path: &&Path| {
            self.by_path
                .keys()
                .any(|other| other.len() == path.len() + 1 && other.starts_with(path))
        };
        self.by_path.keys().filter(has_children)
    }

    /// The module that has what `path` names, written in the module `at`; none in another crate.
    fn target(&self, at: &[String], path: &[String]) -> Option<Path> {
        Some(self.owner(self.absolute(at, path, 0)?, 0))
    }

    /// The same path from the root on.
    fn absolute(&self, at: &[String], path: &[String], chain: usize) -> Option<Path> {
        let (first, rest) = path.split_first()?;
        let (base, rest) = match first.as_str() {
            "crate" => (&[][..], rest),
            name if name == self.own_name => (&[][..], rest),
            "self" => (at, rest),
            "super" => {
                let more = rest.iter().take_while(|name| *name == "super").count();
                (&at[..at.len().checked_sub(1 + more)?], &rest[more..])
            }
            _ if self.by_path.contains_key(&[at, &path[..1]].concat()) => (at, path),
            _ => {
                let stands_for = self.name(at, first).filter(|_| chain < LONGEST_CHAIN)?;
                let begin = self.absolute(at, stands_for, chain + 1)?;
                return Some([&begin, rest].concat());
            }
        };
        Some([base, rest].concat())
    }

    /// The module of an absolute path, through what modules pass on from their own children.
    fn owner(&self, path: Path, chain: usize) -> Path {
        let mut length = 0;
        while length < path.len() && self.by_path.contains_key(&path[..=length]) {
            length += 1;
        }
        let (module, rest) = path.split_at(length);
        let passed_on = rest.split_first().and_then(|(name, rest)| {
            let stands_for = self.name(module, name).filter(|_| chain < LONGEST_CHAIN)?;
            let begin = self.absolute(module, stands_for, 0)?;
            begin.starts_with(module).then(|| [&begin, rest].concat())
        });
        match passed_on {
            Some(longer) if longer != path => self.owner(longer, chain + 1),
            _ => module.to_vec(),
        }
    }

    /// What a name that a `use` of this module brings in stands for.
    fn name(&self, module: &[String], name: &str) -> Option<&Path> {
        let names = &self.by_path.get(module)?.contents.names;
        names.iter().find(|(own, _)| own == name).map(|(_, path)| path)
    }
}

#[cfg(test)]
mod tests {
    use super::super::graph::Place;
    use super::*;

    /// A crate of these files: each its path and its text.
    fn modules(files: &[(&str, &str)]) -> Modules {
        let mut modules = Modules { own_name: "own".to_owned(), by_path: BTreeMap::new() };
        for (file, text) in files {
            let path = file.split('/').filter(|name| !name.is_empty()).map(str::to_owned).collect();
            modules.add(file, path, PathBuf::new(), ModuleContents::of(text).unwrap());
        }
        modules
    }

    /// The arrows below a folder, as `from>to`.
    fn arrows(modules: &Modules, folder: &[&str]) -> Vec<String> {
        let folder: Vec<_> = folder.iter().map(|name| (*name).to_owned()).collect();
        let graph = modules.below(&folder);
        let of = |from| graph.known(from).map(move |(to, _)| format!("{from}>{to}"));
        graph.names().flat_map(of).collect()
    }

    #[test]
    fn a_path_leads_to_the_module_that_has_the_thing() {
        let all = modules(&[
            ("", "mod a; mod b; mod c; pub use b::Thing; use c::C;"),
            ("a", "use crate::Thing; fn f() { crate::c::deep::f(); std::mem::drop(1) }"),
            ("b", "use super::c; mod inner { use super::super::a::A; } fn f() { c::deep::f() }"),
            ("c", "mod deep; pub use deep::f;"),
            ("c/deep", "use own::a::f;"),
        ]);
        assert_eq!(arrows(&all, &[]), ["a>b", "a>c", "b>a", "b>c", "c>a"]);
        let place = Place { from: "a".to_owned(), to: "c/deep".to_owned(), line: 1 };
        assert!(all.below(&[]).known("a").any(|arrow| arrow == ("c", &place)));
    }

    #[test]
    fn in_a_folder_its_children_count_and_nobody_above() {
        let all = modules(&[
            ("s", "mod x; mod y; pub use y::Y; pub trait Service {}"),
            ("s/x", "use super::{Service, Y}; use crate::t::T;"),
            ("s/y", "use crate::s::x;"),
            ("t", ""),
        ]);
        assert_eq!(arrows(&all, &["s"]), ["x>y", "y>x"]);
        assert_eq!(arrows(&all, &[]), ["s>t"]);
    }

    #[test]
    fn what_is_passed_on_from_elsewhere_is_an_arrow_to_who_passes_it_on() {
        let all = modules(&[
            ("a", "use crate::b::C;"),
            ("b", "pub use crate::c::C;"),
            ("c", "pub struct C;"),
        ]);
        assert_eq!(arrows(&all, &[]), ["a>b"]);
    }

    #[test]
    fn a_name_that_others_see_is_that_of_one_type() {
        let all = modules(&[
            ("a", "pub struct Seen; struct Own; struct Twice;"),
            ("b", "struct Own; pub(super) enum Twice {}"),
            ("c", "enum Other {} #[cfg(test)] mod tests { struct Seen; }"),
        ]);
        assert_eq!(all.namesakes(), ["Twice is the name of several types:\n    a:1\n    b:1"]);
    }

    #[test]
    fn what_is_seen_besides_the_faces_of_a_crate_is_found() {
        let all = modules(&[
            ("a", "use other::{Named, kit::Peer}; fn f() -> other::Hub {}"),
            ("b", "use other::kit; use another::Hub; use crate::other::Hub;"),
        ]);
        assert_eq!(all.besides("other", &["kit", "Named"]), ["a:1: other::Hub"]);
    }

    #[test]
    fn words_are_found_in_texts_only() {
        let all = modules(&[
            ("a", "//! Acme\nfn f() -> &'static str { \"restart your ACME box\" }"),
            ("b", "const ACME: &str = \"acme-rule\";"),
        ]);
        assert_eq!(all.texts_with(&["acme"], &["acme-rule"]), ["a:2: \"restart your ACME box\""]);
    }

    #[test]
    fn names_that_stand_for_themselves_end() {
        let all = modules(&[("a", "use b::b; use x::y as x; fn f() { b::c(); x::z() }")]);
        assert_eq!(arrows(&all, &[]), [""; 0]);
    }
}
