//! `configuration`: whether the file can be read, and what it warns of.

use super::check::{Finding, Findings};
use super::scene::Scene;
use crate::config::Weight;
use crate::place::PlaceError;
use crate::screen::time::counted;

/// A file with mistakes: the running server goes by what it read before, and cannot start again.
pub fn file(scene: &Scene) -> Findings {
    let matters = "the next start and the next reload: both would fail";
    Ok(match &scene.place {
        Ok(_) => Vec::new(),
        Err(PlaceError::Misconfigured(problems)) => {
            let wrong = problems.list.iter().filter(|one| one.weight == Weight::Error);
            let count = wrong.clone().count();
            let path = problems.source.path.display();
            let text = format!("{path} has {}", counted(count as u64, "mistake"));
            let first = wrong.take(1).map(|first| {
                let (line, column) = problems.source.line_and_column(first);
                format!("{path}:{line}:{column}: {}", first.message)
            });
            let found = Finding::bad(text, matters, format!("lampfield check {path}"));
            first.fold(vec![found.clone()], |_, seen| vec![found.clone().seen(seen)])
        }
        Err(PlaceError::Failed(failure)) => {
            let mend = failure.lines.iter().map(|(_, text)| text.as_str()).next();
            vec![Finding::bad(failure.message.clone(), matters, mend.unwrap_or("lampfield check"))]
        }
    })
}

/// What `check` warns of.
pub fn warnings(scene: &Scene) -> Findings {
    let warnings = &scene.place()?.warnings;
    let found = warnings.list.iter().map(|warning| {
        let (line, column) = warnings.source.line_and_column(warning);
        let place = format!("{}:{line}:{column}", warnings.source.path.display());
        let mend =
            warning.hint.clone().unwrap_or_else(|| format!("lampfield help {}", warning.code));
        let matters = "everyone who relies on what the file seems to say";
        Finding::look(warning.message.clone(), matters, mend).seen(place)
    });
    Ok(found.collect())
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Stage, texts};
    use super::*;

    #[test]
    fn a_wrong_file_is_told_with_its_place() {
        let stage = Stage::new();
        assert_eq!(texts(file(&stage.scene())), [""; 0]);
        stage.configure("[xmpp]\nlistten = []\n");
        let found = file(&stage.scene()).expect("an answer");
        assert!(found[0].text.ends_with("lampfield.toml has 1 mistake"), "{found:?}");
        assert!(found[0].seen.as_ref().is_some_and(|seen| seen.contains(":2:1: ")), "{found:?}");
        assert!(warnings(&stage.scene()).is_err());
    }

    #[test]
    fn a_warning_of_the_file_is_told() {
        let stage = Stage::new();
        assert_eq!(texts(warnings(&stage.scene())), [""; 0]);
        stage.configure("[xmpp]\ntls = 'off'\n");
        assert_eq!(texts(warnings(&stage.scene())).len(), 1);
    }
}
