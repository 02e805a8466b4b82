//! vLLM recipes: from the documents of a recipe site to one ModelDeployment (`docs/recipes.md`).
//!
//! Nothing here fetches. [`resolve`] is given the documents that are there and either finishes or names the paths it
//! needs next; the caller fetches them, adds them to [`Documents`] and calls again.

pub mod catalogue;
mod choice;
mod command;
pub mod drift;
pub mod fit;
mod object;
mod reason;
mod refusal;
mod resolution;
mod resolve;
pub mod site;

pub use choice::feature_choice::{FeatureChoice, FeatureChoiceError};
pub use choice::request::Request;
pub use reason::Reason;
pub use refusal::{Refusal, Stop};
pub use resolution::{Mode, Note, NoteKind, Origin, OriginKind, Pod, Resolution, Sizes};
pub use resolve::steps::resolve;
pub use site::document;
pub use site::documents::{Documents, Found, SitePath};
pub use site::model_id::{MODEL_ID_LIMIT, ModelId, ModelIdError};
