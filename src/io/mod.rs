//! Effects behind [`World`]: the cluster, the image registry and the digests it gives, the recipe site, files, and the HTTP client they are reached with.

pub mod backend;
pub mod bare_run;
pub mod binary;
pub mod clock;
pub mod cluster;
pub mod environment;
pub mod files;
pub mod http;
pub mod images;
pub mod install;
pub mod layers;
pub mod plan;
pub mod recipes;
pub mod registry;
pub mod replace;
pub mod runtime;
pub mod world;

pub use world::World;
