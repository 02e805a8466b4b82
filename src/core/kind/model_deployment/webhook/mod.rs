//! AI Runway's webhooks for a ModelDeployment, and the whole way of one into the cluster.
//!
//! [`review`] is [`crate::core::api_server::custom::review`] with the two webhooks in it; [`mutate`] and [`validate`] are
//! the webhooks alone.

pub(super) mod catalogue;
mod decode;
mod mutate;
mod providers;
mod rules;
mod shape;
pub(super) mod view;

pub use decode::decode_for_webhook;
pub use mutate::{mutate, rewrite_spec};
pub use providers::{Capability, LookUp, Providers};
pub use rules::validate;

use super::release::Release;
use crate::core::api_server::custom::{self, Refusal, Review, WebhookAnswer, Webhooks};
use crate::core::schema::Schema;
use serde_json::Value;

/// Name of the mutating webhook.
const MUTATING: &str = "mmodeldeployment-v1alpha1.kb.io";
/// Name of the validating webhook.
pub const VALIDATING: &str = "vmodeldeployment-v1alpha1.kb.io";

/// Both.
pub const NAMES: &[&str] = &[MUTATING, VALIDATING];

/// What is sent, and to what kind of cluster.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// The object as authored.
    pub object: &'a Value,
    /// The stored object that it replaces; `None` when it is new.
    pub old: Option<&'a Value>,
    /// The namespace of the request.
    pub namespace: &'a str,
    /// The registered providers.
    pub providers: &'a Providers,
    /// The release of AI Runway.
    pub release: &'a Release,
}

/// The webhooks with the providers that are registered, and the schema for places that their decoder does not name.
struct Admission<'a> {
    providers: &'a Providers,
    schema: &'a Schema,
}

impl Webhooks for Admission<'_> {
    fn mutate(&self, object: &mut Value) -> Result<bool, Refusal> {
        decode::read(object, self.schema)?;
        Ok(mutate::mutate_in_place(object))
    }

    fn validate(&self, object: &Value, old: Option<&Value>) -> WebhookAnswer {
        validate(object, old, self.providers)
    }

    fn validating(&self) -> &'static str {
        VALIDATING
    }
}

/// Judges a request as API server and webhooks would.
pub fn review(request: &Request<'_>) -> Review {
    review_with_duplicates(request, &[])
}

/// As [`review`], for an object whose text names members twice: their paths, in the order of the text.
pub fn review_with_duplicates(request: &Request<'_>, duplicates: &[String]) -> Review {
    let Request { object, old, namespace, providers, release } = *request;
    judge(&custom::Request { object, old, namespace, duplicates }, release, providers)
}

/// The same for a request as the API server has it.
pub(super) fn judge(request: &custom::Request<'_>, release: &Release, providers: &Providers) -> Review {
    let crd = release.model_deployment();
    custom::review(request, crd, &Admission { providers, schema: &crd.schema })
}
