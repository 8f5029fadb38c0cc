//! `files`: who can read and write what belongs to the server alone.

use std::fs::{self, Metadata};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::check::{Finding, Findings};
use super::mend::Mend;
use super::scene::{NotAsked, Scene};
use crate::advice;
use crate::screen::time::counted;

/// What others may do with a file, and what lets them change what is in a folder.
const OTHERS: u32 = 0o077;
const WRITE: u32 = 0o022;
/// Entries of a folder that are looked at.
const MOST: usize = 1_000;

/// A data folder into which others can write.
pub fn folder(scene: &Scene) -> Findings {
    let path = scene.data_dir()?;
    let Some(of) = there(&path, fs::metadata(&path))? else { return Ok(Vec::new()) };
    let mode = of.mode() & 0o7777;
    if mode & WRITE == 0 {
        return Ok(Vec::new());
    }
    let mend = Mend::Mode { path: path.clone(), mode: mode & !OTHERS };
    let text = format!("others can write into the data folder {}", path.display());
    let matters = "every account: other users could replace the database and the keys";
    Ok(vec![Finding::bad(text, matters, mend.command()).seen(format!("mode {mode:04o}")).by(mend)])
}

/// Files in the data folder that others can read.
pub fn secrets(scene: &Scene) -> Findings {
    let found = own(scene)?.into_iter().filter_map(|(path, of)| {
        let mode = of.mode() & 0o7777;
        if !of.is_file() || mode & OTHERS == 0 {
            return None;
        }
        let mend = Mend::Mode { path: path.clone(), mode: mode & !OTHERS };
        let text = format!("others can read {}", path.display());
        let matters = "every account: these files hold passwords, keys and the history of lamps";
        let found = Finding::bad(text, matters, mend.command());
        Some(found.seen(format!("mode {mode:04o}")).by(mend))
    });
    Ok(found.collect())
}

/// Files that the user of the server cannot use, as after a start by root.
pub fn owner(scene: &Scene) -> Findings {
    let path = scene.data_dir()?;
    let Some(of) = there(&path, fs::metadata(&path))? else { return Ok(Vec::new()) };
    let foreign = own(scene)?.into_iter().filter(|(_, one)| one.uid() != of.uid());
    let paths: Vec<PathBuf> = foreign.map(|(path, _)| path).collect();
    let Some(first) = paths.first() else { return Ok(Vec::new()) };
    let text =
        format!("the data folder has {} of another user", counted(paths.len() as u64, "file"));
    let matters = "the next start by the user of the server: it would fail";
    let seen = format!("{}; the folder belongs to user {}", first.display(), of.uid());
    let mend = Mend::Owner { paths, owner: (of.uid(), of.gid()) };
    Ok(vec![Finding::bad(text, matters, mend.command()).seen(seen).by(mend)])
}

/// A configuration with passwords that others can read.
pub fn configuration(scene: &Scene) -> Findings {
    let place = scene.place()?;
    let open = advice::of(place).into_iter().filter(|one| one.code == "open-configuration");
    let found = open.map(|advice| {
        let matters = "the accounts whose passwords are in it";
        let found = Finding::bad(advice.text, matters, advice.remedy);
        let mode =
            place.file.as_ref().and_then(|file| Some((file, fs::metadata(file).ok()?.mode())));
        match mode {
            Some((file, mode)) => found.by(Mend::Mode { path: file.clone(), mode: mode & 0o7770 }),
            None => found,
        }
    });
    Ok(found.collect())
}

/// What is in the data folder and in its `tls`, without what goes away meanwhile.
fn own(scene: &Scene) -> Result<Vec<(PathBuf, Metadata)>, NotAsked> {
    let folder = scene.data_dir()?;
    let mut found = Vec::new();
    for folder in [folder.clone(), folder.join("tls")] {
        let Some(entries) = there(&folder, fs::read_dir(&folder))? else { continue };
        let entries = entries.flatten().take(MOST);
        found.extend(entries.filter_map(|entry| Some((entry.path(), entry.metadata().ok()?))));
    }
    Ok(found)
}

/// What is not there yet is not wrong; what may not be seen was not looked at.
fn there<T>(path: &Path, looked: io::Result<T>) -> Result<Option<T>, NotAsked> {
    match looked {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(NotAsked(format!("{}: {error}: sudo", path.display()))),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::chown;

    use super::super::testing::{Stage, texts};
    use super::*;

    #[test]
    fn a_folder_into_which_others_can_write_is_told_and_closed() {
        let stage = Stage::new();
        assert_eq!(texts(folder(&stage.scene())), [""; 0]);
        stage.mode_of_data(0o777);
        let scene = stage.scene();
        let found = folder(&scene).expect("an answer");
        let mend = found[0].can.clone().expect("a mend");
        mend.apply(&scene.machine).expect("mended");
        assert_eq!(texts(folder(&scene)), [""; 0]);
        assert_eq!(fs::metadata(stage.data()).expect("a folder").mode() & 0o777, 0o700);
    }

    #[test]
    fn a_secret_that_others_can_read_is_told_and_closed() {
        let stage = Stage::new();
        stage.data_file("accounts.key", 0o600);
        stage.data_file("tls/a.example.key", 0o600);
        assert_eq!(texts(secrets(&stage.scene())), [""; 0]);
        stage.data_file("tls/a.example.key", 0o644);
        let scene = stage.scene();
        let found = secrets(&scene).expect("an answer");
        assert!(found[0].text.ends_with("tls/a.example.key"), "{found:?}");
        found[0].can.as_ref().expect("a mend").apply(&scene.machine).expect("mended");
        assert_eq!(texts(secrets(&scene)), [""; 0]);
    }

    #[test]
    fn a_file_of_another_user_is_told_and_given_back() {
        let stage = Stage::new();
        let path = stage.data_file("lampfield.db", 0o600);
        assert_eq!(texts(owner(&stage.scene())), [""; 0]);
        // Only root can give a file away.
        if chown(&path, Some(12_345), None).is_err() {
            return;
        }
        let scene = stage.scene();
        let found = owner(&scene).expect("an answer");
        assert!(found[0].text.ends_with("1 file of another user"), "{found:?}");
        found[0].can.as_ref().expect("a mend").apply(&scene.machine).expect("mended");
        assert_eq!(texts(owner(&scene)), [""; 0]);
    }

    #[test]
    fn a_configuration_with_passwords_that_others_can_read_is_told_and_closed() {
        let stage = Stage::new();
        let account =
            "[[domain]]\nname = 'a'\n[[domain.account]]\nname = 'x'\npassword = 'hunter2-it'\n";
        stage.configure(account);
        assert_eq!(texts(configuration(&stage.scene())), [""; 0]);
        stage.open_to_all("lampfield.toml");
        let scene = stage.scene();
        let found = configuration(&scene).expect("an answer");
        found[0].can.as_ref().expect("a mend").apply(&scene.machine).expect("mended");
        assert_eq!(texts(configuration(&stage.scene())), [""; 0]);
    }
}
