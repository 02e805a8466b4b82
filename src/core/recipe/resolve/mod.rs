//! From the chosen rendering to one resolution, or a refusal.

pub(in crate::core::recipe) mod compose;
pub(in crate::core::recipe) mod explain;
pub(in crate::core::recipe) mod pd_cluster;
pub(in crate::core::recipe) mod providers;
pub(in crate::core::recipe) mod single_node;
pub(in crate::core::recipe) mod steps;
