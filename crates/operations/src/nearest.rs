//! The names nearest to one that does not exist, for "did you mean". It must never offer a name so
//! far away that it only confuses.

/// Up to `most` of `candidates` that resemble `typed`, best first.
pub fn nearest<'a>(
    typed: &str,
    candidates: impl IntoIterator<Item = &'a str>,
    most: usize,
) -> Vec<&'a str> {
    ranked(typed, candidates, ENOUGH).into_iter().take(most).collect()
}

/// The one of `candidates` that resembles `typed` most, if it does so by more than `least` (0 to 1).
pub fn nearest_above<'a>(
    typed: &str,
    candidates: impl IntoIterator<Item = &'a str>,
    least: f64,
) -> Option<&'a str> {
    ranked(typed, candidates, least).into_iter().next()
}

/// Those that are likely enough, best first, each once.
fn ranked<'a>(
    typed: &str,
    candidates: impl IntoIterator<Item = &'a str>,
    least: f64,
) -> Vec<&'a str> {
    let wanted = typed.to_lowercase();
    let mut ranked: Vec<(f64, &str)> = candidates
        .into_iter()
        .map(|name| (likeness(&wanted, &name.to_lowercase()), name))
        .filter(|(score, _)| *score >= least)
        .collect();
    ranked.sort_by(|(a, left), (b, right)| b.total_cmp(a).then_with(|| left.cmp(right)));
    // The same name again stands beside it now.
    ranked.dedup();
    ranked.into_iter().map(|(_, name)| name).collect()
}

/// Below this likeness (0 to 1) two names have nothing to do with each other: one wrong letter in
/// three still counts as near.
const ENOUGH: f64 = 0.6;

fn likeness(typed: &str, name: &str) -> f64 {
    strsim::normalized_damerau_levenshtein(typed, name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn best_first_and_nothing_far_away() {
        let names = ["PJSIP/110", "PJSIP/101", "PJSIP/100", "Custom:night"];
        assert_eq!(nearest("PJSIP/10l", names, 3), ["PJSIP/100", "PJSIP/101", "PJSIP/110"]);
        assert!(nearest("zzz", names, 3).is_empty());
        assert_eq!(nearest("pjsip/101", names, 1), ["PJSIP/101"]);
        assert_eq!(nearest("PJSIP/10", ["PJSIP/100"; 2], 3), ["PJSIP/100"]);
    }
}
