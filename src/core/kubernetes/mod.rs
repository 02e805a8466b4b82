//! What holds for any Kubernetes object: names, quantities, paths, findings, server-side apply.

pub mod finding;
pub mod json;
pub mod jsonpath;
pub mod names;
pub mod quantity;
pub mod rule;
pub mod server_side_apply;
