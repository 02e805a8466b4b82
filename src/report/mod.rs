//! Presentation of results: human lines, JSON and other layouts, to any writer.
//!
//! Every layout has structs of its own, versioned and append-only; domain types are never serialised by accident.

pub mod check;
pub mod images;
pub mod recipes;
pub mod versions;
