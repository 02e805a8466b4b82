//! The provider shims: what each registers, accepts and renders, and which one AI Runway picks.
//!
//! One folder a provider; [`PROVIDERS`] has one line for each. `docs/providers.md` shows how to add another.

mod arguments;
mod contract;
mod dynamo;
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
pub mod vllm;

pub use crate::core::api_server::Refusal;
pub use arguments::{ArgumentError, launch_flag_conflict, launch_flag_key};
pub use contract::{Preparation, Provider, RenderError, Stop, Versions};
pub use objects::UNKNOWN_UID;
pub use overrides::OverrideError;
pub use predicted::Predicted;
pub use reconcile::{ImageInput, Outcome, Phase, reconcile};
pub use registration::{registration, registrations, registrations_of};
pub use select::{Candidate, RuleResult, Selection, Selector, select};
pub use settle::settle;
pub use stages::{StageError, Stages, stages};
pub use table::{PROVIDERS, provider};
