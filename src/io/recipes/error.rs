//! What can go wrong between a recipe's address and its JSON, and the way out of each.

use std::path::PathBuf;
use std::time::Duration;

use super::MAX_RECIPE_BYTES;
use crate::core::recipe::site::{ReferenceError, SiteError};
use crate::error::Error;
use crate::exit::Exit;

/// A recipe file that could not be had.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{kind}")]
pub struct RecipeError {
    /// What went wrong.
    pub kind: Box<RecipeErrorKind>,
}

/// The kinds of failure; where AI Runway has words for one, these are its words (recipes.md sections 1.4 and 1.5).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the message of a variant says what its fields are")]
pub enum RecipeErrorKind {
    /// `--recipes-url` is not an https URL.
    #[error("the recipe site is not usable: {0}")]
    Site(SiteError),
    /// A reference leaves the site.
    #[error("{0}")]
    Reference(ReferenceError),
    /// A redirect leaves the site, or does not end.
    #[error("{url} redirects and is not followed: {detail}")]
    Redirect {
        /// What was asked.
        url: String,
        detail: String,
    },
    /// No answer, in words of the network.
    #[error("failed to reach {url}: {detail}")]
    Unreachable {
        /// What was asked.
        url: String,
        detail: String,
        /// Whether the certificate is the reason.
        tls: bool,
        /// Whether a proxy stands between.
        proxy: bool,
    },
    /// The answer was not complete in time.
    #[error("timed out fetching {url} after {}ms", .limit.as_millis())]
    TimedOut {
        /// What was asked.
        url: String,
        limit: Duration,
    },
    /// A status that is not a success.
    #[error("failed to fetch {url}: {status}")]
    Status {
        /// What was asked.
        url: String,
        /// Number and words.
        status: String,
    },
    /// The answer ended early.
    #[error("failed to fetch {url}: the answer was cut off")]
    CutOff {
        /// What was asked.
        url: String,
    },
    /// More bytes than any honest answer has.
    #[error("vLLM recipe response from {url} exceeds {MAX_RECIPE_BYTES} bytes{}", announced(.length))]
    TooLarge {
        /// What was asked.
        url: String,
        /// What `Content-Length` says, where that was enough to refuse.
        length: Option<u64>,
    },
    /// Something else than JSON.
    #[error("vLLM recipe response from {url} was not valid JSON: {reason}")]
    NotJson {
        /// What was asked.
        url: String,
        reason: String,
    },
    /// `--offline`, and it was never read before.
    #[error("{url} is not cached, and --offline contacts no network")]
    NotCached {
        /// What was asked.
        url: String,
    },
    /// A file of `--recipes` that cannot be read.
    #[error("cannot read {}: {reason}", .path.display())]
    File { path: PathBuf, reason: String },
    /// The file given as `--recipes` is the recipe of another model.
    #[error("{} is the recipe of {found}, not of {wanted}", .path.display())]
    OtherModel {
        path: PathBuf,
        /// Its `hf_id`.
        found: String,
        /// What was asked for.
        wanted: String,
    },
}

fn announced(length: &Option<u64>) -> String {
    length.map(|length| format!(" (content-length {length})")).unwrap_or_default()
}

impl From<RecipeErrorKind> for RecipeError {
    fn from(kind: RecipeErrorKind) -> RecipeError {
        RecipeError { kind: Box::new(kind) }
    }
}

impl From<ReferenceError> for RecipeError {
    fn from(error: ReferenceError) -> RecipeError {
        RecipeErrorKind::Reference(error).into()
    }
}

impl RecipeError {
    /// Whether an older copy may stand in: the site did not answer, or said that it cannot.
    pub fn is_outage(&self) -> bool {
        use RecipeErrorKind as Kind;
        matches!(
            *self.kind,
            Kind::Unreachable { .. } | Kind::TimedOut { .. } | Kind::Status { .. } | Kind::CutOff { .. }
        )
    }

    /// What to try, the most specific first.
    pub fn hints(&self) -> Vec<&'static str> {
        use RecipeErrorKind as Kind;
        const OTHER: &str =
            "use the cache (--offline), a copy (--recipes DIR) or another site (--recipes-url)";
        match *self.kind {
            Kind::Site(_) => vec!["set --recipes-url to an https URL, for example https://recipes.vllm.ai"],
            Kind::Unreachable { tls: true, .. } => {
                vec!["set SSL_CERT_FILE to the PEM file of the CA that signed the certificate"]
            }
            Kind::Unreachable { proxy: true, .. } => vec!["check HTTPS_PROXY, or add the site to NO_PROXY"],
            Kind::Unreachable { .. } | Kind::Status { .. } | Kind::CutOff { .. } => vec![OTHER],
            Kind::TimedOut { .. } => vec!["allow each request more time with --request-timeout", OTHER],
            Kind::NotCached { .. } => {
                vec![
                    "run the same command once without --offline, or use a copy of the site with --recipes DIR",
                ]
            }
            Kind::NotJson { .. } => {
                vec!["check that --recipes-url is a recipe site without a login page in front of it"]
            }
            Kind::OtherModel { .. } => {
                vec!["name that model, or the directory of a whole site with --recipes DIR"]
            }
            _ => Vec::new(),
        }
    }
}

impl From<RecipeError> for Error {
    fn from(error: RecipeError) -> Error {
        let exit = match *error.kind {
            RecipeErrorKind::Site(_) => Exit::Usage,
            _ => Exit::Failure,
        };
        error.hints().into_iter().fold(Error::new(exit, error.to_string()), Error::hint)
    }
}
