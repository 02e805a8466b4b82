//! What the API server does with an object of a custom resource: prune, default, validate.
//!
//! Works on any CustomResourceDefinition with a structural schema (OpenAPI v3). Order, texts and odd corners follow
//! `k8s.io/apiextensions-apiserver` v0.36 and `k8s.io/kube-openapi` (packages `schema/pruning`, `schema/defaulting`,
//! `schema/listtype`, `schema/cel`, `validation/validate`), which an API server 1.36 runs.
//!
//! * [`Crd`] is a definition, [`Schema`] the compiled schema of one version.
//! * [`prune::prune`] drops and reports members the schema does not know, [`default::fill`] fills in defaults.
//! * [`judge`] returns what a reply 422 would list, as [`FieldError`]s: [`validate::validate`], [`lists::validate`] and
//!   the rules in [`cel`], and beside them the rules that could not be evaluated.
//! * [`metadata`] judges `metadata`, [`text`] prints values as Go does.

pub mod cel;
mod combined;
pub mod compact;
pub mod crd;
pub mod default;
mod embedded;
pub mod error;
mod format;
mod go_regex;
mod judge;
pub mod lists;
pub mod metadata;
pub mod mismatch;
pub mod nearest;
mod numbers;
mod pattern;
pub mod prune;
mod ratchet;
pub mod structural;
pub mod text;
pub mod typed;
pub mod validate;

pub use cel::NotEvaluated;
pub use crd::Crd;
pub use error::{ErrorKind, FieldError};
pub use format::whole;
pub use judge::{Judgement, judge};
pub use structural::{Schema, SchemaError};

/// Deepest nesting of an object that is looked at; the API server itself stops at 10,000.
pub const DEPTH_LIMIT: usize = 1000;
