//! V10: what an update may not change.

use super::{Issues, rule, text, view};
use crate::core::kubernetes::rule::Rule;
use crate::core::schema::FieldError;
use crate::core::schema::typed::read_quantity;
use serde_json::Value;
use std::collections::HashMap;

const VOLUMES: &str = "spec.model.storage.volumes";

pub(super) fn check(object: &Value, old: &Value, issues: &mut Issues) {
    let both = |path: &[&str]| -> (String, String) {
        (view::text(object, path).to_owned(), view::text(old, path).to_owned())
    };
    let (new_id, old_id) = both(&["spec", "model", "id"]);
    if new_id != old_id {
        refuse("model.id", text::quote(&new_id), &rule::IMMUTABLE_MODEL_ID, issues);
    }
    let (new_source, old_source) = both(&["spec", "model", "source"]);
    if new_source != old_source {
        refuse("model.source", text::json_string(&new_source), &rule::IMMUTABLE_MODEL_SOURCE, issues);
    }
    let (new_engine, old_engine) = both(&["spec", "engine", "type"]);
    if is_change(&new_engine, &old_engine) {
        refuse("engine.type", text::json_string(&new_engine), &rule::IMMUTABLE_ENGINE_TYPE, issues);
    }
    let (new_provider, named) = both(&["spec", "provider", "name"]);
    let recorded = view::text(old, &["status", "provider", "name"]);
    let old_provider = if named.is_empty() { recorded } else { named.as_str() };
    if is_change(&new_provider, old_provider) {
        refuse("provider.name", text::quote(&new_provider), &rule::IMMUTABLE_PROVIDER, issues);
    }
    let mode = view::serving_mode(object);
    if mode != view::serving_mode(old) {
        refuse("serving.mode", text::json_string(mode), &rule::IMMUTABLE_SERVING_MODE, issues);
    }
    check_volumes(view::volumes(object), view::volumes(old), issues);
}

/// Setting and clearing are not changes.
fn is_change(new: &str, old: &str) -> bool {
    !new.is_empty() && !old.is_empty() && new != old
}

fn refuse(member: &str, shown: String, rule: &'static Rule, issues: &mut Issues) {
    let detail = format!("{member} is immutable (changing it requires delete and recreate)");
    issues.invalid(rule, &format!("spec.{member}"), shown, detail);
}

fn check_volumes(new: &[Value], old: &[Value], issues: &mut Issues) {
    let by_name: HashMap<&str, (usize, &Value)> = new
        .iter()
        .enumerate()
        .map(|(index, volume)| (view::text(volume, &["name"]), (index, volume)))
        .collect();
    for volume in old.iter().filter(|volume| view::is_managed(volume)) {
        let name = view::text(volume, &["name"]);
        match by_name.get(name) {
            None => {
                let detail = format!(
                    "managed storage volume {} cannot be removed (it has an associated PVC; delete the ModelDeployment \
                     to clean up managed storage)",
                    text::quote(name)
                );
                issues.add(&rule::MANAGED_VOLUME_REMOVED, FieldError::forbidden(VOLUMES, detail));
            }
            Some((index, replacement)) if !is_same(volume, replacement) => {
                let detail = "managed storage volume is immutable once created (delete the ModelDeployment to change \
                              managed storage configuration)";
                let path = format!("{VOLUMES}[{index}]");
                issues.invalid(&rule::MANAGED_VOLUME_CHANGED, &path, text::quote(name), detail);
            }
            Some(_) => {}
        }
    }
}

fn is_same(left: &Value, right: &Value) -> bool {
    let texts = ["name", "claimName", "mountPath", "purpose", "accessMode"];
    let size = |volume: &Value| view::at(volume, &["size"]).map(|size| read_quantity(size).ok());
    texts.iter().all(|name| view::text(left, &[name]) == view::text(right, &[name]))
        && view::flag(left, &["readOnly"]) == view::flag(right, &["readOnly"])
        && view::at(left, &["storageClassName"]) == view::at(right, &["storageClassName"])
        && size(left) == size(right)
}
