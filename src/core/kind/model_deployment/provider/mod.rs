//! The provider shims: what each registers, accepts and renders, and which one AI Runway picks.
//!
//! One directory a provider; [`PROVIDERS`] has one line for each. `docs/providers.md` shows how to add another.

mod arguments;
mod contract;
mod dynamo;
mod facts;
mod kaito;
mod kuberay;
mod llmd;
mod model_server;
mod objects;
mod overrides;
mod predicted;
mod reconcile;
mod registration;
mod select;
mod settle;
mod stages;
mod table;
mod versions;
pub mod vllm;

pub use crate::core::api_server::Refusal;
pub use arguments::{ArgumentError, launch_flag_conflict, launch_flag_key};
pub use contract::{ImageInput, ImageReview, Phase, Preparation, Provider, RenderError, Stop};
pub use facts::{
    ChildKind, Environment, Facts, LinkedVersion, RecipeSupport, TestBackend, Transfer, Volumes,
};
pub use objects::UNKNOWN_UID;
pub use overrides::{OverrideError, PROTECTED};
pub use predicted::Predicted;
pub use reconcile::{Outcome, reconcile};
pub use registration::{engines, registered, registration, registrations, registrations_of};
pub use select::{Candidate, RuleResult, Selection, Selector, select};
pub use settle::settle;
pub use stages::{StageError, Stages, stages};
pub use table::{PROVIDERS, names, provider, tags, test_backend};
pub use versions::Versions;
