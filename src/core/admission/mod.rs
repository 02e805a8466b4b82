//! What happens to a ModelDeployment on its way into the cluster, offline and in the server's own words.
//!
//! [`review`] runs the whole way (airunway-api.md section 1.1): strict decoding, pruning, defaults, the mutating
//! webhook, defaults again, validation by the schema, the validating webhook. [`mutate`] and [`validate`] are the two
//! webhooks alone. [`advice`] is a second pass over what the server accepts. Every finding names a [`Rule`] of the catalogue.

mod advice;
mod catalogue;
mod catalogue_advice;
mod catalogue_server;
mod decode;
mod denial;
mod mutate;
mod providers;
mod review;
mod rules;
mod shape;
mod view;

pub use advice::{Situation, advice, predicted_status};
pub use catalogue::{Rule, Stage};
pub use decode::decode_for_webhook;
pub use denial::{Cause, Denial};
pub use mutate::{mutate, rewrite_spec};
pub use providers::{Capability, LookUp, Providers};
pub use review::{Request, Review, review, review_with_duplicates};
pub use rules::{Caution, Issue, WebhookAnswer, validate};
