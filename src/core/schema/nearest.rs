//! The nearest known name, for hints about misspelt ones.

use super::structural::Schema;

/// Longest name that is compared, in bytes; longer ones are no misspelling.
const LENGTH_LIMIT: usize = 64;

/// The name closest to `name`: equal but for case, `-` and `_`, else within a third of its length in edits.
pub fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    if name.len() > LENGTH_LIMIT {
        return None;
    }
    let folded = fold(name);
    let limit = (name.chars().count() / 3).max(1);
    known
        .map(|candidate| (distance(&folded, &fold(candidate)), candidate))
        .filter(|(distance, _)| *distance <= limit)
        .min_by_key(|(distance, candidate)| (*distance, candidate.len()))
        .map(|(_, candidate)| candidate)
}

/// The known member nearest to the last element of a path that the schema does not know, as a whole path.
pub fn nearest_path(path: &str, schema: &Schema) -> Option<String> {
    let (parent, name) = path.rsplit_once('.').unwrap_or(("", path));
    let mut at = schema;
    for element in parent.split('.').filter(|element| !element.is_empty()) {
        let (name, indexes) =
            element.split_once('[').map_or((element, 0), |(name, rest)| (name, rest.matches(']').count()));
        at = at.property(name).or_else(|| at.additional_schema())?;
        for _ in 0..indexes {
            at = at.items()?;
        }
    }
    let found = nearest(name, at.property_names())?;
    Some(if parent.is_empty() { found.to_owned() } else { format!("{parent}.{found}") })
}

fn fold(name: &str) -> Vec<char> {
    name.chars().filter(|c| !matches!(c, '-' | '_')).map(|c| c.to_ascii_lowercase()).collect()
}

/// Edits between two words: insertion, deletion, replacement, and the swap of neighbours.
fn distance(left: &[char], right: &[char]) -> usize {
    let mut before: Vec<usize> = Vec::new();
    let mut above: Vec<usize> = (0..=right.len()).collect();
    let mut previous_left = None;
    for (row, l) in left.iter().enumerate() {
        let mut current = Vec::with_capacity(right.len() + 1);
        current.push(row + 1);
        let mut previous_right = None;
        for (column, r) in right.iter().enumerate() {
            let at = |line: &[usize], index: usize| line.get(index).copied().unwrap_or(usize::MAX / 2);
            let replaced = at(&above, column) + usize::from(l != r);
            let mut best = replaced.min(at(&above, column + 1) + 1).min(at(&current, column) + 1);
            if previous_left == Some(r) && previous_right == Some(l) && column > 0 {
                best = best.min(at(&before, column - 1) + 1);
            }
            current.push(best);
            previous_right = Some(r);
        }
        previous_left = Some(l);
        before = std::mem::replace(&mut above, current);
    }
    above.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_what_was_meant() {
        let known = ["replicas", "resources", "engine", "env", "contextLength", "nodeSelector"];
        for (name, meant) in [
            ("Engine", Some("engine")),
            ("replcias", Some("replicas")),
            ("context_length", Some("contextLength")),
            ("resource", Some("resources")),
            ("bogus", None),
            ("nodeselector", Some("nodeSelector")),
        ] {
            assert_eq!(nearest(name, known.into_iter()), meant, "{name}");
        }
    }
}
