//! Effects: the cluster, the image registry, the recipe site, files, and the HTTP client they are reached with.

pub mod bare_run;
pub mod binary;
pub mod cluster;
pub mod files;
pub mod http;
pub mod layers;
pub mod recipes;
pub mod registry;
pub mod replace;
