//! The way of any custom resource into the cluster, offline and in the server's own words.
//!
//! [`review`] runs the whole way (airunway-api.md section 1.1): strict decoding, pruning, defaults, the mutating
//! webhook, defaults again, validation by the schema, the validating webhook. What a kind's webhooks do comes in as
//! [`Webhooks`]. Every finding names a [`Rule`](crate::core::kubernetes::rule::Rule).

pub(in crate::core) mod catalogue;
mod decode;
mod denial;
mod numbers;
mod review;
mod webhook;

pub use denial::{Cause, Denial, Refusal};
pub use numbers::reread_numbers;
pub use review::{Request, Review, review};
pub use webhook::{Caution, Issue, NoWebhooks, WebhookAnswer, Webhooks};
