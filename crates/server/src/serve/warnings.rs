//! What should be looked at in the configuration, as documents tell it.

use crate::advice::{self, Advice};
use crate::config::Problem;
use crate::document::warning::Warning;
use crate::place::Place;

/// All of a place: the same as `check` says of it, but for its certificates, which are looked at all the time.
pub fn of_place(place: &Place) -> Vec<Warning> {
    let source = &place.warnings.source;
    let of_file = place.warnings.list.iter().map(|problem| {
        let (line, column) = source.line_and_column(problem);
        let at = format!("{}:{line}:{column}", source.path.display());
        of_problem(problem.clone(), Some(at))
    });
    of_file.chain(advice::of(place).into_iter().map(of_advice)).collect()
}

/// Of what stands at a place of the file, or nowhere.
pub fn of_problem(problem: Problem, at: Option<String>) -> Warning {
    Warning { code: problem.code.to_owned(), text: problem.message, remedy: problem.hint, at }
}

fn of_advice(advice: Advice) -> Warning {
    let Advice { code, text, remedy } = advice;
    Warning { code: code.to_owned(), text, remedy: Some(remedy), at: None }
}
