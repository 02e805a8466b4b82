//! Digests of images: from the lock file, from registries, and with the pull secrets that a cluster lends.

mod lock_file;
mod pinner;
pub mod pull_secrets;

pub use lock_file::{LockFile, absent};
pub use pinner::{Answer, Pinner, registry};
