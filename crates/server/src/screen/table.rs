//! Tables without frames: two spaces between columns, numbers to the right, nothing cut.
//!
//! Our own: the crates for tables come with frames, colours and wrapping that would all be turned
//! off, and what is left is one pass for the widths and one to write.

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

    /// As text, each line ended, without blanks at line ends and without columns that say nothing.
    pub fn into_text(mut self) -> String {
        self.leave_out_empty();
        let heads: Vec<String> = self.columns.iter().map(|(head, _)| (*head).to_owned()).collect();
        let widths: Vec<usize> = (0..self.columns.len())
            .map(|at| {
                let cells = std::iter::once(&heads).chain(&self.rows).filter_map(|row| row.get(at));
                cells.map(|cell| width(cell)).max().unwrap_or(0)
            })
            .collect();
        let mut text = String::new();
        for row in std::iter::once(&heads).chain(&self.rows) {
            let mut line = String::new();
            for ((cell, (_, align)), wide) in row.iter().zip(&self.columns).zip(&widths) {
                let blanks = " ".repeat(wide.saturating_sub(width(cell)));
                match align {
                    Align::Left => line.extend([cell, &blanks, "  "]),
                    Align::Right => line.extend([&blanks, cell, "  "]),
                }
            }
            text.push_str(line.trim_end());
            text.push('\n');
        }
        text
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
        assert_eq!(table.into_text(), shown);
    }
}
