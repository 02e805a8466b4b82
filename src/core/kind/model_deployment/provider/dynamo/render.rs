//! The DynamoGraphDeployment.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::core::kind::model_deployment::object::ModelDeployment;
use crate::core::kind::model_deployment::provider::contract::RenderError;
use crate::core::kind::model_deployment::provider::objects::{self, members};
use crate::core::kind::model_deployment::provider::overrides::{self as merge, Null};
use crate::core::kind::model_deployment::provider::versions::Versions;

use super::overrides::Overrides;
use super::worker::{self, Role};
use super::{CHILD, endpoint_picker, is_mocker};

/// Longest value of a label, in bytes.
const LABEL_LIMIT: usize = 63;

pub(super) fn render(deployment: &ModelDeployment, versions: &Versions) -> Result<Vec<Value>, RenderError> {
    let overrides = Overrides::read(deployment)
        .map_err(|cause| RenderError::Overrides { context: "failed to parse provider overrides", cause })?;
    let mut spec = Map::new();
    spec.insert("backendFramework".into(), deployment.engine().into());
    spec.insert("services".into(), services(deployment, versions, &overrides)?);
    if !deployment.volumes().is_empty() {
        let claim = |volume: &crate::core::kind::model_deployment::object::StorageVolume| json!({"name": volume.claim(deployment.name()), "create": false});
        spec.insert("pvcs".into(), deployment.volumes().iter().map(claim).collect());
    }
    let mut graph = members! {
        "apiVersion": CHILD.api_version(),
        "kind": CHILD.kind,
        "metadata": objects::metadata(deployment, deployment.name(), &labels(deployment), &BTreeMap::new()),
        "spec": spec,
    };
    merge::apply(&mut graph, deployment.overrides(), Null::Replaces)
        .map_err(|cause| RenderError::Overrides { context: "failed to apply provider overrides", cause })?;
    Ok(vec![graph])
}

fn labels(deployment: &ModelDeployment) -> BTreeMap<String, String> {
    BTreeMap::from([
        (objects::MANAGED_BY.to_owned(), objects::AIRUNWAY.to_owned()),
        (objects::MODEL_DEPLOYMENT_LABEL.to_owned(), deployment.name().to_owned()),
        ("airunway.ai/model-id".to_owned(), label_value(deployment.model_id())),
        ("airunway.ai/engine-type".to_owned(), deployment.engine().to_owned()),
    ])
}

/// A text made fit for a label: cut, what labels do not allow replaced by dashes, none of those at the ends.
fn label_value(text: &str) -> String {
    // The shim cuts at a byte; what is left of a cut character would become dashes at the end and go as well.
    let fits = |(index, character): &(usize, char)| index + character.len_utf8() <= LABEL_LIMIT;
    let cut = text.char_indices().take_while(fits).map(|(_, character)| character);
    let allowed = |character: char| character.is_ascii_alphanumeric() || matches!(character, '-' | '_' | '.');
    let replaced: String = cut.map(|character| if allowed(character) { character } else { '-' }).collect();
    replaced.trim_matches(['-', '_', '.']).to_owned()
}

fn services(
    deployment: &ModelDeployment,
    versions: &Versions,
    overrides: &Overrides,
) -> Result<Value, RenderError> {
    // The test backend goes without gateway, whatever the object says.
    let gateway = deployment.gateway_enabled() && !is_mocker(deployment);
    let mut services = Map::new();
    if gateway {
        let picker = endpoint_picker::service(deployment.disaggregated(), versions, overrides);
        services.insert("Epp".into(), picker);
    } else {
        services.insert("Frontend".into(), frontend(deployment, versions, overrides));
    }
    let roles = if deployment.disaggregated() {
        if deployment.spec.scaling.is_none() {
            return Err(missing("spec.scaling is required for disaggregated serving mode"));
        }
        let prefill = deployment.prefill();
        let prefill =
            prefill.ok_or(missing("spec.scaling.prefill is required for disaggregated serving mode"))?;
        let decode = deployment.decode();
        let decode =
            decode.ok_or(missing("spec.scaling.decode is required for disaggregated serving mode"))?;
        vec![Role::Prefill(prefill), Role::Decode(decode)]
    } else {
        vec![Role::Aggregated]
    };
    for role in roles {
        let worker = worker::service(deployment, versions, role, gateway)
            .map_err(|cause| RenderError::Arguments { context: role.context(), cause })?;
        services.insert(role.service_name().into(), worker);
    }
    Ok(Value::Object(services))
}

fn missing(text: &'static str) -> RenderError {
    RenderError::Other(format!("failed to build services: {text}"))
}

/// The service that routes requests when there is no gateway.
fn frontend(deployment: &ModelDeployment, versions: &Versions, overrides: &Overrides) -> Value {
    let (cpu, memory) =
        if is_mocker(deployment) { (worker::MOCKER_CPU, worker::MOCKER_MEMORY) } else { ("2", "4Gi") };
    let mut frontend = json!({
        "componentType": "frontend",
        "replicas": overrides.replicas("/frontend/replicas").unwrap_or(1),
        "resources": {"requests": {
            "cpu": overrides.text("/frontend/resources/cpu").unwrap_or(cpu),
            "memory": overrides.text("/frontend/resources/memory").unwrap_or(memory),
        }},
        "extraPodSpec": {"mainContainer": {
            "image": worker::image(deployment, versions),
            "env": [{"name": "DYN_ROUTER_MODE", "value": overrides.text("/routerMode").unwrap_or("round-robin")}],
        }},
    });
    worker::add_secret(&mut frontend, deployment);
    frontend
}

#[cfg(test)]
mod tests {
    use super::label_value;

    #[test]
    fn model_ids_become_label_values() {
        for (id, expected) in [
            ("Qwen/Qwen3-0.6B", "Qwen-Qwen3-0.6B"),
            ("--_.a b._-", "a-b"),
            ("/", ""),
            ("", ""),
            (&"é".repeat(40), ""),
            (&format!("{}é", "a".repeat(62)), &"a".repeat(62)),
            (&"a".repeat(64), &"a".repeat(63)),
            (&format!("{}/b", "a".repeat(62)), &"a".repeat(62)),
        ] {
            assert_eq!(label_value(id), expected, "{id}");
        }
    }
}
