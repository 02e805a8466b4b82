//! ModelDeployment, `airunway-api.md` sections 2.1 to 2.3 (upstream `controller/api/v1alpha1`, commit `b0d3fb7`).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::pod::{EnvVar, IntOrString, Toleration};
use super::status::ModelDeploymentStatus;
use crate::core::kubernetes::meta::ObjectMeta;
use crate::core::kubernetes::read::{object, optional_i32, optional_strings, or_default};

/// One model to serve.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, expecting = "an object")]
pub struct ModelDeployment {
    /// `airunway.ai/v1alpha1`.
    #[serde(deserialize_with = "or_default")]
    pub api_version: String,
    /// `ModelDeployment`.
    #[serde(deserialize_with = "or_default")]
    pub kind: String,
    /// Name, namespace, labels, annotations.
    #[serde(deserialize_with = "or_default")]
    pub metadata: ObjectMeta,
    /// What is wanted.
    #[serde(deserialize_with = "or_default")]
    pub spec: ModelDeploymentSpec,
    /// What the controllers report.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<ModelDeploymentStatus>,
    /// Members this crate does not know.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

object! {
    /// `spec` of a ModelDeployment.
    ModelDeploymentSpec {
        /// The model; required.
        model: Model,
        /// The provider and what is handed to it.
        provider: ProviderRef,
        /// The inference engine and its arguments.
        engine: Engine,
        /// Aggregated or disaggregated serving.
        serving: Serving,
        /// Replicas, of the whole or of each component.
        scaling: Scaling,
        /// Accelerators, memory and processor of one replica.
        resources: Resources,
        /// Image override of old; `engine.image` is preferred.
        image: String,
        /// Environment variables, in order; names may repeat.
        env: Vec<EnvVar>,
        /// Labels and annotations for pods.
        pod_template: PodTemplate,
        /// Names of Secrets.
        secrets: Secrets,
        /// Gateway API integration.
        gateway: Gateway,
        /// Node labels the pods ask for.
        #[serde(deserialize_with = "optional_strings")]
        node_selector: BTreeMap<String, String>,
        /// Taints the pods tolerate.
        tolerations: Vec<Toleration>,
    }
}

object! {
    /// `spec.model`.
    Model {
        /// Model id on Hugging Face, `owner/name`.
        id: String,
        /// Name under which the server offers the model.
        served_name: String,
        /// `huggingface` or `custom`.
        source: String,
        /// Volumes for weights and compilation results.
        storage: Storage,
    }
}

object! {
    /// `spec.model.storage`.
    Storage {
        /// At most eight volumes, keyed by name.
        volumes: Vec<StorageVolume>,
    }
}

object! {
    /// One volume of `spec.model.storage.volumes`.
    StorageVolume {
        /// Volume name, a DNS label; required.
        name: String,
        /// Name of the PersistentVolumeClaim.
        claim_name: String,
        /// Where the volume is mounted.
        mount_path: String,
        /// `modelCache`, `compilationCache` or `custom`.
        purpose: String,
        /// Whether the mount is read-only.
        read_only: bool,
        /// Size of the claim; its presence makes the volume managed.
        size: IntOrString,
        /// Storage class; absent is the cluster's default, empty is none.
        storage_class_name: String,
        /// Access mode of the claim.
        access_mode: String,
    }
}

object! {
    /// `spec.engine`.
    Engine {
        /// `vllm`, `sglang`, `trtllm` or `llamacpp`.
        #[serde(rename = "type")]
        kind: String,
        /// Image override.
        image: String,
        /// Longest context, in tokens.
        #[serde(deserialize_with = "optional_i32")]
        context_length: i32,
        /// Whether code from the model repository may run.
        trust_remote_code: bool,
        /// Whether prefix caching is on.
        enable_prefix_caching: bool,
        /// Whether CUDA graphs are off.
        enforce_eager: bool,
        /// Engine arguments; an empty value is a bare flag.
        #[serde(deserialize_with = "optional_strings")]
        args: BTreeMap<String, String>,
        /// Raw tokens appended to the command line.
        extra_args: Vec<String>,
    }
}

object! {
    /// `spec.provider`.
    ProviderRef {
        /// Name of an InferenceProviderConfig.
        name: String,
        /// Anything the provider merges into what it renders; free-form.
        overrides: Value,
    }
}

object! {
    /// `spec.serving`.
    Serving {
        /// `aggregated` or `disaggregated`.
        mode: String,
    }
}

object! {
    /// `spec.scaling`.
    Scaling {
        /// Replicas in aggregated mode.
        #[serde(deserialize_with = "optional_i32")]
        replicas: i32,
        /// The prefill component in disaggregated mode.
        prefill: ComponentScaling,
        /// The decode component in disaggregated mode.
        decode: ComponentScaling,
    }
}

object! {
    /// `spec.scaling.prefill` and `spec.scaling.decode`.
    ComponentScaling {
        /// Replicas of the component.
        #[serde(deserialize_with = "optional_i32")]
        replicas: i32,
        /// Accelerators of one replica.
        gpu: Gpu,
        /// Memory of one replica, a quantity.
        memory: String,
    }
}

object! {
    /// `spec.resources`.
    Resources {
        /// Accelerators of one replica.
        gpu: Gpu,
        /// Memory of one replica, a quantity.
        memory: String,
        /// Processors of one replica, a quantity.
        cpu: String,
    }
}

object! {
    /// A number of accelerators.
    Gpu {
        /// How many.
        #[serde(deserialize_with = "optional_i32")]
        count: i32,
        /// Extended resource name.
        #[serde(rename = "type")]
        kind: String,
    }
}

object! {
    /// `spec.podTemplate`.
    PodTemplate {
        /// Labels and annotations.
        metadata: PodTemplateMetadata,
    }
}

object! {
    /// `spec.podTemplate.metadata`.
    PodTemplateMetadata {
        /// Labels.
        #[serde(deserialize_with = "optional_strings")]
        labels: BTreeMap<String, String>,
        /// Annotations.
        #[serde(deserialize_with = "optional_strings")]
        annotations: BTreeMap<String, String>,
    }
}

object! {
    /// `spec.secrets`.
    Secrets {
        /// Secret that holds key `HF_TOKEN`.
        hugging_face_token: String,
    }
}

object! {
    /// `spec.gateway`.
    Gateway {
        /// Whether the gateway is wanted; absent is "when there is one".
        enabled: bool,
        /// Model name the gateway routes on.
        model_name: String,
        /// An HTTPRoute of the user's own.
        #[serde(rename = "httpRouteRef")]
        http_route_ref: String,
    }
}
