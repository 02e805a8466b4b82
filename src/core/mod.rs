//! The pure floor: no network, no files, no clock, no terminal, no async.

pub mod admission;
pub mod api;
pub mod finding;
pub mod image;
pub mod names;
pub mod provider;
pub mod quantity;
pub mod release;
pub mod schema;
pub mod yaml;
