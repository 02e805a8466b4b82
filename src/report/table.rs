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

/// Columns that the last one of a folded table should have, for which others are left out.
const LAST: usize = 24;
/// Columns that it has at least.
const LEAST: usize = 12;

/// A table that fits `width` columns where it can: headings of `optional` are left out one after the other while it is too
/// wide, then the last column is folded between words.
pub(super) fn fitted(headings: &[&str], rows: &[Vec<String>], optional: &[&str], width: usize) -> Lines {
    let (mut headings, mut rows) = (headings.to_vec(), rows.to_vec());
    for name in optional {
        if before_last(&headings, &rows) + least_last(&headings, &rows) <= width {
            break;
        }
        let Some(column) = headings.iter().position(|heading| heading == name) else { continue };
        headings.remove(column);
        rows.iter_mut().filter(|row| column < row.len()).for_each(|row| drop(row.remove(column)));
    }
    let room = width.saturating_sub(before_last(&headings, &rows)).max(LEAST);
    let folded = |row: Vec<String>| -> Vec<Vec<String>> {
        let Some((last, others)) = row.split_last().filter(|_| row.len() == headings.len()) else {
            return vec![row];
        };
        let mut lines = fold(last, room).into_iter();
        let first = others.iter().cloned().chain([lines.next().unwrap_or_default()]).collect();
        let further = lines.map(|line| others.iter().map(|_| String::new()).chain([line]).collect());
        std::iter::once(first).chain(further).collect()
    };
    let rows: Vec<Vec<String>> = rows.into_iter().flat_map(folded).collect();
    table(&headings, &rows)
}

/// Columns that all but the last column take.
fn before_last(headings: &[&str], rows: &[Vec<String>]) -> usize {
    let columns = headings.len().saturating_sub(1);
    (0..columns).map(|column| width_of(headings, rows, column) + GAP).sum()
}

/// Columns that the last column takes once it is folded: no word is cut.
fn least_last(headings: &[&str], rows: &[Vec<String>]) -> usize {
    let column = headings.len().saturating_sub(1);
    let words = rows.iter().filter_map(|row| row.get(column)).flat_map(|cell| cell.split(' '));
    let longest = words.map(|word| plain(word).width()).max().unwrap_or_default();
    width_of(headings, rows, column).min(LAST).max(longest)
}

fn width_of(headings: &[&str], rows: &[Vec<String>], column: usize) -> usize {
    let cells = rows.iter().filter_map(|row| row.get(column)).map(|cell| plain(cell).width());
    cells.chain(headings.get(column).map(|heading| heading.width())).max().unwrap_or_default()
}

/// A text in lines of at most `width` columns where its words let it.
pub(super) fn fold(text: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in plain(text).split(' ').filter(|word| !word.is_empty()) {
        if !line.is_empty() && line.width() + 1 + word.width() > width {
            lines.push(std::mem::take(&mut line));
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    lines.push(line);
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

    #[test]
    fn a_table_fits_where_it_can() {
        let rows = [["a", "a long title of it", "one two three four five six seven eight"], ["b", "t", "x"]]
            .map(|row| row.map(str::to_owned).to_vec());
        let shown = |width| fitted(&["ID", "TITLE", "NOTE"], &rows, &["TITLE"], width).into_string();
        assert_eq!(shown(80).lines().count(), 3);
        assert_eq!(
            shown(50),
            "ID  TITLE               NOTE\na   a long title of it  one two three four five\n                        six seven eight\nb   t                   x\n"
        );
        assert_eq!(shown(40), "ID  NOTE\na   one two three four five six seven\n    eight\nb   x\n");
    }
}
