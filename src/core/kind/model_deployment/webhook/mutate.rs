//! The mutating webhook (airunway-api.md section 3).

use super::shape::SPEC_KIND;
use super::view;
use crate::core::api_server::custom::reread_numbers;
use crate::core::schema::typed::{rewrite, write_back};
use serde_json::{Map, Value, json};

/// The GPU resource when none is named.
const GPU_TYPE: &str = "nvidia.com/gpu";

/// The object as the mutating webhook returns it: defaults set, and with them what its Go program writes even when
/// empty. An object that needs no default comes back as it was.
pub fn mutate(object: &Value) -> Value {
    let mut object = object.clone();
    mutate_in_place(&mut object);
    object
}

/// Writes a specification as a Go program of AI Runway does that has read and written the whole object: members that are
/// zero, false or empty are gone where their type has no pointer, and what its types always write is there.
pub fn rewrite_spec(spec: &mut Value) {
    rewrite(spec, &SPEC_KIND);
    reread_numbers(spec);
}

/// As [`mutate`]; returns whether anything was changed.
pub(super) fn mutate_in_place(object: &mut Value) -> bool {
    let name = view::text(object, &["metadata", "name"]).to_owned();
    let mut changed = false;
    default_model_and_serving(object, &mut changed);
    default_scaling_and_resources(object, &mut changed);
    for path in [&["resources"][..], &["scaling", "prefill"], &["scaling", "decode"]] {
        if let Some(gpu) = path
            .iter()
            .try_fold(member(object, "spec"), |value, name| Some(member(value?, name)))
            .flatten()
            .and_then(|parent| member(parent, "gpu"))
        {
            set_empty_text(gpu, "type", GPU_TYPE, &mut changed);
        }
    }
    default_volumes(object, &name, &mut changed);
    if changed && let Some(spec) = member(object, "spec") {
        write_back(spec, &SPEC_KIND);
        reread_numbers(spec);
    }
    changed
}

fn default_model_and_serving(object: &mut Value, changed: &mut bool) {
    let Some(spec) = make_object(object, "spec") else { return };
    if let Some(model) = make_object(spec, "model") {
        set_empty_text(model, "source", "huggingface", changed);
    }
    if let Some(serving) = make_object(spec, "serving") {
        set_empty_text(serving, "mode", "aggregated", changed);
    }
}

fn default_scaling_and_resources(object: &mut Value, changed: &mut bool) {
    if view::serving_mode(object) != "aggregated" {
        return;
    }
    let engine = view::text(object, &["spec", "engine", "type"]);
    let wants_gpu = !matches!(engine, "" | "llamacpp") && view::text(object, &["spec", "image"]).is_empty();
    let is_absent = |name: &str| view::at(object, &["spec", name]).is_none();
    let (no_scaling, no_resources) = (is_absent("scaling"), is_absent("resources"));
    let Some(spec) = object.get_mut("spec").and_then(Value::as_object_mut) else { return };
    if no_scaling {
        spec.insert("scaling".to_owned(), json!({"replicas": 1}));
        *changed = true;
    }
    if no_resources && wants_gpu {
        spec.insert("resources".to_owned(), json!({"gpu": {"count": 1, "type": GPU_TYPE}}));
        *changed = true;
    }
}

fn default_volumes(object: &mut Value, name: &str, changed: &mut bool) {
    let volumes = object.pointer_mut("/spec/model/storage/volumes").and_then(Value::as_array_mut);
    for volume in volumes.into_iter().flatten() {
        if volume.is_null() {
            *volume = Value::Object(Map::new());
        }
        set_empty_text(volume, "purpose", "custom", changed);
        match view::text(volume, &["purpose"]) {
            "modelCache" => set_empty_text(volume, "mountPath", "/model-cache", changed),
            "compilationCache" => set_empty_text(volume, "mountPath", "/compilation-cache", changed),
            _ => {}
        }
        if view::is_managed(volume) {
            let claim = format!("{name}-{}", view::text(volume, &["name"]));
            set_empty_text(volume, "claimName", &claim, changed);
            set_empty_text(volume, "accessMode", "ReadWriteMany", changed);
        }
    }
}

fn member<'a>(value: &'a mut Value, name: &str) -> Option<&'a mut Value> {
    value.get_mut(name).filter(|member| member.is_object())
}

/// The member, made when it is absent or null; `None` when something else is in the way.
fn make_object<'a>(value: &'a mut Value, name: &str) -> Option<&'a mut Value> {
    let members = value.as_object_mut()?;
    let member = members.entry(name).or_insert(Value::Null);
    if member.is_null() {
        *member = Value::Object(Map::new());
    }
    Some(member).filter(|member| member.is_object())
}

fn set_empty_text(value: &mut Value, name: &str, text: &str, changed: &mut bool) {
    let Some(members) = value.as_object_mut() else { return };
    if members.get(name).and_then(Value::as_str).unwrap_or_default().is_empty() {
        members.insert(name.to_owned(), Value::String(text.to_owned()));
        *changed = true;
    }
}
