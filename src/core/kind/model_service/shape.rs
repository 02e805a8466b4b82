//! The Go types of a ModelService (`model/v1alpha1` of `otterscale/api` v1.0.0), for the operator's first write: it adds
//! a finalizer with a typed update of the whole object, and the spec changes with it (model-service.md section 1).

use crate::core::kind::release::Release;
use crate::core::kubernetes::json;
use crate::core::schema::default;
use crate::core::schema::typed::{
    Field, Kind, Struct, TEXT, TEXT_LIST, TEXT_MAP, always, optional, pointer, rewrite,
};
use serde_json::{Value, json};

/// What keeps an object until its cluster-wide children are gone.
pub(super) const FINALIZER: &str = "model.otterscale.io/epp-cluster-rbac";

const fn structure(name: &'static str, fields: &'static [Field]) -> Struct {
    Struct { name, type_name: name, fields }
}

static KEY_REF: Struct =
    structure("KeySelector", &[optional("name", TEXT), always("key", TEXT), pointer("optional", Kind::Bool)]);

static FILE_REF: Struct = structure(
    "FileKeySelector",
    &[always("volumeName", TEXT), always("path", TEXT), always("key", TEXT), pointer("optional", Kind::Bool)],
);

static FIELD_REF: Struct =
    structure("ObjectFieldSelector", &[optional("apiVersion", TEXT), always("fieldPath", TEXT)]);

static RESOURCE_REF: Struct = structure(
    "ResourceFieldSelector",
    &[optional("containerName", TEXT), always("resource", TEXT), always("divisor", Kind::Quantity)],
);

static ENV_SOURCE: Struct = structure(
    "EnvVarSource",
    &[
        pointer("fieldRef", Kind::Struct(&FIELD_REF)),
        pointer("resourceFieldRef", Kind::Struct(&RESOURCE_REF)),
        pointer("configMapKeyRef", Kind::Struct(&KEY_REF)),
        pointer("secretKeyRef", Kind::Struct(&KEY_REF)),
        pointer("fileKeyRef", Kind::Struct(&FILE_REF)),
    ],
);

static ENV_VAR: Struct = structure(
    "EnvVar",
    &[always("name", TEXT), optional("value", TEXT), pointer("valueFrom", Kind::Struct(&ENV_SOURCE))],
);

static CLAIM: Struct = structure("ResourceClaim", &[always("name", TEXT), optional("request", TEXT)]);

const AMOUNTS: Kind = Kind::Map("ResourceList", &Kind::Quantity);

static RESOURCES: Struct = structure(
    "ResourceRequirements",
    &[
        optional("limits", AMOUNTS),
        optional("requests", AMOUNTS),
        optional("claims", Kind::List("[]ResourceClaim", &Kind::Struct(&CLAIM))),
    ],
);

static TOLERATION: Struct = structure(
    "Toleration",
    &[
        optional("key", TEXT),
        optional("operator", TEXT),
        optional("value", TEXT),
        optional("effect", TEXT),
        pointer("tolerationSeconds", Kind::Int64),
    ],
);

static PARALLELISM: Struct = structure(
    "Parallelism",
    &[optional("tensor", Kind::Int32), optional("data", Kind::Int32), optional("dataLocal", Kind::Int32)],
);

static ROLE: Struct = structure(
    "Role",
    &[
        pointer("replicas", Kind::Int32),
        always("parallelism", Kind::Struct(&PARALLELISM)),
        always("resources", Kind::Struct(&RESOURCES)),
        optional("nodeSelector", TEXT_MAP),
        optional("tolerations", Kind::List("[]Toleration", &Kind::Struct(&TOLERATION))),
        optional("annotations", TEXT_MAP),
    ],
);

static PULL_SECRET: Struct = structure("LocalObjectReference", &[optional("name", TEXT)]);

static MODEL: Struct = structure(
    "Model",
    &[
        always("name", TEXT),
        always("image", TEXT),
        optional("mountPath", TEXT),
        optional("imagePullSecrets", Kind::List("[]LocalObjectReference", &Kind::Struct(&PULL_SECRET))),
    ],
);

