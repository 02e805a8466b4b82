//! V5 and V6: what the named provider can do.

use super::{Caution, Issues, rule, text, view};
use crate::core::kind::model_deployment::webhook::{Capability, LookUp, Providers};
use crate::core::nearest::nearest;
use crate::core::schema::{ErrorKind, FieldError};
use serde_json::Value;

const NAME: &str = "spec.provider.name";

pub(super) fn check(object: &Value, providers: &Providers, issues: &mut Issues, cautions: &mut Vec<Caution>) {
    let provider = view::text(object, &["spec", "provider", "name"]);
    let engine = view::text(object, &["spec", "engine", "type"]);
    if let Some(backend) = view::test_backend(object) {
        if !engine.is_empty() && engine != backend.engine {
            let detail = backend.wrong_engine();
            issues.invalid(&rule::MOCKER_ENGINE, "spec.engine.type", text::json_string(engine), detail);
        }
        return;
    }
    if provider.is_empty() || engine.is_empty() {
        return;
    }
    let shown = text::quote(provider);
    match (providers.look_up(), providers.get(provider)) {
        (LookUp::NoDefinition, _) => {}
        (LookUp::Refused(reason), _) => issues.add(
            &rule::PROVIDER_LOOK_UP_REFUSED,
            FieldError {
                kind: ErrorKind::Internal,
                path: NAME.to_owned(),
                value: None,
                detail: format!("cannot verify provider {shown}: {reason}"),
            },
        ),
        (LookUp::Failed(reason), _) => cautions.push(Caution {
            rule: &rule::PROVIDER_NOT_VERIFIED,
            path: NAME.to_owned(),
            text: format!(
                "could not verify provider {shown} compatibility at admission time ({reason}); the controller will \
                 re-validate during reconciliation"
            ),
        }),
        (LookUp::Found, None) => {
            let detail = format!("InferenceProviderConfig {shown} not found");
            issues.invalid(&rule::PROVIDER_NOT_REGISTERED, NAME, shown, detail);
            if let Some(meant) = nearest(provider, providers.names()) {
                issues.hint(format!("did you mean {meant}?"));
            } else if providers.names().next().is_some() {
                let names: Vec<&str> = providers.names().collect();
                issues.hint(format!("registered: {}", names.join(", ")));
            }
        }
        (LookUp::Found, Some(None)) => {}
        (LookUp::Found, Some(Some(capabilities))) => {
            check_capabilities(object, (provider, engine), capabilities, issues);
        }
    }
}

fn check_capabilities(
    object: &Value,
    (provider, engine): (&str, &str),
    capabilities: &[Capability],
    issues: &mut Issues,
) {
    let Some(capability) = capabilities.iter().find(|capability| capability.engine == engine) else {
        let detail = format!("provider {provider} does not support engine {engine}");
        issues.invalid(&rule::PROVIDER_ENGINE, "spec.engine.type", text::quote(engine), detail);
        let engines: Vec<&str> = capabilities.iter().map(|capability| capability.engine.as_str()).collect();
        issues.hint(format!("{provider} runs {}", engines.join(", ")));
        return;
    };
    let mode = view::serving_mode(object);
    if !capability.modes.iter().any(|each| each == mode) {
        let detail = format!("provider {provider} does not support {mode} mode for engine {engine}");
        issues.invalid(&rule::PROVIDER_MODE, "spec.serving.mode", text::quote(mode), detail);
        issues.hint(format!("{provider} serves {engine} {}", capability.modes.join(" and ")));
    }
    let gpus = view::number(object, &["spec", "resources", "gpu", "count"]);
    if mode == "aggregated" && gpus == 0 && !capability.on_cpu {
        let detail =
            format!("{engine} engine on provider {provider} requires GPU (set resources.gpu.count > 0)");
        issues.invalid(&rule::PROVIDER_NEEDS_GPU, "spec.resources.gpu.count", "0", detail);
    }
}
