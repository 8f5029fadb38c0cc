//! What the packages are packed from, in one folder that looks like a target folder of cargo's: the
//! programs, and what the program says of itself (man pages, completions).

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use super::program::Program;
use super::{empty, folder};
use crate::run;

/// The shells, and what their completions are called where packages put them.
const COMPLETIONS: [(&str, &str); 3] =
    [("bash", "lampfield"), ("zsh", "_lampfield"), ("fish", "lampfield.fish")];

/// A folder from which packages are made.
pub struct Stage {
    target: PathBuf,
}

// === impl Stage ===

impl Stage {
    /// Fills a folder of this name with a program and all that belongs to it.
    pub fn make(program: &Program, name: &str) -> Result<Self> {
        let stage = Self { target: folder().with_file_name("dist-work").join(name) };
        empty(&stage.target)?;
        for folder in ["man", "completions", "doc"] {
            fs::create_dir_all(stage.folder().join(folder))?;
        }
        for name in ["lampfield", "lampfield-relay"] {
            fs::copy(program.stripped(), stage.folder().join(name))?;
        }
        stage.man_pages()?;
        for (shell, file) in COMPLETIONS {
            let script = stage.says(&["help", "completions", shell])?;
            fs::write(stage.folder().join("completions").join(file), script)?;
        }
        stage.manual()?;
        Ok(stage)
    }

    /// The folder as cargo's own tools take it (`CARGO_TARGET_DIR`).
    pub fn target(&self) -> &Path {
        &self.target
    }

    /// What is in it.
    pub fn folder(&self) -> PathBuf {
        self.target.join("release")
    }

    /// The pages as the program prints them one behind the other, one file each.
    fn man_pages(&self) -> Result<()> {
        let all = self.says(&["help", "man"])?;
        let folder = self.folder().join("man");
        let mut pages = Vec::new();
        for page in all.split("\n.TH ").skip(1) {
            let name = page.split_whitespace().next().context("a page without a name")?;
            pages.push((format!("{name}.1"), format!(".TH {page}")));
            if name == "lampfield-relay" {
                // The relay's package may be installed beside the server's, which has it in section 1.
                pages
                    .push((format!("{name}.8"), format!(".TH {}", page.replacen(" 1 ", " 8 ", 1))));
            }
        }
        if pages.is_empty() {
            bail!("`lampfield help man` has printed no page");
        }
        for (name, page) in &pages {
            fs::write(folder.join(name), page)?;
        }
        let files = pages.iter().map(|(name, _)| name);
        run::must(Command::new("gzip").arg("-9n").args(files).current_dir(folder))
    }

    /// The operator's manual.
    fn manual(&self) -> Result<()> {
        for entry in fs::read_dir(run::workspace().join("docs"))? {
            let path = entry?.path();
            if path.extension().is_some_and(|ending| ending == "md") {
                let name = path.file_name().context("a file has a name")?;
                fs::copy(&path, self.folder().join("doc").join(name))?;
            }
        }
        Ok(())
    }

    /// What the program prints.
    fn says(&self, arguments: &[&str]) -> Result<String> {
        let mut program = Command::new(self.folder().join("lampfield"));
        program.args(arguments);
        let line = run::shown(&program);
        let output = program.output().with_context(|| format!("cannot run `{line}`"))?;
        if !output.status.success() {
            bail!("`{line}`: {}", String::from_utf8_lossy(&output.stderr));
        }
        Ok(String::from_utf8(output.stdout)?)
    }
}
