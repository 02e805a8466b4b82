//! What the parser takes and kubectl refuses: its reader cuts files at separators by itself, and its YAML library knows YAML
//! 1.1 (`k8s.io/apimachinery` `pkg/util/yaml`, `sigs.k8s.io/yaml`).

use std::ops::Range;

use super::marks::Marks;
use super::source::{Source, SyntaxError};

const BOM: char = '\u{feff}';

/// The range of a document without a byte order mark behind its separator, which joined files of Windows have there.
pub(super) fn without_mark(source: &Source, range: Range<usize>) -> Range<usize> {
    let text = source.text().get(range.clone()).unwrap_or_default();
    let head = match text.starts_with("---") {
        true => text.find('\n').map_or(text.len(), |end| end + 1),
        false => 0,
    };
    match text.get(head..) {
        Some(rest) if rest.starts_with(BOM) => range.start + head + BOM.len_utf8()..range.end,
        _ => range,
    }
}

/// Refuses the lines before the content of a document that kubectl refuses.
pub(super) fn check_head(source: &Source, range: &Range<usize>) -> Result<(), SyntaxError> {
    let text = source.text().get(range.clone()).unwrap_or_default();
    let mut offset = range.start;
    for line in text.split_inclusive('\n') {
        if let Some(rest) = line.strip_prefix("---") {
            let trimmed = rest.trim();
            if !trimmed.is_empty() && !trimmed.starts_with('#') {
                let place = offset + line.len() - rest.trim_start().len();
                return Err(source.error(place, "text behind --- on its line: kubectl refuses the separator"));
            }
        } else if line.starts_with('%') {
            return Err(source.error(offset, "a YAML directive (%), which kubectl refuses"));
        } else if !line.trim().is_empty() && !line.starts_with('#') {
            break;
        }
        offset += line.len();
    }
    Ok(())
}

/// Refuses a line of nothing but space with a tab in it, unless it is part of a value.
pub(super) fn check_tabs(source: &Source, range: &Range<usize>, marks: &Marks) -> Result<(), SyntaxError> {
    let text = source.text().get(range.clone()).unwrap_or_default();
    if !text.contains('\t') {
        return Ok(());
    }
    let mut offset = range.start;
    for line in text.split_inclusive('\n') {
        let tab = line.find('\t').filter(|_| line.trim().is_empty()).map(|tab| offset + tab);
        if let Some(tab) = tab.filter(|tab| !is_inside(source, *tab, marks)) {
            return Err(source.error(tab, "a tab character on a line of its own, which kubectl refuses"));
        }
        offset += line.len();
    }
    Ok(())
}

/// Whether a place is inside a scalar, or inside a list or map in flow style.
fn is_inside(source: &Source, place: usize, marks: &Marks) -> bool {
    marks.all().any(|mark| {
        mark.value.contains(&place)
            && (!mark.is_collection() || source.text().get(mark.value.start..).is_some_and(is_flow))
    })
}

fn is_flow(text: &str) -> bool {
    text.starts_with(['{', '['])
}

#[cfg(test)]
mod tests;
