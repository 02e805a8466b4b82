//! Every variant of every recipe, by name and by precision, and hardware on which another variant takes the asked one's place.

use std::collections::{BTreeMap, BTreeSet};

use kubectl_airunway::core::recipe::{Found, ModelId, Request, Resolution, SitePath};
use serde_json::Value;

use super::oracle::{Expected, expected};
use super::site::{self, ROOT};
use super::walk::{Counts, Judge, check, resolved};

/// All recipes, each once, by path.
pub(super) fn all() -> BTreeMap<String, Value> {
    let read = |model: &site::Model| -> (String, Value) {
        (model.recipe.0.clone(), serde_json::from_slice(&model.recipe.1).expect("it is JSON"))
    };
    site::models().iter().map(read).collect()
}

pub(super) fn request(recipe: &Value) -> Request {
    Request::new(ModelId::parse(recipe["hf_id"].as_str().expect("it has one")).expect("it is one"))
}

fn members(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flatten()
}

/// Where the index says that a model's recipe is.
fn by_id(id: &str) -> Option<&'static str> {
    let rows = ROOT.0.as_array().expect("it is a list");
    let row = rows.iter().find(|row| row["hf_id"].as_str().is_some_and(|it| it.eq_ignore_ascii_case(id)))?;
    row["json"].as_str()
}

/// The recipe that a variant's answer must come from; else the reason of the refusal.
fn leads_to<'a>(
    recipe: &Value,
    key: &str,
    all: &'a BTreeMap<String, Value>,
) -> Result<(String, &'a Value), &'static str> {
    let variant = &recipe["variants"][key];
    if !recipe["recommended_command"].is_object() {
        return Err("omni");
    }
    let own = by_id(recipe["hf_id"].as_str().unwrap()).expect("it is in the index");
    let named = variant["json"].as_str();
    let known = || by_id(variant["model_id"].as_str()?).filter(|path| *path != own);
    let Some(path) = named.or_else(known) else { return Err("no-rendering") };
    let found = &all[path];
    // One file stands for two variants of its parent, and holds the other one.
    if named.is_some() && found["meta"]["variant"] != *key {
        return Err("mismatch");
    }
    Ok((path.to_owned(), found))
}

fn annotation(resolution: &Resolution, member: &str) -> Option<String> {
    let annotations = resolution.annotations("");
    annotations
        .into_iter()
        .find(|(key, _)| key.ends_with(&format!("recipe.{member}")))
        .map(|(_, value)| value)
}

/// Variants are followed to their own command, and annotated with their own precision.
#[test]
fn all_variants() {
    let (all, judge, documents) = (all(), Judge::new(), site::recipes());
    let mut counts = Counts::new();
    for recipe in all.values() {
        for (key, variant) in members(&recipe["variants"]).filter(|(key, _)| *key != "default") {
            let request = Request { variant: Some(key.clone()), force: true, ..request(recipe) };
            let answer = resolved(&request, &documents);
            let outcome = match leads_to(recipe, key, &all) {
                Err(reason) => {
                    assert_eq!(answer.err(), Some(reason), "{request:?}");
                    reason
                }
                Ok((path, found)) => {
                    let rendering = &found["recommended_command"];
                    match (expected(rendering, &ROOT.1), answer) {
                        (Expected::Object(wanted), Ok(resolution)) => {
                            assert_eq!(
                                resolution.precision.as_deref(),
                                variant["precision"].as_str(),
                                "{request:?}"
                            );
                            assert_eq!(annotation(&resolution, "id").as_deref(), found["hf_id"].as_str());
                            assert_eq!(
                                resolution.model,
                                variant["model_id"].as_str().unwrap(),
                                "{request:?}"
                            );
                            check(&judge, &resolution, &wanted, &(request, path, rendering));
                            if variant["json"].is_null() { "by model id" } else { "its own file" }
                        }
                        (Expected::Refused(reason), Err(got)) if reason == got => reason,
                        (expected, answer) => panic!("{request:?}: expected {expected:?}, got {answer:?}"),
                    }
                }
            };
            *counts.entry(outcome).or_default() += 1;
        }
    }
    let expected = Counts::from([
        ("its own file", 150),
        ("by model id", 2),
        ("mismatch", 1),
        ("multi-node", 2),
        ("no-rendering", 8),
        // Recipes that have no command at all.
        ("omni", 9),
    ]);
    assert_eq!(counts, expected);
}

/// A precision means the one variant that has it; of several the recommended one, if it is among them.
#[test]
fn all_precisions() {
    let (all, documents) = (all(), site::recipes());
    let mut counts = Counts::new();
    for recipe in all.values().filter(|recipe| recipe["recommended_command"].is_object()) {
        let precisions: BTreeSet<&str> =
            members(&recipe["variants"]).map(|(_, variant)| variant["precision"].as_str().unwrap()).collect();
        for precision in precisions {
            let by_precision =
                Request { precision: Some(precision.to_uppercase()), force: true, ..request(recipe) };
            let answer = resolved(&by_precision, &documents);
            let having =
                members(&recipe["variants"]).filter(|(_, variant)| variant["precision"] == precision);
            let having: Vec<&String> = having.map(|(key, _)| key).collect();
            let outcome = match having.as_slice() {
                several if several.len() > 1 && !several.iter().any(|key| *key == "default") => {
                    assert_eq!(answer.err(), Some("unknown-variant"), "{by_precision:?}");
                    "several"
                }
                keys => {
                    let key = keys.iter().find(|key| **key == "default").unwrap_or(&keys[0]);
                    let by_name = Request { variant: Some((*key).clone()), force: true, ..request(recipe) };
                    let named = resolved(&by_name, &documents);
                    let shown = |answer: &Result<Resolution, &'static str>| {
                        answer.as_ref().map(|it| it.object("m", "")).map_err(|reason| *reason)
                    };
                    assert_eq!(shown(&answer), shown(&named), "{by_precision:?}");
                    match named {
                        Ok(resolution) => {
                            assert_eq!(resolution.precision.as_deref(), Some(precision));
                            "object"
                        }
                        Err(reason) => reason,
                    }
                }
            };
            *counts.entry(outcome).or_default() += 1;
        }
    }
    let expected = Counts::from([("object", 418), ("multi-node", 14), ("no-rendering", 6), ("several", 2)]);
    assert_eq!(counts, expected);
}

