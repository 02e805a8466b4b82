//! The checks of the backend over what the real one answered (`tests/fixtures/parity`): what passes here was not made to fit.

use super::world::{World, run};
use kubectl_airunway::core::plan::Verdict;
use serde_json::{Value, json};

fn recorded() -> Value {
    serde_json::from_str(include_str!("../../fixtures/parity/backend.json")).unwrap()
}

/// The real backend, as far as the checks ask it.
fn real() -> World {
    let recorded = recorded();
    let rows = recorded["rows"].as_array().unwrap();
    let mut world = World::default()
        .answer("GET /api/settings 0", json!({ "status": 200, "body": { "auth": { "enabled": false } } }))
        .answer("origin", json!({ "requests": [] }));
    for row in rows {
        let request = row["request"].as_str().unwrap();
        let answer = json!({ "status": row["status"], "headers": row["headers"], "body": row["body"], "redirects": 0 });
        world = world.answer(&format!("{request} 0"), answer);
        if let Some(location) = row["headers"]["location"].as_str() {
            let path = location.strip_prefix("http://127.0.0.1:PORT").unwrap();
            let target = rows.iter().find(|row| row["request"] == format!("GET {path}"));
            let status = target.map_or(json!(404), |row| row["status"].clone());
            world = world.answer(&format!("{request} 1"), json!({ "status": status, "redirects": 1 }));
        }
        if !row["stored"].is_null() {
            world = world.coming("ModelDeployment recipe-test", row["stored"].clone());
        }
    }
    world
}

#[tokio::test]
async fn the_real_backend_passes() {
    for id in ["P7", "P7-origin", "11a", "11c", "12"] {
        let outcome = run(id, &real(), None).await;
        assert_eq!(outcome.verdict, Verdict::Pass, "{id}: {}", outcome.reason);
    }
}

#[tokio::test]
async fn the_memory_of_the_real_backend_passes() {
    let recorded = recorded();
    let memory = &recorded["memory"];
    let steps = memory["steps"].as_array().unwrap();
    let of = |mib: i64| steps.iter().filter(move |step| step["mib"] == mib);
    // The measurement went through the sizes twice.
    for (small, large) in of(8).zip(of(512)) {
        let bytes = |step: &Value| {
            let kib = memory["baseline_kb"].as_i64().unwrap() + step["delta_kb"].as_i64().unwrap();
            json!({ "bytes": kib * 1024 })
        };
        let request = json!({ "path": "/foo/512.json", "written": large["origin_wrote"], "complete": false });
        let world = World::default()
            .answer("backend", json!({ "status": large["status"] }))
            .answer("origin", json!({ "requests": [request] }))
            .answer("memory", bytes(small))
            .answer("memory", bytes(large));
        let outcome = run("11b", &world, None).await;
        assert_eq!(outcome.verdict, Verdict::Pass, "{}", outcome.reason);
    }
}

#[tokio::test]
async fn one_answer_that_is_another_is_red() {
    for (id, request, path, value) in [
        ("11a", "GET /api/vllm/recipes/foo/../../etc/passwd 0", "/status", json!(502)),
        ("11a", "GET /api/vllm/recipes/foo/bar%2Fbaz 0", "/body/error/message", json!("Not Found")),
        ("11a", "GET /api/vllm/recipes/onlyoneseg 0", "/status", json!(200)),
        ("11a", "origin", "/requests", json!([{ "path": "/etc/passwd" }])),
        (
            "11c",
            "GET /api/vllm/recipes/ 0",
            "/headers/location",
            json!("http://127.0.0.1:3001/api/vllm/recipes/"),
        ),
        ("11c", "GET /api/vllm/recipes/ 1", "/status", json!(404)),
        ("11c", "GET /api/vllm/recipes/microsoft/Phi-4-mini-instruct/ 1", "/redirects", json!(0)),
        ("11c", "POST /api/vllm/recipes/resolve/ 0", "/status", json!(301)),
        ("12", "ModelDeployment recipe-test", "/spec/env/1/value", json!("WARN")),
        ("12", "ModelDeployment recipe-test", "/spec/recipe", json!("x")),
        ("12", "ModelDeployment recipe-test", "/spec/engine/args", json!({ "tensor-parallel-size": 1 })),
        ("12", "ModelDeployment recipe-test", "/spec/engine/image", Value::Null),
        ("12", "ModelDeployment recipe-test", "/metadata/annotations", json!({})),
        ("12", "ModelDeployment recipe-test", "/status/image/source", json!("custom")),
        ("12", "ModelDeployment recipe-test", "/status/conditions", json!([])),
        ("P7", "GET /api/health 0", "/status", json!(503)),
    ] {
        let world = real();
        world.edit(request, path, value.clone());
        let outcome = run(id, &world, None).await;
        assert_eq!(outcome.verdict, Verdict::Fail, "{id} {request}{path} {value}: {}", outcome.reason);
    }
}
