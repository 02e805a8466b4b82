//! The nearest known path, for hints about misspelt fields.

use super::structural::Schema;
use crate::core::nearest::nearest;

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
