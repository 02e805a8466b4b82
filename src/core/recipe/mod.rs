//! vLLM recipes: from the documents of a recipe site to one ModelDeployment (`docs/recipes.md`).
//!
//! Nothing here fetches. [`resolve`] is given the documents that are there and either finishes or names the paths it
//! needs next; the caller fetches them, adds them to [`Documents`] and calls again.

mod argv;
pub mod catalogue;
mod compose;
pub mod document;
mod documents;
pub mod drift;
mod environment;
mod explain;
mod feature_choice;
mod features;
pub mod fit;
mod gpus;
mod image;
mod launch;
mod locate;
mod model_id;
mod object;
mod pd_cluster;
mod providers;
mod reason;
mod refusal;
mod request;
mod resolution;
mod resolve;
mod single_node;
pub mod site;
mod variants;

pub use documents::{Documents, Found, SitePath};
pub use feature_choice::{FeatureChoice, FeatureChoiceError};
pub use model_id::{MODEL_ID_LIMIT, ModelId, ModelIdError};
pub use reason::Reason;
pub use refusal::{Refusal, Stop};
pub use request::Request;
pub use resolution::{Mode, Note, NoteKind, Origin, OriginKind, Pod, Resolution, Sizes};
pub use resolve::resolve;
