//! What a recipe says today against what was deployed from it.
//!
//! Only members that a recipe decides are compared, and of them only those that no flag set when the object was made. Members that people set and recipes never do (replicas, volumes,
//! secrets, labels) and what the cluster defaults are left out; the digest of a pinned image is, too, because a recipe
//! names tags.

mod given;

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::core::kubernetes::json::text_at;
use crate::core::recipe::choice::feature_choice::FeatureChoice;
use crate::core::recipe::choice::request::Request;
use crate::core::recipe::site::model_id::ModelId;

pub use given::mark_given;

/// Prefix of the annotations that say which recipe an object was made from (recipes.md section 4.3).
pub const RECIPE_ANNOTATION: &str = "airunway.ai/recipe.";
/// Annotations that may differ although the recipe gives the same object.
const NOT_COMPARED: [&str; 3] = ["airunway.ai/recipe.source", "airunway.ai/recipe.revision", given::GIVEN];
/// Members whose leaves are compared where today's object has them.
const GOVERNED: [&str; 14] = [
    "/spec/model/id",
    "/spec/model/servedName",
    "/spec/engine/type",
    "/spec/engine/image",
    "/spec/engine/contextLength",
    "/spec/serving/mode",
    "/spec/provider/name",
    "/spec/resources/gpu/count",
    "/spec/resources/gpu/type",
    // Not whole: the API server adds the type.
    "/spec/scaling/prefill/gpu/count",
    "/spec/scaling/prefill/gpu/type",
    "/spec/scaling/decode/gpu/count",
    "/spec/scaling/decode/gpu/type",
    "/spec/provider/overrides",
];
/// Members that are compared when they are true.
const SWITCHES: [&str; 2] = ["/spec/engine/trustRemoteCode", "/spec/engine/enforceEager"];
/// The same for what only one of the objects may have.
const WHOLE: [&str; 2] = ["/spec/engine/args", "/spec/engine/extraArgs"];

/// What the annotations of an object say about the recipe it was made from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Provenance {
    /// Model id of the recipe.
    pub id: ModelId,
    /// Where the rendering was.
    pub source: Option<String>,
    /// When the recipe had last been changed.
    pub revision: Option<String>,
    hardware: Option<String>,
    strategy: Option<String>,
    variant: Option<String>,
    features: Vec<FeatureChoice>,
}

impl Provenance {
    /// Reads the annotations.
    ///
    /// # Errors
    /// Why the object cannot be traced to a recipe, a fragment.
    pub fn read(object: &Value) -> Result<Provenance, String> {
        let annotations = object.pointer("/metadata/annotations").and_then(Value::as_object);
        let text = |member: &str| {
            let value = annotations?.get(&format!("{RECIPE_ANNOTATION}{member}"))?.as_str()?.trim();
            (!value.is_empty()).then(|| value.to_owned())
        };
        let id = text("id").ok_or_else(|| format!("it has no annotation {RECIPE_ANNOTATION}id"))?;
        let id = ModelId::parse(&id).map_err(|error| format!("{RECIPE_ANNOTATION}id: {error}"))?;
        let features = match text("features") {
            None => Vec::new(),
            Some(features) => read_features(&features)
                .ok_or_else(|| format!("{RECIPE_ANNOTATION}features is not a list of features"))?,
        };
        Ok(Provenance {
            id,
            source: text("source"),
            revision: text("revision"),
            hardware: text("hardware"),
            strategy: text("strategy"),
            variant: text("variant"),
            features,
        })
    }

    /// The request that makes the same object again: everything by name, forced where it was forced.
    pub fn request(&self, deployed: &Value) -> Request {
        let provider = Some(text_at(deployed, "/spec/provider/name"));
        Request {
            hardware: self.hardware.clone(),
            strategy: self.strategy.clone(),
            variant: self.variant.clone(),
            features: self.features.clone(),
            provider: provider.filter(|name| !name.is_empty()).map(str::to_owned),
            // Whether it may run here was decided when it was deployed.
            force: true,
            ..Request::new(self.id.clone())
        }
    }
}

