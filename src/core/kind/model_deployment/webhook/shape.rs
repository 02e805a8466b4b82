//! ModelDeployment as the webhook's Go program declares it: what it can decode, and what it adds when it writes back.
//!
//! Source: `controller/api/v1alpha1/modeldeployment_types.go` of AI Runway (commit `b0d3fb7`), `k8s.io/api/core/v1`.

use crate::core::schema::metadata::OBJECT_META;
use crate::core::schema::typed::{Field, Kind, Struct, TEXT, TEXT_LIST, TEXT_MAP, always, optional, pointer};

/// A member that an embedded structure declares.
const fn embedded(name: &'static str, structure: &'static str) -> Field {
    Field { name, kind: TEXT, omits_zero: true, is_pointer: false, embedded_in: Some(structure) }
}

macro_rules! structure {
    ($constant:ident, $package:literal, $name:literal, $fields:expr) => {
        static $constant: Struct =
            Struct { name: $name, type_name: concat!($package, ".", $name), fields: &$fields };
    };
}

/// The whole object.
pub(super) static MODEL_DEPLOYMENT: Struct = Struct {
    name: "ModelDeployment",
    type_name: "v1alpha1.ModelDeployment",
    fields: &[
        embedded("apiVersion", "TypeMeta"),
        embedded("kind", "TypeMeta"),
        optional("metadata", Kind::Struct(&OBJECT_META)),
        always("spec", Kind::Struct(&SPEC)),
        optional("status", Kind::Struct(&STATUS)),
    ],
};

/// The specification, for writing back.
pub(super) static SPEC_KIND: Kind = Kind::Struct(&SPEC);

structure!(
    SPEC,
    "v1alpha1",
    "ModelDeploymentSpec",
    [
        // Structures without a pointer are written even when they are empty.
        always("engine", Kind::Struct(&ENGINE)),
        optional("env", Kind::List("[]v1.EnvVar", &Kind::Struct(&ENV_VAR))),
        optional("gateway", Kind::Struct(&GATEWAY)),
        optional("image", TEXT),
        always("model", Kind::Struct(&MODEL)),
        optional("nodeSelector", TEXT_MAP),
        optional("podTemplate", Kind::Struct(&POD_TEMPLATE)),
        optional("provider", Kind::Struct(&PROVIDER)),
        optional("resources", Kind::Struct(&RESOURCES)),
        optional("scaling", Kind::Struct(&SCALING)),
        optional("secrets", Kind::Struct(&SECRETS)),
        optional("serving", Kind::Struct(&SERVING)),
        optional("tolerations", Kind::List("[]v1.Toleration", &Kind::Struct(&TOLERATION))),
    ]
);
structure!(
    ENGINE,
    "v1alpha1",
    "EngineSpec",
    [
        optional("args", TEXT_MAP),
        pointer("contextLength", Kind::Int32),
        optional("enablePrefixCaching", Kind::Bool),
        optional("enforceEager", Kind::Bool),
        optional("extraArgs", TEXT_LIST),
        optional("image", TEXT),
        optional("trustRemoteCode", Kind::Bool),
        optional("type", Kind::Text("v1alpha1.EngineType")),
    ]
);
structure!(
    MODEL,
    "v1alpha1",
    "ModelSpec",
    [
        optional("id", TEXT),
        optional("servedName", TEXT),
        optional("source", Kind::Text("v1alpha1.ModelSource")),
        optional("storage", Kind::Struct(&STORAGE)),
    ]
);
structure!(
    STORAGE,
    "v1alpha1",
    "StorageSpec",
    [optional("volumes", Kind::List("[]v1alpha1.StorageVolume", &Kind::Struct(&VOLUME)))]
);
structure!(
    VOLUME,
    "v1alpha1",
    "StorageVolume",
    [
        optional("accessMode", Kind::Text("v1.PersistentVolumeAccessMode")),
        optional("claimName", TEXT),
        optional("mountPath", TEXT),
        always("name", TEXT),
        optional("purpose", Kind::Text("v1alpha1.VolumePurpose")),
        optional("readOnly", Kind::Bool),
        optional("size", Kind::Quantity),
        pointer("storageClassName", TEXT),
    ]
);
structure!(PROVIDER, "v1alpha1", "ProviderSpec", [optional("name", TEXT), optional("overrides", Kind::Raw)]);
structure!(SERVING, "v1alpha1", "ServingSpec", [optional("mode", Kind::Text("v1alpha1.ServingMode"))]);
structure!(GPU, "v1alpha1", "GPUSpec", [optional("count", Kind::Int32), optional("type", TEXT)]);
structure!(
    RESOURCES,
    "v1alpha1",
    "ResourceSpec",
    [optional("cpu", TEXT), optional("gpu", Kind::Struct(&GPU)), optional("memory", TEXT)]
);
structure!(
    COMPONENT,
    "v1alpha1",
    "ComponentScalingSpec",
    [optional("gpu", Kind::Struct(&GPU)), optional("memory", TEXT), optional("replicas", Kind::Int32)]
);
structure!(
    SCALING,
    "v1alpha1",
    "ScalingSpec",
    [
        optional("decode", Kind::Struct(&COMPONENT)),
        optional("prefill", Kind::Struct(&COMPONENT)),
        optional("replicas", Kind::Int32),
    ]
);
structure!(POD_TEMPLATE, "v1alpha1", "PodTemplateSpec", [optional("metadata", Kind::Struct(&POD_METADATA))]);
structure!(
    POD_METADATA,
    "v1alpha1",
    "PodTemplateMetadata",
    [optional("annotations", TEXT_MAP), optional("labels", TEXT_MAP)]
);
structure!(SECRETS, "v1alpha1", "SecretsSpec", [optional("huggingFaceToken", TEXT)]);
structure!(
    GATEWAY,
    "v1alpha1",
    "GatewaySpec",
    [pointer("enabled", Kind::Bool), optional("httpRouteRef", TEXT), optional("modelName", TEXT)]
);
structure!(
    ENV_VAR,
    "v1",
    "EnvVar",
    [always("name", TEXT), optional("value", TEXT), optional("valueFrom", Kind::Struct(&ENV_SOURCE))]
);
structure!(
    ENV_SOURCE,
    "v1",
    "EnvVarSource",
    [
        optional("configMapKeyRef", Kind::Struct(&CONFIG_MAP_KEY)),
        optional("fieldRef", Kind::Struct(&FIELD_REF)),
        optional("fileKeyRef", Kind::Struct(&FILE_KEY)),
        optional("resourceFieldRef", Kind::Struct(&RESOURCE_FIELD)),
        optional("secretKeyRef", Kind::Struct(&SECRET_KEY)),
    ]
);
structure!(
    CONFIG_MAP_KEY,
    "v1",
    "ConfigMapKeySelector",
    [always("key", TEXT), embedded("name", "LocalObjectReference"), pointer("optional", Kind::Bool)]
);
structure!(
    SECRET_KEY,
    "v1",
    "SecretKeySelector",
    [always("key", TEXT), embedded("name", "LocalObjectReference"), pointer("optional", Kind::Bool)]
);
structure!(FIELD_REF, "v1", "ObjectFieldSelector", [optional("apiVersion", TEXT), always("fieldPath", TEXT)]);
structure!(
    FILE_KEY,
    "v1",
    "FileKeySelector",
    [always("key", TEXT), pointer("optional", Kind::Bool), always("path", TEXT), always("volumeName", TEXT)]
);
structure!(
    RESOURCE_FIELD,
    "v1",
    "ResourceFieldSelector",
    [optional("containerName", TEXT), always("divisor", Kind::Quantity), always("resource", TEXT)]
);
structure!(
    TOLERATION,
    "v1",
    "Toleration",
    [
        optional("effect", Kind::Text("v1.TaintEffect")),
        optional("key", TEXT),
        optional("operator", Kind::Text("v1.TolerationOperator")),
        pointer("tolerationSeconds", Kind::Int64),
        optional("value", TEXT),
    ]
);

