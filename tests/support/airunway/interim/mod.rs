//! To be replaced by `core::provider` as soon as that is merged; a copy of its beginnings.
//!
//! The provider shims: what each registers, accepts and renders, and which one AI Runway picks.
//!
//! One folder a provider; [`PROVIDERS`] has one line for each. `docs/providers.md` shows how to add another.

mod arguments;
mod contract;
mod model_server;
mod objects;
mod overrides;
mod reconcile;
mod registration;
mod table;
pub mod vllm;

pub use arguments::{ArgumentError, launch_flag_conflict, launch_flag_key};
pub use contract::{Provider, RenderError, Versions};
pub use objects::UNKNOWN_UID;
pub use overrides::OverrideError;
pub use reconcile::ImageInput;
pub use registration::{registration, registrations};
pub use table::{PROVIDERS, provider};
