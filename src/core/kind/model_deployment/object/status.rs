//! `status` of a ModelDeployment, `airunway-api.md` section 2.4.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::core::kubernetes::meta::Condition;
use crate::core::kubernetes::read::{list, object, optional_i32, optional_i64};

/// What the core controller and the shims report.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, expecting = "an object")]
pub struct ModelDeploymentStatus {
    /// `Pending`, `Deploying`, `Running`, `Failed` or `Terminating`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phase: Option<String>,
    /// A sentence for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// The provider and what it made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provider: Option<ProviderStatus>,
    /// The engine.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub engine: Option<EngineStatus>,
    /// The gateway.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gateway: Option<GatewayStatus>,
    /// The image; written by Direct vLLM only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image: Option<ImageStatus>,
    /// Replicas of the first child.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replicas: Option<ReplicaStatus>,
    /// Service and port that answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub endpoint: Option<EndpointStatus>,
    /// Conditions, unique by type.
    #[serde(deserialize_with = "list", skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<Condition>,
    /// Generation the core controller has seen.
    #[serde(deserialize_with = "optional_i64", skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,
    /// Members this crate does not know.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

object! {
    /// `status.provider`.
    ProviderStatus {
        /// Name of the provider.
        name: String,
        /// Why it was taken.
        selected_reason: String,
        /// Name of the main child.
        resource_name: String,
        /// Kind of the main child.
        resource_kind: String,
    }
}

object! {
    /// `status.engine`.
    EngineStatus {
        /// The engine.
        #[serde(rename = "type")]
        kind: String,
        /// Why it was taken.
        selected_reason: String,
    }
}

object! {
    /// `status.gateway`.
    GatewayStatus {
        /// Address of the gateway.
        endpoint: String,
        /// Model name the gateway routes on.
        model_name: String,
        /// Namespace of the gateway.
        gateway_namespace: String,
        /// API formats; declared in the schema, written by nobody at `b0d3fb7`.
        api_formats: Vec<String>,
    }
}

object! {
    /// `status.image`, `airunway-providers.md` section 4.
    ImageStatus {
        /// Reference that was asked for.
        requested: String,
        /// Reference that is run.
        resolved: String,
        /// Repository as typed.
        repository: String,
        /// Tag.
        tag: String,
        /// Digest of the manifest or index.
        digest: String,
        /// `stable`, `nightly`, `launch` or `custom`.
        source: String,
        /// When the image was built, RFC 3339.
        created_at: String,
        /// Source revision the image names.
        revision: String,
        /// Age at the first resolution.
        age: String,
        /// Whether the image is a nightly build.
        in_nightly: bool,
        /// Never true at `b0d3fb7`.
        verified: bool,
        /// Says that verification is not implemented.
        verification_message: String,
        /// Outcome of the resolution.
        message: String,
    }
}

object! {
    /// `status.replicas`.
    ReplicaStatus {
        /// Wanted.
        #[serde(deserialize_with = "optional_i32")]
        desired: i32,
        /// Ready.
        #[serde(deserialize_with = "optional_i32")]
        ready: i32,
        /// Available.
        #[serde(deserialize_with = "optional_i32")]
        available: i32,
    }
}

object! {
    /// `status.endpoint`.
    EndpointStatus {
        /// Service name.
        service: String,
        /// Service port.
        #[serde(deserialize_with = "optional_i32")]
        port: i32,
    }
}
