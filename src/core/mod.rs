//! The pure floor: no network, no files, no clock, no terminal, no async.

pub mod api_server;
mod catalogue;
pub mod image;
pub mod kind;
pub mod kubernetes;
pub mod nearest;
pub mod plan;
pub mod preflight;
pub mod recipe;
pub mod rollout;
pub mod schema;
pub mod shim;
pub mod text;
pub mod verdict;
pub mod yaml;
