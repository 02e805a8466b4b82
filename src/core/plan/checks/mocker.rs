//! The Dynamo mocker suite: inference from end to end without a GPU (`test-plan.md` 6.4).

use super::gpu::GRAPH;
use super::suite::{act, chat, minutes, model, removed, until};
use crate::core::plan::{Act, Check, Claim, Group, Names, Object, Step, Uses, of};
use serde_json::{Value, json};

const MODEL: &str = "Qwen/Qwen3-0.6B";

/// A case of the suite.
struct Mocked {
    name: &'static str,
    workers: &'static [&'static str],
}

const AGGREGATED: Mocked = Mocked { name: "qwen3-0-6b", workers: &["VllmWorker"] };
const DISAGGREGATED: Mocked =
    Mocked { name: "qwen3-0-6b-disagg", workers: &["VllmPrefillWorker", "VllmDecodeWorker"] };

const fn row(id: &'static str, title: &'static str, script: fn(&Names) -> Vec<Step>) -> Check {
    Check {
        id,
        group: Group::Mocker,
        title,
        needs: &["P1", "P-dynamo"],
        uses: Uses::suite(0),
        limit: minutes(45),
        script,
        proves: "What the Dynamo shim renders comes up and answers, without a GPU.",
        failure: "The shim renders the real engine, or the graph does not come up.",
    }
}

/// The cases of the suite.
pub(super) const CHECKS: &[Check] = &[
    row("M-agg", "a mocked Dynamo graph with one kind of worker answers without a GPU", |names| {
        script(&AGGREGATED, names)
    }),
    row("M-disagg", "a mocked Dynamo graph with prefill and decode workers answers without a GPU", |names| {
        script(&DISAGGREGATED, names)
    }),
];

fn disaggregated(mocked: &Mocked) -> bool {
    mocked.workers.len() > 1
}

fn manifest(mocked: &Mocked) -> Value {
    let mut spec = json!({
        "provider": { "name": "dynamo" },
        "model": { "id": MODEL, "source": "huggingface" },
        "engine": { "type": "vllm" },
    });
    if disaggregated(mocked) {
        spec["serving"] = json!({ "mode": "disaggregated" });
        spec["scaling"] = json!({ "prefill": { "replicas": 1 }, "decode": { "replicas": 1 } });
    }
    json!({ "metadata": { "annotations": { "airunway.ai/dynamo-test-backend": "mocker" } }, "spec": spec })
}

/// What has to hold of a worker of the graph.
fn mocks(mocked: &Mocked, worker: &str) -> Vec<Claim> {
    let at = |path: &str| of("graph").at(format!(".spec.services.{worker}.{path}"));
    let container = |member: &str| at(&format!("extraPodSpec.mainContainer.{member}"));
    let mut claims = vec![
        container("image").contains("dynamo-planner"),
        container("command").contains("dynamo.mocker"),
        at("resources.limits.gpu").missing(),
        at("resources.requests.gpu").missing(),
    ];
    if disaggregated(mocked) {
        claims.push(container("args").contains("--disaggregation-mode"));
        claims.push(container("args").lacks("--kv-transfer-config"));
    }
    claims
}

fn script(mocked: &Mocked, names: &Names) -> Vec<Step> {
    let object = model(names, mocked.name);
    let graph = Object::new(GRAPH, &names.namespace, mocked.name);
    let mut steps = vec![act(Act::Create(object.clone(), manifest(mocked)), "created")];
    steps.push(until("graph", &graph, minutes(3), [of("graph").at(".metadata.name").is(mocked.name)]));
    steps.push(Step::Expect(mocked.workers.iter().flat_map(|worker| mocks(mocked, worker)).collect()));
    let up = [of("graph").at(".status.state").is("successful")];
    steps.push(until("graph", &graph, minutes(15), up));
    let running =
        [of("model").at(".status.phase").is("Running"), of("model").at(".status.provider.name").is("dynamo")];
    steps.push(until("model", &object, minutes(10), running));
    let frontend = format!(
        "nvidia.com/dynamo-graph-deployment-name={},nvidia.com/dynamo-component-type=frontend",
        mocked.name
    );
    steps.extend(chat(&names.namespace, &frontend, 8000, MODEL, minutes(2)));
    steps.extend(removed(&object));
    steps.push(until("graph gone", &graph, minutes(3), [of("graph gone").gone()]));
    steps
}
