//! The pure floor: no network, no files, no clock, no terminal, no async.

pub mod admission;
pub mod api;
pub mod api_server;
pub mod authoring;
pub mod finding;
pub mod image;
pub mod jsonpath;
pub mod names;
pub mod provider;
pub mod quantity;
pub mod recipe;
pub mod release;
pub mod rollout;
pub mod schema;
pub mod server_side_apply;
pub mod shim;
pub mod yaml;
