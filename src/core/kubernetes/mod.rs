//! What holds for any Kubernetes object: names, quantities, paths, findings, server-side apply.

pub mod duration;
pub mod finding;
pub mod json;
pub mod jsonpath;
pub mod meta;
pub mod names;
pub mod preview;
pub mod quantity;
pub mod read;
pub mod resource;
pub mod rule;
pub mod second_write;
pub mod server_side_apply;

/// Who owns what this program applies (design.md section 4).
pub const FIELD_MANAGER: &str = "kubectl-airunway";