fn read_features(text: &str) -> Option<Vec<FeatureChoice>> {
    let names: Vec<String> = serde_json::from_str(text).ok()?;
    names.iter().map(|name| name.parse().ok()).collect()
}

/// The same members of two objects.
#[derive(Debug, Clone, PartialEq)]
pub struct Drift {
    /// Fields that flags set when it was deployed, which are left out: dotted, keys and names in brackets.
    pub given: Vec<String>,
    /// Of what was deployed.
    pub deployed: Value,
    /// Of what today's recipe gives.
    pub today: Value,
}

impl Drift {
    /// Compares what is deployed with what today's recipe gives.
    pub fn between(deployed: &Value, today: &Value) -> Drift {
        let given = given::read(deployed);
        let mut expected = today.clone();
        given::write_over(&mut expected, deployed, &given);
        Drift { given, deployed: governed(deployed, &expected), today: governed(&expected, &expected) }
    }

    /// Whether there is any.
    pub fn is_any(&self) -> bool {
        self.deployed != self.today
    }
}

/// The members of `object` that `today`'s recipe decides, in a fixed order.
fn governed(object: &Value, today: &Value) -> Value {
    let mut view = json!({
        "apiVersion": object.get("apiVersion"),
        "kind": object.get("kind"),
        "metadata": { "annotations": annotations(object) },
        "spec": {},
    });
    for pointer in GOVERNED {
        if today.pointer(pointer).is_some() {
            put(&mut view, pointer, object.pointer(pointer).cloned());
        }
    }
    for pointer in WHOLE {
        put(&mut view, pointer, object.pointer(pointer).filter(|value| !is_empty(value)).map(sorted));
    }
    for flag in SWITCHES {
        put(&mut view, flag, object.pointer(flag).filter(|value| **value == Value::Bool(true)).cloned());
    }
    if let Some(image) = view.pointer_mut("/spec/engine/image") {
        *image = image
            .as_str()
            .map(|image| image.split('@').next().unwrap_or_default().into())
            .unwrap_or_default();
    }
    put(&mut view, "/spec/env", environment(object));
    view
}

fn annotations(object: &Value) -> Value {
    let all = object.pointer("/metadata/annotations").and_then(Value::as_object);
    let of_recipe =
        |key: &&String| key.starts_with(RECIPE_ANNOTATION) && !NOT_COMPARED.contains(&key.as_str());
    let kept: BTreeMap<&String, &Value> =
        all.into_iter().flatten().filter(|(key, _)| of_recipe(key)).collect();
    kept.into_iter().map(|(key, value)| (key.clone(), value.clone())).collect::<Map<_, _>>().into()
}

/// Variables by name: their order has no meaning between different names.
fn environment(object: &Value) -> Option<Value> {
    let entries = object.pointer("/spec/env")?.as_array().filter(|entries| !entries.is_empty())?;
    let mut entries: Vec<Value> = entries.iter().map(sorted).collect();
    entries.sort_by(|left, right| name(left).cmp(name(right)));
    Some(entries.into())
}

fn name(entry: &Value) -> &str {
    text_at(entry, "/name")
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Object(members) => members.is_empty(),
        Value::Array(items) => items.is_empty(),
        _ => value.is_null(),
    }
}

fn sorted(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let members: BTreeMap<&String, &Value> = members.iter().collect();
            members.into_iter().map(|(key, value)| (key.clone(), sorted(value))).collect::<Map<_, _>>().into()
        }
        other => other.clone(),
    }
}

/// Puts a value under a pointer of ours, making the objects above it.
fn put(view: &mut Value, pointer: &str, value: Option<Value>) {
    let Some(value) = value else { return };
    let mut place = view;
    for key in pointer.split('/').skip(1) {
        if !place.is_object() {
            *place = json!({});
        }
        place = &mut place[key];
    }
    *place = value;
}

#[cfg(test)]
mod tests;
