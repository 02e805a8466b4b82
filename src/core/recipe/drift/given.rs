//! Fields of a recipe's object that flags set when it was deployed: not the recipe's, so they cannot drift from it.
//!
//! The object carries their names in an annotation, because afterwards nothing tells an image that was given from one
//! that the recipe had then.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{GOVERNED, SWITCHES, put};
use crate::core::kubernetes::json::{list_at, text_at};

/// The annotation with the names, a JSON list.
pub(super) const GIVEN: &str = "cli.airunway.ai/recipe-given";
const ARGS: &str = "spec.engine.args";
const EXTRA: &str = "spec.engine.extraArgs";
const ENV: &str = "spec.env";

/// Marks an object that was made from `recipe`'s with what flags set in it; one without is left as it is.
pub fn mark_given(object: &mut Value, recipe: &Value) {
    let given = given(object, recipe);
    let annotations = object.pointer_mut("/metadata/annotations").and_then(Value::as_object_mut);
    if let (Some(annotations), false) = (annotations, given.is_empty()) {
        annotations.insert(GIVEN.to_owned(), Value::from(given).to_string().into());
    }
}

/// The fields in which `object` differs from the recipe's: dotted, keys and names in brackets, and how many arguments were
/// added behind the recipe's own.
fn given(object: &Value, recipe: &Value) -> Vec<String> {
    let differs = |pointer: &&str| object.pointer(pointer) != recipe.pointer(pointer);
    let plain = GOVERNED.iter().chain(&SWITCHES).copied().filter(differs).map(dotted);
    let mut given: Vec<String> = plain.collect();
    let keys = |of: &Value| {
        let args = of.pointer("/spec/engine/args").and_then(Value::as_object);
        args.into_iter().flatten().map(|(key, _)| key.clone()).collect::<BTreeSet<_>>()
    };
    let argument = |of: &Value, key: &str| of.pointer("/spec/engine/args")?.get(key).cloned();
    for key in keys(object).union(&keys(recipe)) {
        if argument(object, key) != argument(recipe, key) {
            given.push(format!("{ARGS}[{key}]"));
        }
    }
    let names = |of: &Value| {
        list_at(of, "/spec/env").iter().map(|it| text_at(it, "/name").to_owned()).collect::<BTreeSet<_>>()
    };
    for name in names(object).union(&names(recipe)) {
        if variable(object, name) != variable(recipe, name) {
            given.push(format!("{ENV}[{name}]"));
        }
    }
    let (all, own) = (list_at(object, "/spec/engine/extraArgs"), list_at(recipe, "/spec/engine/extraArgs"));
    if all.len() > own.len() {
        given.push(format!("{EXTRA}[+{}]", all.len() - own.len()));
    }
    given
}

/// The names that an object carries.
pub(super) fn read(object: &Value) -> Vec<String> {
    let annotations = object.pointer("/metadata/annotations").and_then(Value::as_object);
    let text = annotations.and_then(|all| all.get(GIVEN)).and_then(Value::as_str);
    text.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default()
}

/// Writes what was given when `deployed` was made over `today`'s object, so that only the rest is compared.
pub(super) fn write_over(today: &mut Value, deployed: &Value, given: &[String]) {
    for field in given {
        let (field, inside) = match field.strip_suffix(']').and_then(|field| field.split_once('[')) {
            Some((field, inside)) => (field, Some(inside)),
            None => (field.as_str(), None),
        };
        match (field, inside) {
            (ARGS, Some(key)) => {
                let value = deployed.pointer("/spec/engine/args").and_then(|args| args.get(key)).cloned();
                write_argument(today, key, value);
            }
            (ENV, Some(name)) => write_variable(today, name, variable(deployed, name).cloned()),
            (EXTRA, Some(count)) => {
                let count = count.trim_start_matches('+').parse().unwrap_or(0);
                let all = list_at(deployed, "/spec/engine/extraArgs");
                let own = list_at(today, "/spec/engine/extraArgs").to_vec();
                let added = all.iter().skip(all.len().saturating_sub(count)).cloned();
                put(today, "/spec/engine/extraArgs", Some(own.into_iter().chain(added).collect()));
            }
            (_, None) => write_plain(today, deployed, field),
            (_, Some(_)) => {}
        }
    }
}

fn write_plain(today: &mut Value, deployed: &Value, field: &str) {
    // Nothing but what is compared is ever written, whatever an annotation says.
    let known = GOVERNED.iter().chain(&SWITCHES).copied().find(|pointer| dotted(pointer) == field);
    let Some(pointer) = known else { return };
    match deployed.pointer(pointer) {
        Some(value) => put(today, pointer, Some(value.clone())),
        None => {
            let (above, name) = pointer.rsplit_once('/').unwrap_or_default();
            if let Some(members) = today.pointer_mut(above).and_then(Value::as_object_mut) {
                members.shift_remove(name);
            }
        }
    }
}

fn write_argument(today: &mut Value, key: &str, value: Option<Value>) {
    if today.pointer("/spec/engine/args").is_none() {
        put(today, "/spec/engine/args", Some(json!({})));
    }
    let Some(args) = today.pointer_mut("/spec/engine/args").and_then(Value::as_object_mut) else { return };
    match value {
        Some(value) => {
            args.insert(key.to_owned(), value);
        }
        None => {
            args.shift_remove(key);
        }
    }
}

fn write_variable(today: &mut Value, name: &str, value: Option<Value>) {
    let others = list_at(today, "/spec/env").iter().filter(|it| text_at(it, "/name") != name).cloned();
    let all: Vec<Value> = others.chain(value).collect();
    put(today, "/spec/env", Some(all.into()));
}

fn variable<'a>(object: &'a Value, name: &str) -> Option<&'a Value> {
    list_at(object, "/spec/env").iter().find(|entry| text_at(entry, "/name") == name)
}

fn dotted(pointer: &str) -> String {
    pointer.trim_start_matches('/').replace('/', ".")
}
