//! The image registry: from a reference to the digest that it means now.
//!
//! Built on reqwest, not on a registry library, because three promises have to be kept that none keeps: nothing is read
//! beyond a limit of size or time, a digest is the hash of bytes that were received, and credentials reach their registry
//! and the token server it names, nobody else. Protocol: OCI distribution specification 1.1 and Docker's token
//! authentication.

mod answer;
mod auth;
mod blob;
mod client;
mod credentials;
mod error;
mod hosts;
mod mirrors;
mod secret;
mod session;
mod transport;

pub use super::http::ProxyChoice;
pub use blob::{LAYER_SECONDS, RemoteImage};
pub use client::{PlatformDigest, Registry, RegistryOptions, Resolved};
pub use credentials::{Credential, CredentialFiles, CredentialSource, PullSecret};
pub use error::{RegistryError, RegistryErrorKind};
pub use mirrors::{MirrorFiles, RegistriesConf};
pub use secret::Secret;
pub use transport::TimeLimits;

/// Largest manifest, in bytes; the OCI distribution specification asks registries to take 4 MiB.
pub const MAX_MANIFEST_BYTES: usize = 4 << 20;
/// Largest image configuration, in bytes.
pub const MAX_CONFIG_BYTES: usize = 4 << 20;
/// Largest answer of a token server, in bytes.
pub const MAX_TOKEN_BYTES: usize = 256 << 10;
/// Largest page of a tag list, in bytes.
pub const MAX_TAG_PAGE_BYTES: usize = 4 << 20;
/// Most pages of a tag list that are read.
pub const MAX_TAG_PAGES: usize = 50;
/// Most of an error's body that is looked at, in bytes.
pub const MAX_ERROR_BYTES: usize = 16 << 10;
/// Largest file of credentials or mirrors, in bytes.
pub const MAX_CREDENTIAL_FILE_BYTES: u64 = 1 << 20;
/// Longest output of a credential helper, in bytes.
pub const MAX_HELPER_BYTES: u64 = 64 << 10;
/// Longest that a credential helper may take, in seconds; some ask a cloud's token server.
pub const HELPER_SECONDS: u64 = 15;
/// Most redirects that are followed for one request.
pub const MAX_REDIRECTS: usize = 5;
/// Most times that one request is sent again after 429, 502, 503 or 504.
pub const MAX_RETRIES: u32 = 4;
/// Most requests that run at the same time against one host.
pub const MAX_PARALLEL_REQUESTS: usize = 6;
