//! Columns without lines between them, two blanks apart, as kubectl prints tables.

use crate::core::text::{Lines, plain};
use unicode_width::UnicodeWidthStr as _;

/// Blanks between two columns.
const GAP: usize = 2;

/// A table: a heading for each column, then the rows; every cell is cleaned, and no line ends with a blank.
pub(super) fn table<Row: AsRef<[String]>>(headings: &[&str], rows: &[Row]) -> Lines {
    let cleaned = |row: &Row| row.as_ref().iter().map(|cell| plain(cell).into_owned()).collect();
    let headings: Vec<String> = headings.iter().map(|heading| (*heading).to_owned()).collect();
    let rows: Vec<Vec<String>> = std::iter::once(headings).chain(rows.iter().map(cleaned)).collect();
    let columns = rows.iter().map(Vec::len).max().unwrap_or_default();
    let widths: Vec<usize> = (0..columns)
        .map(|column| rows.iter().filter_map(|row| Some(row.get(column)?.width())).max().unwrap_or_default())
        .collect();
    let mut lines = Lines::new();
    for row in rows {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(&widths) {
            line.push_str(cell);
            line.extend(std::iter::repeat_n(' ', width.saturating_sub(cell.width()) + GAP));
        }
        writeln!(lines, "{}", line.trim_end());
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_what_is_shown() {
        let rows = [["模型", "a\nb", ""], ["x", "", "last"]].map(|row| row.map(str::to_owned));
        let text = table(&["NAME", "B", "C"], &rows).into_string();
        assert_eq!(text, "NAME  B     C\n模型  a\\nb\nx           last\n");
    }
}
