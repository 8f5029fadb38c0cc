//! The crates of the workspace and the arrows between them, as cargo knows them. What only tests need is no
//! arrow.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use serde::Deserialize;

use super::graph::{Graph, Place};
use super::modules::Modules;
use crate::run;

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
}

/// A crate of the workspace.
#[derive(Deserialize)]
pub struct Package {
    name: String,
    manifest_path: PathBuf,
    dependencies: Vec<Dependency>,
    targets: Vec<Target>,
}

#[derive(Deserialize)]
struct Dependency {
    name: String,
    kind: Option<String>,
    path: Option<PathBuf>,
}

#[derive(Deserialize)]
struct Target {
    name: String,
    kind: Vec<String>,
    src_path: PathBuf,
}

/// All crates of the workspace.
pub fn packages() -> Result<Vec<Package>> {
    let metadata = ["metadata", "--no-deps", "--locked", "--format-version", "1"];
    let output = run::cargo(metadata).output().context("cannot run `cargo metadata`")?;
    if !output.status.success() {
        bail!("`cargo metadata`: {}", String::from_utf8_lossy(&output.stderr));
    }
    Ok(serde_json::from_slice::<Metadata>(&output.stdout)?.packages)
}

/// The arrows between them.
pub fn graph(packages: &[Package]) -> Graph {
    let mut graph = Graph::default();
    for package in packages {
        graph.node(package.short());
        let ours = |dependency: &&Dependency| {
            dependency.path.is_some() && dependency.kind.as_deref() != Some("dev")
        };
        for dependency in package.dependencies.iter().filter(ours) {
            let place = || package.place(&dependency.name);
            graph.arrow(package.short(), short(&dependency.name), place);
        }
    }
    graph
}

/// What stands in the picture for the name that cargo has.
fn short(name: &str) -> &str {
    match name {
        "lampfield" => "server",
        name => name.strip_prefix("lampfield-").unwrap_or(name),
    }
}

impl Package {
    /// The name in the picture.
    pub fn short(&self) -> &str {
        short(&self.name)
    }

    /// The modules of its library and its programs: one set for each folder that has a root.
    pub fn modules(&self) -> Result<Vec<Modules>> {
        let library = |target: &&Target| target.kind.iter().any(|kind| kind == "lib");
        let own_name = self.targets.iter().find(library).map_or("", |target| target.name.as_str());
        let shipped =
            |target: &&Target| target.kind.iter().any(|kind| kind == "lib" || kind == "bin");
        let mut folders: Vec<(&Path, Vec<PathBuf>)> = Vec::new();
        for target in self.targets.iter().filter(shipped) {
            let folder = target.src_path.parent().unwrap_or(&target.src_path);
            match folders.iter_mut().find(|(other, _)| *other == folder) {
                Some((_, roots)) => roots.push(target.src_path.clone()),
                None => folders.push((folder, vec![target.src_path.clone()])),
            }
        }
        let workspace = run::workspace();
        folders.iter().map(|(_, roots)| Modules::read(own_name, roots, &workspace)).collect()
    }

    /// Where the manifest names a dependency.
    fn place(&self, dependency: &str) -> Place {
        let shown =
            self.manifest_path.strip_prefix(run::workspace()).unwrap_or(&self.manifest_path);
        let text = std::fs::read_to_string(&self.manifest_path).unwrap_or_default();
        let line = text.lines().position(|line| {
            line.strip_prefix(dependency).is_some_and(|rest| rest.starts_with(['.', ' ', '=']))
        });
        Place {
            from: shown.display().to_string(),
            to: dependency.to_owned(),
            line: line.map_or(0, |line| line + 1),
        }
    }
}
