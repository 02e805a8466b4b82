//! The words of a recipe site.

use super::{HOSTILE, Run, hold, run};
use crate::support::Sandbox;
use crate::support::recipe_site::RecipeSite;
use serde_json::{Value, json};

const MODEL: &str = "Qwen/Qwen3-32B";

const APPLY: [&str; 8] =
    ["apply-recipe", MODEL, "--hardware", "h200", "--dry-run", "--pin=never", "--explain", "--replicas=2"];

/// The official site with texts of one file made hostile; it is left running, as the program asks it later.
fn on_site(sandbox: &Sandbox, path: &str, keys: &[&str], arguments: &[&str]) -> Run {
    let site = RecipeSite::official();
    let mut document: Value = serde_json::from_slice(&site.file(path)).expect("a document");
    assert!(spoil(&mut document, keys) > 0, "{path} has none of {keys:?}");
    site.publish(path, document.to_string());
    let mut run = run(sandbox, arguments);
    run.command.env("VLLM_RECIPES_BASE_URL", site.url());
    std::mem::forget(site);
    run
}

fn spoil(value: &mut Value, keys: &[&str]) -> usize {
    match value {
        Value::Object(members) => members
            .iter_mut()
            .map(|(key, member)| match member {
                Value::String(text) if keys.contains(&key.as_str()) => {
                    *text = format!("{text}{HOSTILE}");
                    1
                }
                other => spoil(other, keys),
            })
            .sum(),
        Value::Array(items) => items.iter_mut().map(|item| spoil(item, keys)).sum(),
        _ => 0,
    }
}

#[test]
fn texts_of_recipes() {
    hold(&[
        ("recipe list", |sandbox| {
            on_site(sandbox, "/models.json", &["title", "provider", "hf_id"], &["recipe", "list"])
        }),
        ("recipe list -o json", |sandbox| {
            on_site(
                sandbox,
                "/models.json",
                &["title", "provider", "hf_id"],
                &["recipe", "list", "-o", "json"],
            )
        }),
        ("recipe show", |sandbox| {
            let keys = [
                "title",
                "description",
                "date_updated",
                "min_vllm_version",
                "tagline",
                "precision",
                "status",
            ];
            on_site(sandbox, "/Qwen/Qwen3-32B.json", &keys, &["recipe", "show", MODEL])
        }),
        ("apply-recipe, what is chosen", |sandbox| {
            on_site(sandbox, "/Qwen/Qwen3-32B/hw/h200.json", &["date_updated", "strategy", "variant"], &APPLY)
        }),
        ("apply-recipe, image", |sandbox| {
            on_site(sandbox, "/Qwen/Qwen3-32B/hw/h200.json", &["docker_image"], &APPLY)
        }),
        ("apply-recipe, a question", |sandbox| {
            let arguments = ["apply-recipe", MODEL, "--dry-run", "--pin=never"];
            let mut run = on_site(sandbox, "/Qwen/Qwen3-32B.json", &["precision"], &arguments);
            run.keys.push(("awq", "\u{1b}"));
            run
        }),
        ("an index that leads elsewhere", |sandbox| {
            let site = RecipeSite::start();
            site.publish(
                "/models.json",
                json!([{"hf_id": "a/evil", "title": "t", "provider": "p", "json": format!("/a/{HOSTILE}.json")}])
                    .to_string(),
            );
            let mut run = run(sandbox, &["recipe", "show", "a/evil"]);
            run.command.env("VLLM_RECIPES_BASE_URL", site.url());
            std::mem::forget(site);
            run
        }),
        ("an address", |sandbox| run(sandbox, &["recipe", "list", "--recipes-url", HOSTILE])),
        ("a copy", |sandbox| run(sandbox, &["recipe", "list", "--recipes", HOSTILE])),
    ]);
}