/// Where a recipe takes another checkpoint because the asked one does not fit, this is said, and what is annotated is true.
#[test]
fn hardware_that_takes_another_checkpoint() {
    let mut documents = site::recipes();
    let mut cases = Vec::new();
    for model in site::models() {
        let recipe: Value = serde_json::from_slice(&model.recipe.1).expect("it is JSON");
        let recommended = &recipe["recommended_command"];
        for (hardware, path) in members(&recommended["by_hardware"]) {
            let path = path.as_str().unwrap();
            let (_, content) = model.renderings.iter().find(|(name, _)| name == path).expect("it is there");
            let rendering: Value = serde_json::from_slice(content).expect("it is JSON");
            documents.insert(SitePath::new(path), rendering.clone());
            if rendering["variant"] != recommended["variant"] {
                cases.push((recipe.clone(), hardware.clone(), rendering));
            }
        }
    }
    assert_eq!(cases.len(), 19);
    for (recipe, hardware, rendering) in cases {
        let request = Request { hardware: Some(hardware), ..request(&recipe) };
        let resolution = resolved(&request, &documents).expect("it is an object");
        let kinds: Vec<&str> = resolution.notes.iter().map(|note| note.kind.id()).collect();
        assert!(kinds.contains(&"other-rendering") && kinds.contains(&"other-checkpoint"), "{kinds:?}");
        assert_eq!(resolution.model, rendering["argv"][2].as_str().unwrap());
        assert_ne!(resolution.model, recipe["hf_id"].as_str().unwrap());
        for member in ["hardware", "strategy", "variant"] {
            assert_eq!(annotation(&resolution, member).as_deref(), rendering[member].as_str());
        }
        let parent = recipe["meta"]["derived_from"].as_str().map_or(&recipe, |id| {
            let Found::Document(parent) = documents.get(&SitePath::new(by_id(id).expect("it is known")))
            else {
                panic!("{id} is there")
            };
            parent
        });
        let precision = &parent["variants"][rendering["variant"].as_str().unwrap()]["precision"];
        assert_eq!(annotation(&resolution, "precision").as_deref(), precision.as_str());
        assert!(precision.is_string());
        // Who names the variant does not get another one.
        let variant = recipe["recommended_command"]["variant"].as_str().map(str::to_owned);
        assert_eq!(resolved(&Request { variant, ..request.clone() }, &documents).err(), Some("mismatch"));
    }
}
