//! What a code means: the rows of the manual's pages about messages and about the doctor's checks, which
//! are built in.

/// The pages, as they were when the program was built.
const PAGES: [&str; 2] = [
    include_str!("../../../../../docs/messages.md"),
    include_str!("../../../../../docs/doctor.md"),
];

/// Everything the manual says of a code; `None` if it says nothing.
pub fn explained(code: &str) -> Option<String> {
    let mut text = String::new();
    let mut section = "";
    let mut heads: Vec<&str> = Vec::new();
    for line in PAGES.iter().flat_map(|page| page.lines()) {
        let cells = cells(line);
        if let Some(title) = line.strip_prefix("## ") {
            section = title;
        } else if cells.is_empty() {
            heads.clear();
        } else if heads.is_empty() {
            heads = cells;
        } else if names(&cells).any(|name| name == code) {
            text += &row(section, &heads, &cells);
        }
    }
    (!text.is_empty()).then_some(text)
}

/// Every code of the pages.
pub fn all() -> impl Iterator<Item = &'static str> {
    PAGES
        .iter()
        .flat_map(|page| page.lines())
        .flat_map(|line| names(&cells(line)).collect::<Vec<_>>())
}

/// The cells of a table's row; none for any other line.
fn cells(line: &str) -> Vec<&str> {
    match line.strip_prefix('|').and_then(|line| line.strip_suffix('|')) {
        Some(row) => row.split('|').map(str::trim).collect(),
        None => Vec::new(),
    }
}

/// The codes in the first cell.
fn names<'a>(cells: &[&'a str]) -> impl Iterator<Item = &'a str> {
    let first = cells.first().copied().unwrap_or_default();
    let is_part = |byte: u8| byte.is_ascii_lowercase() || byte == b'-' || byte == b'/';
    let code = move |word: &&str| word.bytes().all(is_part);
    first.split('`').skip(1).step_by(2).filter(code)
}

fn row(section: &str, heads: &[&str], cells: &[&str]) -> String {
    let mut text = format!("{section}\n");
    for (head, cell) in heads.iter().zip(cells).filter(|(_, cell)| !cell.is_empty()) {
        text += &format!("  {head:24}  {}\n", plain(cell));
    }
    text + "\n"
}

/// A cell as a terminal shows it: no marks, and of a link its words and the page.
pub(super) fn plain(cell: &str) -> String {
    let (mut text, mut rest) = (String::new(), cell);
    while let Some((before, after)) = rest.split_once("](")
        && let Some((before, words)) = before.rsplit_once('[')
        && let Some((target, after)) = after.split_once(')')
    {
        text += before;
        text += words;
        match target.split('#').next() {
            Some("") | None => {}
            Some(page) => text += &format!(" (docs/{page})"),
        }
        rest = after;
    }
    (text + rest).replace('`', "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_brings_its_rows() {
        let text = explained("duplicate-eid").expect("a code of the manual");
        assert!(text.starts_with("Problems in `lampfield status`\n"), "{text}");
        assert!(text.contains("  who acts, and how         whoever runs these PBXs"), "{text}");
        assert!(explained("unknown-subject").is_some_and(|text| text.contains("case matters")));
        assert_eq!(explained("nonsense"), None);
        let cell = "in `[xmpp]` as [said](a.md#b), see [above](#c)";
        assert_eq!(plain(cell), "in [xmpp] as said (docs/a.md), see above");
        assert!(all().any(|code| code == "not-reached"));
    }
}
