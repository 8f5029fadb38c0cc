//! Boards that are called like a domain which is on another board, so that a name means two of them.

use super::super::{Config, Domain};
use crate::config::reader::{Reader, Refused};

/// All domains together.
pub fn all(config: &Config, reader: &mut Reader<'_>) {
    for (index, domain) in config.domain.iter().enumerate() {
        let Some(board) = &domain.board else { continue };
        let is_elsewhere = |other: &&Domain| {
            other.name.as_str() == board.as_str()
                && other.board.as_ref().is_some_and(|has| has != board)
        };
        let Some(other) = config.domain.iter().find(is_elsewhere) else { continue };
        let has = other.board.as_ref().map(ToString::to_string).unwrap_or_default();
        let text =
            format!("this is not the board of the domain {}, which has \"{has}\"", other.name);
        let refused = Refused::new(text).hint(format!(
            "to share one: board = \"{has}\"; otherwise give this board another name"
        ));
        reader.warning("board-name", reader.place_in("domain", index, "board"), refused);
    }
}

#[cfg(test)]
mod tests {

    use crate::config::{Config, Problem, Source};

    #[test]
    fn a_board_that_is_called_like_a_domain_on_another_board_is_told() {
        let told = |boards: [&str; 2]| {
            let [of_a, of_b] = boards.map(|board| match board {
                "" => String::new(),
                board => format!("board = '{board}'\n"),
            });
            let text = format!(
                "[[domain]]\nname = 'a.example'\n{of_a}[[domain]]\nname = 'b.example'\n{of_b}"
            );
            let source = Source { path: "lampfield.toml".into(), text };
            let problems = Config::parse(source).expect("only warnings").1;
            let text = &problems.source.text;
            let place = |one: &Problem| text.get(one.span.clone()).map(str::to_owned);
            problems.list.iter().map(|one| (one.code, place(one))).collect::<Vec<_>>()
        };
        assert_eq!(told(["b.example", "x"]), [("board-name", Some("'b.example'".to_owned()))]);
        for fine in [["b.example", ""], ["b.example", "b.example"], ["x", "x"], ["a.example", ""]] {
            assert_eq!(told(fine), [], "{fine:?}");
        }
    }
}
