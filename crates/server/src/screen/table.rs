//! Tables without frames: two spaces between columns, numbers to the right. On a terminal no line is longer than that is
//! wide; elsewhere nothing is cut.
//!
//! Our own: the crates for tables come with frames, colours and wrapping that would all be turned
//! off, and what is left is one pass for the widths and one to write.

use std::borrow::Cow;

use super::Screen;

/// To which side a column leans.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Align {
    /// Words begin at the left.
    Left,
    /// Numbers end at the right.
    Right,
}

/// Rows under heads, kept until all widths are known.
#[derive(Debug)]
pub struct Table {
    columns: Vec<(&'static str, Align)>,
    rows: Vec<Vec<String>>,
}

// === impl Table ===

impl Table {
    /// A table with these heads.
    pub fn new(columns: &[(&'static str, Align)]) -> Self {
        Self { columns: columns.to_vec(), rows: Vec::new() }
    }

    /// Adds a row; it has as many cells as there are heads.
    pub fn row(&mut self, cells: Vec<String>) {
        self.rows.push(cells);
    }

    /// As text, each line ended, without blanks at line ends and without columns that say nothing. Where it is wider than
    /// the screen its widest columns are cut.
    pub fn into_text(self, screen: &Screen) -> String {
        self.within(screen.width(), screen.cut_mark())
    }

    /// The same with nothing cut, for what is to be read to its end.
    pub fn whole(self) -> String {
        self.within(None, "")
    }

    fn within(mut self, room: Option<usize>, cut_mark: &str) -> String {
        self.leave_out_empty();
        let heads: Vec<String> = self.columns.iter().map(|(head, _)| (*head).to_owned()).collect();
        let mut widths: Vec<usize> = (0..self.columns.len())
            .map(|at| {
                let cells = std::iter::once(&heads).chain(&self.rows).filter_map(|row| row.get(at));
                cells.map(|cell| width(cell)).max().unwrap_or(0)
            })
            .collect();
        if let Some(room) = room {
            self.fit(&mut widths, room);
        }
        let mut text = String::new();
        for row in std::iter::once(&heads).chain(&self.rows) {
            let mut line = String::new();
            for ((cell, (_, align)), wide) in row.iter().zip(&self.columns).zip(&widths) {
                let cell: &str = &cut(cell, *wide, cut_mark);
                let blanks = " ".repeat(wide.saturating_sub(width(cell)));
                match align {
                    Align::Left => line.extend([cell, blanks.as_str(), "  "]),
                    Align::Right => line.extend([blanks.as_str(), cell, "  "]),
                }
            }
            text.push_str(line.trim_end());
            text.push('\n');
        }
        text
    }

    /// Takes from the widest columns, until all have room or nothing can be taken any more. A number that is cut is another
    /// number, so those keep their width.
    fn fit(&self, widths: &mut [usize], room: usize) {
        let gaps = 2 * widths.len().saturating_sub(1);
        while widths.iter().sum::<usize>() + gaps > room {
            let cuttable = widths.iter_mut().zip(&self.columns);
            let cuttable = cuttable.filter(|(_, (_, align))| *align == Align::Left);
            let widest = cuttable.map(|(width, _)| width).max_by_key(|width| **width);
            match widest.filter(|width| **width > NARROWEST) {
                Some(width) => *width -= 1,
                None => return,
            }
        }
    }

    fn leave_out_empty(&mut self) {
        for at in (0..self.columns.len()).rev() {
            let mut cells = self.rows.iter().filter_map(|row| row.get(at));
            if !self.rows.is_empty() && cells.all(String::is_empty) {
                self.columns.remove(at);
                for row in &mut self.rows {
                    row.remove(at);
                }
            }
        }
    }
}

/// Narrower than this no column is made: what is left would tell nothing.
const NARROWEST: usize = 8;

/// The beginning of a cell that is wider than this, with a mark at its end. Colour codes stay whole.
fn cut<'a>(cell: &'a str, wide: usize, mark: &str) -> Cow<'a, str> {
    if width(cell) <= wide {
        return cell.into();
    }
    let room = wide.saturating_sub(width(mark));
    let (mut shown, mut kept, mut in_code) = (0, String::with_capacity(cell.len()), false);
    for c in cell.chars() {
        let is_code = in_code || c == '\x1b';
        in_code = is_code && c != 'm';
        if is_code {
            kept.push(c);
            continue;
        }
        shown += 1;
        if shown <= room {
            kept.push(c);
        } else if shown == room + 1 {
            kept.push_str(mark);
        }
    }
    kept.into()
}

/// With blanks behind it up to a width.
pub fn padded(text: &str, wide: usize) -> String {
    format!("{text}{}", " ".repeat(wide.saturating_sub(width(text))))
}

/// Characters on the screen: colour codes take no room.
fn width(cell: &str) -> usize {
    let mut count = 0;
    let mut in_code = false;
    for c in cell.chars() {
        match (c, in_code) {
            ('\x1b', _) => in_code = true,
            ('m', true) => in_code = false,
            (_, true) => (),
            (_, false) => count += 1,
        }
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_lean_right_and_colours_and_empty_columns_take_no_room() {
        let columns = [("NAME", Align::Left), ("EMPTY", Align::Left), ("FACTS", Align::Right)];
        let mut table = Table::new(&columns);
        table.row(vec!["\x1b[31mpbx-1\x1b[0m".to_owned(), String::new(), "7".to_owned()]);
        table.row(vec!["a".to_owned(), String::new(), "1,790".to_owned()]);
        let shown = "NAME   FACTS\n\x1b[31mpbx-1\x1b[0m      7\na      1,790\n";
        assert_eq!(table.whole(), shown);
    }

    #[test]
    fn no_line_is_longer_than_the_screen_and_numbers_stay_whole() {
        let columns = [("SUBJECT", Align::Left), ("FACTS", Align::Right), ("BY", Align::Left)];
        let table = || {
            let mut table = Table::new(&columns);
            let lamp = format!("\x1b[31m{}\x1b[0m", "PJSIP/100-".repeat(9));
            table.row(vec![lamp, "1,790".to_owned(), "pbx-1@a.example, pbx-2".to_owned()]);
            table
        };
        let cut = table().within(Some(40), "…");
        assert!(cut.lines().all(|line| width(line) <= 40), "{cut}");
        assert!(cut.contains("1,790") && cut.contains("-PJSIP…\x1b[0m"), "{cut:?}");
        assert!(!table().within(Some(200), "…").contains('…'));
        assert!(table().within(None, "…").contains("pbx-2"));
        // Too narrow for anything: nothing is lost but the look.
        assert!(table().within(Some(5), "…").contains("1,790"));
    }
}
