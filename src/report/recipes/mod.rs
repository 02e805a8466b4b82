//! Recipes: `kind: RecipeList` and `kind: RecipeShow` of `cli.airunway.ai/v1`, their tables, and the table of `--provenance`.

mod human;
mod json;

pub use human::{ExplainRow, explain_table, list_text, show_text};
pub use json::{list_json, show_json};