structure!(
    STATUS,
    "v1alpha1",
    "ModelDeploymentStatus",
    [
        optional("conditions", Kind::List("[]v1.Condition", &Kind::Struct(&CONDITION))),
        optional("endpoint", Kind::Struct(&ENDPOINT)),
        optional("engine", Kind::Struct(&ENGINE_STATUS)),
        optional("gateway", Kind::Struct(&GATEWAY_STATUS)),
        optional("image", Kind::Struct(&IMAGE_STATUS)),
        optional("message", TEXT),
        optional("observedGeneration", Kind::Int64),
        optional("phase", Kind::Text("v1alpha1.DeploymentPhase")),
        optional("provider", Kind::Struct(&PROVIDER_STATUS)),
        optional("replicas", Kind::Struct(&REPLICA_STATUS)),
    ]
);
structure!(
    CONDITION,
    "v1",
    "Condition",
    [
        always("lastTransitionTime", Kind::Time),
        always("message", TEXT),
        optional("observedGeneration", Kind::Int64),
        always("reason", TEXT),
        always("status", Kind::Text("v1.ConditionStatus")),
        always("type", TEXT),
    ]
);
structure!(
    ENDPOINT,
    "v1alpha1",
    "EndpointStatus",
    [optional("port", Kind::Int32), optional("service", TEXT)]
);
structure!(
    ENGINE_STATUS,
    "v1alpha1",
    "EngineStatus",
    [optional("selectedReason", TEXT), optional("type", Kind::Text("v1alpha1.EngineType"))]
);
structure!(
    GATEWAY_STATUS,
    "v1alpha1",
    "GatewayStatus",
    [
        optional("apiFormats", Kind::List("[]v1alpha1.APIFormat", &Kind::Text("v1alpha1.APIFormat"))),
        optional("endpoint", TEXT),
        optional("gatewayName", TEXT),
        optional("gatewayNamespace", TEXT),
        optional("modelName", TEXT),
    ]
);
structure!(
    IMAGE_STATUS,
    "v1alpha1",
    "ImageStatus",
    [
        optional("age", TEXT),
        optional("createdAt", TEXT),
        optional("digest", TEXT),
        optional("inNightly", Kind::Bool),
        optional("message", TEXT),
        optional("repository", TEXT),
        optional("requested", TEXT),
        optional("resolved", TEXT),
        optional("revision", TEXT),
        optional("source", TEXT),
        optional("tag", TEXT),
        optional("verificationMessage", TEXT),
        optional("verified", Kind::Bool),
    ]
);
structure!(
    PROVIDER_STATUS,
    "v1alpha1",
    "ProviderStatus",
    [
        optional("name", TEXT),
        optional("resourceKind", TEXT),
        optional("resourceName", TEXT),
        optional("selectedReason", TEXT),
    ]
);
structure!(
    REPLICA_STATUS,
    "v1alpha1",
    "ReplicaStatus",
    [optional("available", Kind::Int32), optional("desired", Kind::Int32), optional("ready", Kind::Int32)]
);
