//! `/models.json`.

use std::collections::HashSet;

use serde_json::Value;

use super::{Malformed, NAME_LIMIT, text};
use crate::core::recipe::site::documents::SitePath;

/// One model of the index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Id on Hugging Face.
    pub hf_id: String,
    /// Name for people.
    pub title: String,
    /// Who made it.
    pub provider: String,
    /// The recipe.
    pub json: SitePath,
    /// For a promoted variant: the id of the recipe it is a variant of.
    pub derived_from: Option<String>,
}

/// The index of all models, each once.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Index {
    rows: Vec<Row>,
}

impl Index {
    /// Reads the index: a list, or an object that holds one as `models` or `recipes`. Rows without an id or a path are left
    /// out, of two with the same id the first stays.
    ///
    /// # Errors
    /// Upstream's words when there is no list.
    pub fn of(document: &Value) -> Result<Index, Malformed> {
        let list = rows(document)?;
        let mut seen = HashSet::new();
        let rows = list.iter().filter_map(row).filter(|row| seen.insert(row.hf_id.clone())).collect();
        Ok(Index { rows })
    }

    /// Where the recipe of that id is, without reading the whole index: exactly, else without regard to case.
    ///
    /// # Errors
    /// As [`Index::of`].
    pub fn look_up(document: &Value, hf_id: &str) -> Result<Option<SitePath>, Malformed> {
        let rows = rows(document)?;
        let known = || rows.iter().filter_map(|row| Some((text(row, "hf_id")?, text(row, "json")?)));
        let exact = known().find(|(id, _)| *id == hf_id);
        let found = exact.or_else(|| known().find(|(id, _)| id.eq_ignore_ascii_case(hf_id)));
        Ok(found.map(|(_, path)| SitePath::new(path)))
    }

    /// All models, in the order of the site.
    #[must_use]
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// The model of that id: exactly, else without regard to case.
    #[must_use]
    pub fn find(&self, hf_id: &str) -> Option<&Row> {
        let exact = self.rows.iter().find(|row| row.hf_id == hf_id);
        exact.or_else(|| self.rows.iter().find(|row| row.hf_id.eq_ignore_ascii_case(hf_id)))
    }
}

/// The list of rows.
fn rows(document: &Value) -> Result<&Vec<Value>, Malformed> {
    let member = |name: &str| document.get(name).filter(|value| !value.is_null());
    let list = match document {
        Value::Array(rows) => Some(rows),
        _ => member("models").or_else(|| member("recipes")).and_then(Value::as_array),
    };
    list.ok_or_else(|| Malformed("vLLM recipe index did not contain a models array".to_owned()))
}

fn row(row: &Value) -> Option<Row> {
    let short = |name: &str| text(row, name).filter(|text| text.len() <= NAME_LIMIT);
    Some(Row {
        hf_id: short("hf_id")?.to_owned(),
        title: short("title").unwrap_or_default().to_owned(),
        provider: short("provider").unwrap_or_default().to_owned(),
        json: SitePath::new(text(row, "json")?),
        derived_from: short("derived_from").map(str::to_owned),
    })
}
