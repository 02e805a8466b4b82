//! The recipe site: its files over HTTPS with a cache on disk, or a copy of them in a directory.
//!
//! Everything here is bounded: the size of an answer after unpacking, the time until its last byte, redirects, retries,
//! the depth and the number of values of its JSON, the size of the cache. An address is judged by
//! [`crate::core::recipe::site`] before it is asked, and again after every redirect.

mod cache;
mod client;
mod error;
mod folder;
mod json;
mod library;
mod source;

use std::time::Duration;

pub use cache::Cache;
pub use client::{Limits, SiteClient};
pub use error::{RecipeError, RecipeErrorKind};
pub use library::Library;
pub use source::{Place, RecipeSource, SourceOptions};

/// Largest answer, in bytes, unpacked (recipes.md section 1.5).
pub const MAX_RECIPE_BYTES: usize = 5 << 20;
/// How long one request may take, from the connection to the last byte of the body.
pub const REQUEST_LIMIT: Duration = Duration::from_secs(10);
/// How long one file may take with all retries and the waits between them.
pub const TOTAL_LIMIT: Duration = Duration::from_secs(30);
/// First wait before a request is sent again; doubles each time. `Retry-After` goes before it.
pub const RETRY_WAIT: Duration = Duration::from_millis(500);
/// Most times that a request is sent again after 429, 5xx or a connection that failed.
pub const MAX_RETRIES: u32 = 3;
/// Most redirects that are followed for one request.
pub const MAX_REDIRECTS: usize = 5;
/// Most requests at the same time.
pub const MAX_PARALLEL_REQUESTS: usize = 8;
/// Deepest nesting of an answer's JSON; published recipes stay below 10.
pub const MAX_JSON_DEPTH: usize = 64;
/// Most values in an answer's JSON; published files stay below 4,000.
pub const MAX_JSON_VALUES: usize = 200_000;
/// Most files that the cache keeps.
pub const MAX_CACHE_ENTRIES: usize = 4_096;
/// Most bytes that the cache keeps.
pub const MAX_CACHE_BYTES: u64 = 128 << 20;
