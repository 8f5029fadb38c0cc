//! Who knows whom, drawn from the code: the crates, or the modules of one. The check fails on an arrow
//! against the table in `order`, on a circle between modules that stand side by side, on two types of one name in a crate
//! if others see one, on a comment of a public item that says nothing, and on a product that the core names.

mod crates;
mod empty_docs;
mod for_tests;
mod graph;
mod mentions;
mod modules;
mod order;
mod picture;

use anyhow::{Result, bail};

use crates::Package;
use graph::Graph;
use modules::Modules;
use order::{CORE, FACES, KNOWN, OF_TODAY, PRODUCTS};

use crate::counts::Counts;
use crate::run;

/// Prints the picture of the crates, or of what is in `place`: a crate or a folder of one.
pub fn draw(place: Option<&str>, dot: bool) -> Result<()> {
    let packages = crates::packages()?;
    let graphs = match place {
        None => vec![crates::graph(&packages)],
        Some(place) => inside(&packages, place)?,
    };
    let shown: Vec<_> = graphs.iter().map(if dot { picture::dot } else { picture::text }).collect();
    print!("{}", shown.join("\n"));
    Ok(())
}

/// The modules in `CRATE` or `CRATE/FOLDER`; several graphs if there are several programs.
fn inside(packages: &[Package], place: &str) -> Result<Vec<Graph>> {
    let mut path = place.split('/');
    let name = path.next().unwrap_or_default();
    let folder: Vec<_> = path.map(str::to_owned).collect();
    let Some(package) = packages.iter().find(|package| package.short() == name) else {
        let names: Vec<_> = packages.iter().map(Package::short).collect();
        bail!("no crate `{name}`; there are {}", names.join(", "));
    };
    let mut graphs: Vec<_> =
        package.modules()?.iter().map(|modules| modules.below(&folder)).collect();
    graphs.retain(|graph| graph.names().next().is_some());
    if graphs.is_empty() {
        bail!("`{place}` has no modules");
    }
    Ok(graphs)
}

/// Says what is wrong with the arrows of all crates.
pub fn check() -> Result<Counts> {
    let mut counts = Counts::default();
    let packages = crates::packages()?;
    let crates = crates::graph(&packages);
    counts.one("arrows between crates", none_of(&order::against(&crates)));
    counts.one("the picture in ARCHITECTURE.md", none_of(&painted(&picture::text(&crates))?));
    counts.one("circles told in ARCHITECTURE.md", none_of(&untold()?));
    counts.one("crates see what they may of others", none_of(&besides_faces(&packages)?));
    counts.one("a name for each type", none_of(&everywhere(&packages, Modules::namesakes)?));
    let empty = everywhere(&packages, Modules::empty_docs)?;
    counts.one("comments of public items say something", none_of(&empty));
    let core: Vec<_> = packages.iter().filter(|one| CORE.contains(&one.short())).collect();
    let products = |modules: &Modules| modules.texts_with(PRODUCTS, OF_TODAY);
    counts.one("no product in the core", none_of(&everywhere(core, products)?));
    let mut folders = Vec::new();
    for package in &packages {
        for modules in package.modules()? {
            let name =
                |folder: &[String]| [&[package.short().to_owned()], folder].concat().join("/");
            folders.extend(modules.folders().map(|path| (name(path), modules.below(path))));
        }
    }
    counts.one("no circles between modules", none_of(&order::circles(&mut folders, KNOWN)));
    Ok(counts)
}

/// What is wrong in the modules of some crates.
fn everywhere<'a>(
    packages: impl IntoIterator<Item = &'a Package>,
    wrong: impl Fn(&Modules) -> Vec<String>,
) -> Result<Vec<String>> {
    let mut all = Vec::new();
    for package in packages {
        all.extend(package.modules()?.iter().flat_map(&wrong));
    }
    Ok(all)
}

/// Where a crate sees more of another than that shows it.
fn besides_faces(packages: &[Package]) -> Result<Vec<String>> {
    let mut wrong = Vec::new();
    for (crates, other, faces) in FACES {
        for package in packages.iter().filter(|package| crates.contains(&package.short())) {
            for modules in package.modules()? {
                let besides = modules.besides(other, faces).into_iter();
                let (name, faces) = (package.short(), faces.join(", "));
                wrong.extend(
                    besides.map(|line| format!("{line}\n    {name} sees of {other} only: {faces}")),
                );
            }
        }
    }
    Ok(wrong)
}

fn architecture() -> Result<String> {
    Ok(std::fs::read_to_string(run::workspace().join("ARCHITECTURE.md"))?)
}

/// Circles that are let pass, and of which people are not told.
fn untold() -> Result<Vec<String>> {
    let text = architecture()?;
    let untold = KNOWN.iter().map(order::Known::told).filter(|known| !text.contains(known));
    Ok(untold
        .map(|known| format!("ARCHITECTURE.md does not tell of the circle by {known}"))
        .collect())
}

/// What is wrong with the copy of the crates' picture that people read.
fn painted(picture: &str) -> Result<Vec<String>> {
    let text = architecture()?;
    let old = "ARCHITECTURE.md has not what `cargo xtask arrows` draws; put there:";
    let is_there = text.contains(&format!("\n```\n{picture}```\n"));
    Ok(Vec::from_iter((!is_there).then(|| format!("{old}\n\n{picture}"))))
}

/// Prints what is wrong; whether nothing is.
fn none_of(wrong: &[String]) -> bool {
    wrong.iter().for_each(|wrong| eprintln!("{wrong}"));
    wrong.is_empty()
}
