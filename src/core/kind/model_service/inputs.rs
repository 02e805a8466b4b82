//! What the model operator was started with, where its children depend on it (model-service.md section 2).

use crate::core::kind::operator::{Input, InputType, Operator, OperatorValues};

const fn text(key: &'static str, default: &'static str, about: &'static str) -> Input {
    Input { key, kind: InputType::Text, default: Some(default), about }
}

const fn flag(key: &'static str, default: &'static str, about: &'static str) -> Input {
    Input { key, kind: InputType::Flag, default: Some(default), about }
}

/// The operator's flags; `version` is built in and no flag, the image's tag says it.
pub(super) static OPERATOR: Operator = Operator {
    prefix: "otterscale",
    name: "OtterScale's model operator",
    inputs: &[
        text("default-engine-image", "ghcr.io/llm-d/llm-d-cuda:v0.5.1", "engine.image where none is named"),
        text(
            "default-epp-image",
            "ghcr.io/llm-d/llm-d-inference-scheduler:v0.6.0",
            "image of the endpoint picker where none is named",
        ),
        text(
            "default-routing-proxy-image",
            "ghcr.io/llm-d/llm-d-routing-sidecar:v0.6.0",
            "image of the routing proxy where none is named",
        ),
        text("kit-image", "ghcr.io/kitops-ml/kitops:v1.11.0", "image that unpacks the model; empty for none"),
        text(
            "default-gateway-name",
            "otterscale-llm-d-infra-inference-gateway",
            "gateway of a route that names none; empty for no route",
        ),
        Input {
            key: "provider",
            kind: InputType::OneOf(&["istio", "gke", "none"]),
            default: Some("istio"),
            about: "gateway provider",
        },
        flag("metrics-endpoint-auth", "true", "whether the endpoint picker's metrics need a token"),
        flag("tracing-enabled", "false", "whether picker and proxy trace"),
        text("tracing-otel-endpoint", "", "where traces go"),
        text("tracing-sampler", "parentbased_traceidratio", "sampler of traces"),
        text("tracing-sampler-arg", "0.01", "argument of the sampler"),
        Input {
            key: VERSION,
            kind: InputType::Text,
            default: None,
            about: "release of the operator, a label of all children; empty for none",
        },
    ],
    families: &[],
    version: Some(VERSION),
    image: "model-operator",
    selector: "app.kubernetes.io/name=model-operator",
};

const VERSION: &str = "version";

/// The flags, read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Inputs {
    pub engine_image: String,
    pub picker_image: String,
    pub proxy_image: String,
    pub kit_image: String,
    pub gateway: String,
    pub provider: String,
    pub metrics_auth: bool,
    pub tracing: Option<Tracing>,
    pub version: String,
}

/// Where traces go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Tracing {
    pub endpoint: String,
    pub sampler: String,
    pub sampler_argument: String,
}

impl Inputs {
    /// The values that were given, and what `release` is built with for the others.
    pub(super) fn of(values: &OperatorValues, release: &str) -> Inputs {
        let value = |key: &str| values.get(&OPERATOR, key).unwrap_or(release).to_owned();
        Inputs {
            engine_image: value("default-engine-image"),
            picker_image: value("default-epp-image"),
            proxy_image: value("default-routing-proxy-image"),
            kit_image: value("kit-image"),
            gateway: value("default-gateway-name"),
            provider: value("provider"),
            metrics_auth: value("metrics-endpoint-auth") == "true",
            tracing: (value("tracing-enabled") == "true").then(|| Tracing {
                endpoint: value("tracing-otel-endpoint"),
                sampler: value("tracing-sampler"),
                sampler_argument: value("tracing-sampler-arg"),
            }),
            version: value(VERSION),
        }
    }
}
