//! The documents of a recipe site: where they are and what they hold.

mod address;
pub mod document;
pub(in crate::core::recipe) mod documents;
pub(in crate::core::recipe) mod model_id;

pub use address::*;
