//! Checks 11 and 12 against the stand-in, right and wrong.

use super::start::launch;
use super::world::{World, labelled, run};
use axum::extract::State;
use axum::routing::post;
use axum::{Json, Router};
use kubectl_airunway::core::plan::Verdict;
use kubectl_airunway::io::backend::Backend;
use serde_json::{Value, json};

const CHECKS: [&str; 5] = ["P7", "P7-origin", "11a", "11b", "11c"];

/// The verdict of each check of the backend with a fault, and the reasons.
async fn verdicts(fault: &str) -> (Vec<Verdict>, Vec<String>) {
    let (mut verdicts, mut reasons) = (Vec::new(), Vec::new());
    let backend = Backend::start(&launch(fault)).await.unwrap();
    for id in CHECKS {
        let outcome = run(id, &World::default(), Some(&backend)).await;
        verdicts.push(outcome.verdict);
        reasons.push(outcome.reason);
    }
    backend.stop().await;
    (verdicts, reasons)
}

#[tokio::test]
async fn each_fault_turns_its_own_check_red() {
    use Verdict::{Fail, Pass, Skip};
    for (fault, wanted, reason) in [
        ("", [Pass, Pass, Pass, Pass, Pass], "assertions held"),
        ("as-a-child", [Pass, Pass, Pass, Pass, Pass], "assertions held"),
        (
            "sign-in",
            [Skip, Pass, Pass, Pass, Pass],
            "the web backend asks for a sign-in (AUTH_ENABLED): true",
        ),
        ("fetches-on-traversal", [Pass, Pass, Fail, Pass, Pass], ".requests of origin is []"),
        ("takes-bad-ids", [Pass, Pass, Fail, Pass, Pass], "expected: .status of slash is 400; found: 200"),
        ("takes-any-size", [Pass, Pass, Pass, Fail, Pass], "expected: .status of warm-up is 502; found: 200"),
        (
            "reads-all-forgets",
            [Pass, Pass, Pass, Fail, Pass],
            ".requests[0].written of origin 128 MiB is at most",
        ),
        ("buffers", [Pass, Pass, Pass, Fail, Pass], ".requests[0].written of origin 128 MiB is at most"),
        ("no-slash", [Pass, Pass, Pass, Pass, Fail], "expected: .status of list/ is 301; found: 404"),
        ("other-redirect", [Pass, Pass, Pass, Pass, Fail], "expected: .status of list/ is 301; found: 302"),
        ("query-lost", [Pass, Pass, Pass, Pass, Fail], ".headers.location of query/ matches"),
        ("redirects-astray", [Pass, Pass, Pass, Pass, Fail], ".headers.location of list/ matches"),
        ("no-list", [Pass, Pass, Pass, Pass, Fail], "expected: .status of list is at most 299; found: 404"),
    ] {
        let (found, reasons) = verdicts(fault).await;
        assert_eq!(found, wanted, "{fault}: {reasons:#?}");
        assert!(reasons.iter().any(|text| text.contains(reason)), "{fault}: {reasons:#?}");
    }
}

#[tokio::test]
async fn a_backend_that_dies_leaves_the_check_without_an_observation() {
    let backend = Backend::start(&launch("dies")).await.unwrap();
    let outcome = run("11a", &World::default(), Some(&backend)).await;
    assert_eq!(outcome.verdict, Verdict::Inconclusive);
    assert!(outcome.reason.contains("the backend has ended (exit code 7)"), "{}", outcome.reason);
    backend.stop().await;
}

#[tokio::test]
async fn without_a_backend_of_ours_what_cannot_be_seen_is_skipped() {
    let absent = run("P7", &World::default(), Some(&Backend::absent())).await;
    assert_eq!(absent.verdict, Verdict::Skip);
    let reason = "there is no web backend: give --backend URL or --backend-command COMMAND";
    assert_eq!(absent.reason, reason);
    assert_eq!(run("P7-origin", &World::default(), Some(&Backend::absent())).await.verdict, Verdict::Skip);
}

/// The answers of 11b as a world has them.
fn measured(memory: [Value; 2], written: u64) -> World {
    let request = json!({ "path": "/foo/512.json", "written": written, "complete": false });
    let [before, after] = memory;
    World::default()
        .answer("backend", json!({ "status": 502 }))
        .answer("origin", json!({ "requests": [request] }))
        .answer("memory", before)
        .answer("memory", after)
}

