//! The custom resources of AI Runway (`airunway.ai/v1alpha1`) as types, one file per kind.
//!
//! Every field of `airunway-api.md` sections 2 and 6 has a member. A member that is absent, or `null`, reads as `None`;
//! members this crate does not know are kept in `other` and written back, so a newer AI Runway loses nothing.
//! Writing is faithful: `false`, `0` and empty collections are written as they were read. What a Go client would drop
//! is the business of [`crate::core::kind::model_deployment::provider::settle`].

mod effective;
pub mod engine;
mod model_deployment;
mod pod;
mod provider_config;
mod status;

pub use crate::core::kubernetes::meta::{Condition, ObjectMeta, OwnerReference};
pub use crate::core::kubernetes::read::{ReadError, read};
pub use effective::{AGGREGATED, DISAGGREGATED};
pub use model_deployment::{
    ComponentScaling, Engine, Gateway, Gpu, Model, ModelDeployment, ModelDeploymentSpec, PodTemplate,
    PodTemplateMetadata, ProviderRef, Resources, Scaling, Secrets, Serving, Storage, StorageVolume,
};
pub use pod::{EnvVar, IntOrString, KeySelector, Toleration};
pub use provider_config::{
    Capabilities, EndpointPicker, EngineCapability, GatewayCapability, InferenceProviderConfig,
    InferenceProviderConfigSpec, InferenceProviderConfigStatus, SelectionRule,
};
pub use status::{
    EndpointStatus, EngineStatus, GatewayStatus, ImageStatus, ModelDeploymentStatus, ProviderStatus,
    ReplicaStatus,
};

/// API group and version of both kinds.
pub const API_VERSION: &str = "airunway.ai/v1alpha1";
/// Kind of a ModelDeployment.
pub const MODEL_DEPLOYMENT: &str = "ModelDeployment";
/// Kind of an InferenceProviderConfig.
pub const INFERENCE_PROVIDER_CONFIG: &str = "InferenceProviderConfig";
