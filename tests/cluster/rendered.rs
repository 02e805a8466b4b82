//! What this program renders, held against a real API server: the objects of the
//! recorded ModelDeployments are applied as the shims apply them, and come back with
//! everything that was rendered, beside the server's own defaults. What the
//! server refuses is refused here with the same words.

use std::collections::BTreeSet;
use std::io::Read as _;

use futures::{StreamExt as _, TryStreamExt as _};
use kube::api::{Api, ApiResource, DynamicObject, Patch, PatchParams};
use kube::core::GroupVersionKind;
use kubectl_airunway::core::kind::model_deployment::object::{self, ModelDeployment};
use kubectl_airunway::core::kind::model_deployment::provider::{self, ImageInput, Provider, Versions};
use kubectl_airunway::core::kind::model_deployment::release::Release;
use kubectl_airunway::core::kubernetes::quantity::Quantity;
use serde_json::Value;

use crate::cluster::{Cluster, Namespace};

/// Requests at a time.
const WIDTH: usize = 8;
/// The providers whose shims use server-side apply.
const PROVIDERS: [&str; 2] = ["vllm", "llmd"];

fn records() -> Vec<Value> {
    let mut text = String::new();
    let compressed = include_bytes!("../fixtures/parity/children.jsonl.gz");
    flate2::read::GzDecoder::new(&compressed[..]).read_to_string(&mut text).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn rendered_objects_come_back_as_they_were_rendered() {
    let cluster = Cluster::shared();
    cluster.run(async {
        let namespace = cluster.namespace("rendered").await;
        let checked: Vec<usize> = futures::stream::iter(records().into_iter().filter_map(known))
            .map(|(provider, record)| check(&namespace, provider, record))
            .buffer_unordered(WIDTH)
            .try_collect()
            .await
            .unwrap_or_else(|error| panic!("{error}"));
        let objects: usize = checked.iter().sum();
        assert!(objects > 400, "only {objects} objects were applied");
    });
}

/// A record of one of the providers, with its provider.
fn known(record: Value) -> Option<(&'static dyn Provider, Value)> {
    let name = record.pointer("/object/spec/provider/name")?.as_str()?;
    PROVIDERS.contains(&name).then_some(())?;
    Some((provider::provider(name)?, record))
}

/// Renders and applies (as a dry run) the children of one record; says how many.
async fn check(
    namespace: &Namespace<'_>,
    provider: &dyn Provider,
    mut record: Value,
) -> Result<usize, String> {
    record["stored"]["metadata"]["namespace"] = namespace.name.clone().into();
    let deployment: ModelDeployment = object::read(&record["stored"]).map_err(|error| error.to_string())?;
    let versions = Versions::of(Release::newest());
    let Ok(children) = provider.render(&deployment, &versions, None) else { return Ok(0) };
    let predicted = provider::reconcile(provider, &deployment, &versions, &ImageInput::NotAsked);
    for child in &children {
        let name = text(child, "/metadata/name");
        let place = format!("{} {name} of record {}", text(child, "/kind"), record["seed"]);
        match apply(namespace, child).await {
            Ok(found) => contains(&found, child, "").map_err(|error| format!("{place}: {error}"))?,
            Err(message) => {
                let refusal =
                    predicted.refusal.as_ref().map(|refusal| refusal.message.as_str()).unwrap_or_default();
                return if words(refusal) == words(&message) {
                    Ok(0)
                } else {
                    Err(format!("{place} is refused with\n  {message}\nand not with\n  {refusal}"))
                };
            }
        }
    }
    match predicted.refusal {
        Some(refusal) => Err(format!("record {}: not refused, against {}", record["seed"], refusal.message)),
        None => Ok(children.len()),
    }
}

fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

/// The words of a message in no order: the server lists several causes as they come.
pub(crate) fn words(message: &str) -> BTreeSet<&str> {
    message.split([' ', ',', '[', ']']).collect()
}

pub(crate) async fn apply(namespace: &Namespace<'_>, child: &Value) -> Result<Value, String> {
    let (group, version) =
        text(child, "/apiVersion").split_once('/').unwrap_or(("", text(child, "/apiVersion")));
    let resource = ApiResource::from_gvk(&GroupVersionKind::gvk(group, version, text(child, "/kind")));
    let api: Api<DynamicObject> = Api::namespaced_with(namespace.client(), &namespace.name, &resource);
    let as_shim = PatchParams { dry_run: true, ..PatchParams::apply("vllm-provider").force() };
    match api.patch(text(child, "/metadata/name"), &as_shim, &Patch::Apply(child)).await {
        Ok(object) => serde_json::to_value(object).map_err(|error| error.to_string()),
        Err(kube::Error::Api(status)) => Err(status.message),
        Err(error) => Err(error.to_string()),
    }
}

/// Whether everything of `part` is in `whole`; quantities by value.
fn contains(whole: &Value, part: &Value, path: &str) -> Result<(), String> {
    match (whole, part) {
        (Value::Object(whole), Value::Object(part)) => part.iter().try_for_each(|(key, value)| {
            let path = format!("{path}.{key}");
            contains(whole.get(key).unwrap_or(&Value::Null), value, &path)
        }),
        (Value::Array(whole), Value::Array(part)) if whole.len() == part.len() => {
            whole.iter().zip(part).try_for_each(|(whole, part)| contains(whole, part, &format!("{path}[]")))
        }
        _ if whole == part || same_quantity(whole, part) => Ok(()),
        // The server leaves out what is empty.
        (Value::Null, Value::String(text)) if text.is_empty() => Ok(()),
        (Value::Null, Value::Object(part)) if part.is_empty() => Ok(()),
        _ => Err(format!("{path} is {whole} and was rendered {part}")),
    }
}

fn same_quantity(one: &Value, other: &Value) -> bool {
    let quantity = |value: &Value| value.as_str().and_then(|text| text.parse::<Quantity>().ok());
    quantity(one).is_some_and(|one| quantity(other).is_some_and(|other| one == other))
}