static ENGINE: Struct = structure(
    "Engine",
    &[
        optional("image", TEXT),
        optional("imagePullPolicy", TEXT),
        optional("args", TEXT_LIST),
        optional("env", Kind::List("[]EnvVar", &Kind::Struct(&ENV_VAR))),
        optional("port", Kind::Int32),
    ],
);

static ACCELERATOR: Struct = structure("Accelerator", &[always("type", TEXT)]);

static ROUTING_PROXY: Struct = structure(
    "RoutingProxy",
    &[
        optional("image", TEXT),
        optional("connector", TEXT),
        optional("targetPort", Kind::Int32),
        optional("zapEncoder", TEXT),
        optional("zapLogLevel", TEXT),
        pointer("secureProxy", Kind::Bool),
        pointer("prefillerUseTLS", Kind::Bool),
        optional("certPath", TEXT),
    ],
);

static ENDPOINT_PICKER: Struct = structure(
    "EndpointPicker",
    &[
        optional("image", TEXT),
        pointer("replicas", Kind::Int32),
        optional("port", Kind::Int32),
        optional("failureMode", TEXT),
        always("resources", Kind::Struct(&RESOURCES)),
    ],
);

static INFERENCE_POOL: Struct =
    structure("InferencePool", &[always("endpointPicker", Kind::Struct(&ENDPOINT_PICKER))]);

static GATEWAY_REF: Struct = structure("GatewayRef", &[always("name", TEXT), optional("namespace", TEXT)]);

static HTTP_ROUTE: Struct = structure(
    "HTTPRoute",
    &[always("gatewayRef", Kind::Struct(&GATEWAY_REF)), optional("hostnames", TEXT_LIST)],
);

static POD_MONITOR: Struct = structure(
    "PodMonitor",
    &[
        optional("enabled", Kind::Bool),
        optional("portName", TEXT),
        optional("path", TEXT),
        optional("interval", TEXT),
    ],
);

static MONITORING: Struct = structure("Monitoring", &[pointer("podMonitor", Kind::Struct(&POD_MONITOR))]);

static SPEC: Struct = structure(
    "ModelServiceSpec",
    &[
        always("model", Kind::Struct(&MODEL)),
        always("engine", Kind::Struct(&ENGINE)),
        always("accelerator", Kind::Struct(&ACCELERATOR)),
        always("decode", Kind::Struct(&ROLE)),
        pointer("prefill", Kind::Struct(&ROLE)),
        pointer("routingProxy", Kind::Struct(&ROUTING_PROXY)),
        pointer("inferencePool", Kind::Struct(&INFERENCE_POOL)),
        pointer("httpRoute", Kind::Struct(&HTTP_ROUTE)),
        pointer("monitoring", Kind::Struct(&MONITORING)),
    ],
);

static SPEC_KIND: Kind = Kind::Struct(&SPEC);

/// The stored object once the operator has written its finalizer: members that are empty are gone, defaults stand in their
/// place, quantities are canonical. Children are rendered from this form.
pub(super) fn settle(stored: &Value, release: &Release) -> Value {
    let mut settled = stored.clone();
    if let Some(metadata) = settled.get_mut("metadata").and_then(Value::as_object_mut) {
        let finalizers = metadata.entry("finalizers").or_insert_with(|| json!([]));
        if finalizers.is_null() {
            *finalizers = json!([]);
        }
        if let Some(list) = finalizers.as_array_mut()
            && !list.iter().any(|each| each.as_str() == Some(FINALIZER))
        {
            list.push(FINALIZER.into());
        }
    }
    if json::object(stored, &["spec"]).is_some()
        && let Some(spec) = settled.get_mut("spec")
    {
        rewrite(spec, &SPEC_KIND);
    }
    default::fill(&mut settled, &release.crd(super::DEFINITION).schema);
    settled
}
