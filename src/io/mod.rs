//! Effects: the cluster, the image registry, files.

pub mod binary;
pub mod cluster;
pub mod files;
pub mod registry;
pub mod replace;