#[tokio::test]
async fn memory_and_bytes_decide_and_bytes_alone_where_memory_is_not_to_be_read() {
    let mib = |number: i64| json!({ "bytes": number << 20 });
    let unreadable = || json!({ "unreadable": "no /proc" });
    for (memory, written, wanted) in [
        ([mib(90), mib(80)], 9 << 20, Verdict::Pass),
        ([mib(90), mib(153)], 33 << 20, Verdict::Pass),
        ([mib(90), mib(614)], 9 << 20, Verdict::Fail),
        ([mib(90), mib(90)], 128 << 20, Verdict::Fail),
        ([unreadable(), unreadable()], 128 << 20, Verdict::Fail),
    ] {
        let outcome = run("11b", &measured(memory, written), None).await;
        assert_eq!(outcome.verdict, wanted, "{}", outcome.reason);
    }
    for memory in [[unreadable(), mib(90)], [mib(90), unreadable()], [unreadable(), unreadable()]] {
        let outcome = run("11b", &measured(memory, 9 << 20), None).await;
        assert_eq!(outcome.verdict, Verdict::Pass, "{}", outcome.reason);
        let said =
            outcome.remarks.iter().any(|remark| remark.text.contains("the bytes that were read decide"));
        assert!(said, "{:#?}", outcome.remarks);
    }
}

/// An API server with a shim behind it, as far as check 12 goes.
async fn api_server(world: &World) -> String {
    async fn create(State(world): State<World>, Json(mut object): Json<Value>) -> axum::http::StatusCode {
        let provenance = "generated-by=vllm-recipe-resolver, source=recipes.vllm.ai, \
                          id=microsoft/Phi-4-mini-instruct, strategy=latency, hardware=a100, \
                          features=[\"tool_calling\"]";
        let resolved = json!({
            "type": "RecipeResolved", "status": "True", "reason": "RecipeProvenanceResolved", "message": provenance,
        });
        object["status"] = json!({ "conditions": [resolved], "image": { "source": "nightly" } });
        let mut inside = world.inside();
        inside.standing.insert("ModelDeployment recipe-test".to_owned(), object);
        axum::http::StatusCode::CREATED
    }
    let path = "/apis/airunway.ai/v1alpha1/namespaces/vllm-test/modeldeployments";
    let router = Router::new().route(path, post(create)).with_state(world.clone());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    format!("http://{address}")
}

async fn check_12(fault: &str, world: &World) -> kubectl_airunway::core::plan::Outcome {
    let api = api_server(world).await;
    let mut launch = launch(fault);
    launch.command = format!("env API_SERVER={api} {}", launch.command);
    let backend = Backend::start(&launch).await.unwrap();
    let outcome = run("12", world, Some(&backend)).await;
    backend.stop().await;
    outcome
}

#[tokio::test]
async fn a_deployment_from_a_recipe_is_judged_by_what_reached_the_api_server() {
    use Verdict::{Fail, Inconclusive, Pass};
    for (fault, wanted, reason) in [
        ("", Pass, "assertions held"),
        ("wrong-annotations", Fail, "has exactly these members"),
        ("env-as-map", Fail, "expected: .spec.env of object is"),
        ("creates-nothing", Fail, "not within 30 s"),
        ("refused", Inconclusive, "the backend hides why the API server refused"),
        ("no-cluster", Inconclusive, "the web backend is not connected to a cluster"),
    ] {
        let world = World::default();
        let outcome = check_12(fault, &world).await;
        assert_eq!(outcome.verdict, wanted, "{fault}: {}", outcome.reason);
        assert!(outcome.reason.contains(reason), "{fault}: {}", outcome.reason);
        assert!(world.inside().standing.is_empty(), "{fault}: something is left");
    }
}

#[tokio::test]
async fn what_an_earlier_run_has_left_goes_and_what_is_of_others_stays() {
    const NAME: &str = "ModelDeployment recipe-test";
    let world = World::default().standing(NAME, labelled(Some("run-0")));
    assert_eq!(check_12("", &world).await.verdict, Verdict::Pass);
    let world = World::default().standing(NAME, labelled(None));
    let outcome = check_12("", &world).await;
    assert_eq!(outcome.verdict, Verdict::Inconclusive);
    assert!(outcome.reason.contains("no run has made"), "{}", outcome.reason);
    assert!(world.inside().standing.contains_key(NAME));
}

#[tokio::test]
async fn the_object_carries_the_run_as_soon_as_it_is_there() {
    let world = World::default();
    assert_eq!(check_12("", &world).await.verdict, Verdict::Pass);
    let done = world.inside().done.join("\n");
    assert!(done.contains("patch ModelDeployment recipe-test"), "{done}");
    assert!(done.contains(r#"{"cli.airunway.ai/e2e-run":"run-1"}"#), "{done}");
    assert!(done.ends_with("delete ModelDeployment recipe-test"), "{done}");
}
