//! The known name that was probably meant, for hints about misspelt ones.

use strsim::{jaro_winkler, osa_distance};

/// Longest name that is compared, in bytes; longer ones are not misspellings.
const LENGTH_LIMIT: usize = 64;
/// Least likeness of two ids that one is named for the other.
const ALIKE: f64 = 0.75;

/// The field, rule or provider closest to `name`: equal but for case, `-` and `_`, else within a third of its length in
/// edits.
pub fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    if name.len() > LENGTH_LIMIT {
        return None;
    }
    let folded = fold(name);
    let limit = (name.chars().count() / 3).max(1);
    known
        .map(|candidate| (osa_distance(&folded, &fold(candidate)), candidate))
        .filter(|(distance, _)| *distance <= limit)
        .min_by_key(|(distance, candidate)| (*distance, candidate.len()))
        .map(|(_, candidate)| candidate)
}

fn fold(name: &str) -> String {
    name.chars().filter(|c| !matches!(c, '-' | '_')).map(|c| c.to_ascii_lowercase()).collect()
}

/// The name that somebody chose, such as that of a context: within a third of its own length in edits, or the whole of
/// which one is a part.
pub fn nearest_chosen<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let name = name.to_lowercase();
    known
        .map(|candidate| {
            let lower = candidate.to_lowercase();
            let distance = osa_distance(&name, &lower);
            let contained = name.len() > 2 && (lower.contains(&name) || name.contains(&lower));
            (if contained { distance.min(1) } else { distance }, candidate)
        })
        .filter(|(distance, candidate)| *distance <= candidate.chars().count().div_ceil(3))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// The ids most like `id`, at most `most`, the likest first: ids of models begin alike and differ in their ends.
pub fn alike<'a>(id: &str, known: impl Iterator<Item = &'a str>, most: usize) -> Vec<&'a str> {
    let lower = id.to_ascii_lowercase();
    let mut alike: Vec<(f64, &str)> =
        known.map(|known| (jaro_winkler(&lower, &known.to_ascii_lowercase()), known)).collect();
    alike.retain(|(likeness, _)| *likeness >= ALIKE);
    alike.sort_by(|one, other| other.0.total_cmp(&one.0).then(one.1.cmp(other.1)));
    alike.into_iter().take(most).map(|(_, known)| known).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_field_that_was_meant_is_found() {
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
        assert_eq!(nearest(&"a".repeat(65), std::iter::once("a")), None);
    }

    #[test]
    fn a_chosen_name_is_found_by_a_part_of_it() {
        let known = ["kind-airunway", "production"];
        for (name, meant) in [
            ("prodution", Some("production")),
            ("PRODUCTION", Some("production")),
            ("kind", Some("kind-airunway")),
            ("zzz", None),
        ] {
            assert_eq!(nearest_chosen(name, known.into_iter()), meant, "{name}");
        }
    }

    #[test]
    fn the_likest_ids_come_first_and_few() {
        let known = ["google/gemma-3-4b-it", "qwen/qwen3-8b-fp8", "Qwen/Qwen3-32B", "Qwen/Qwen3-8B"];
        assert_eq!(alike("qwen/Qwen3-8b", known.into_iter(), 2), ["Qwen/Qwen3-8B", "Qwen/Qwen3-32B"]);
        assert!(alike("zzz", known.into_iter(), 2).is_empty());
    }
}
