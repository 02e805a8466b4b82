//! vLLM recipes: from the documents of a recipe site to one ModelDeployment (`docs/recipes.md`).
//!
//! Nothing here fetches. [`resolve`] is given the documents that are there and either finishes or names the paths it
//! needs next; the caller fetches them, adds them to [`Documents`] and calls again.

pub mod catalogue;
pub mod document;
mod documents;
pub mod drift;
mod feature_choice;
pub mod fit;
mod model_id;
mod reason;
mod refusal;
mod request;
mod resolution;
mod resolve;
pub mod site;

pub use documents::{Documents, Found, SitePath};
pub use feature_choice::{FeatureChoice, FeatureChoiceError};
pub use model_id::{MODEL_ID_LIMIT, ModelId, ModelIdError};
pub use reason::Reason;
pub use refusal::{Refusal, Stop};
pub use request::Request;
pub use resolution::{Mode, Note, NoteKind, Origin, OriginKind, Pod, Resolution, Sizes};
pub use resolve::resolve;
