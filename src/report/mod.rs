//! Presentation of results: human lines, JSON and other layouts, to any writer.
//!
//! Every layout has structs of its own, versioned and append-only; domain types are never serialized by accident.

pub mod check;
pub mod diagnosis;
pub mod difference;
pub mod endpoint;
pub mod images;
pub mod json;
pub mod objects;
#[allow(dead_code, reason = "the verb e2e calls it")]
pub mod plan;
pub mod recipes;
mod suite;
mod table;
pub mod versions;
