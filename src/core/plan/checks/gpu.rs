//! The GPU suite: one model on each of three providers, served through the gateway (`test-plan.md` 6.1).

use super::gateway::{GATEWAY, GATEWAY_POD};
use super::suite::{act, any, chat, cleared, condition_is, create, minutes, model, removed, ruling, until};
use crate::core::kubernetes::resource::{
    DEPLOYMENT, JOB, NODE, PERSISTENT_VOLUME_CLAIM, POD, Resource, namespaced,
};
use crate::core::plan::{Act, Check, Claim, Group, Names, Object, Step, Uses, Verdict, condition, of};
use serde_json::{Value, json};
use std::time::Duration;

/// What the KAITO shim creates.
pub(super) const WORKSPACE: Resource = namespaced("kaito.sh", "v1beta1", "workspaces", "Workspace");
/// What the Dynamo shim creates.
pub(super) const GRAPH: Resource =
    namespaced("nvidia.com", "v1alpha1", "dynamographdeployments", "DynamoGraphDeployment");
/// The model of the suite.
const MODEL: &str = "Qwen/Qwen3-0.6B";
/// How long a pod may take until it is scheduled.
const SCHEDULED: Duration = minutes(2);
/// GPUs of a node, as a path in a list of nodes.
const ALLOCATABLE: &str = ".items[*].status.allocatable.nvidia\\.com/gpu";

/// A case of the suite.
struct Suite {
    name: &'static str,
    provider: &'static str,
    /// What the provider creates under the same name.
    child: Resource,
    /// The pods with the GPU: a frontend beside them is scheduled at once and would hide that there is none.
    pods: &'static str,
    /// The name under which the gateway has the model.
    served: &'static str,
}

const VLLM: Suite = Suite {
    name: "qwen3-0-6b-vllm",
    provider: "vllm",
    child: DEPLOYMENT,
    pods: "airunway.ai/deployment=qwen3-0-6b-vllm",
    served: "vllm-qwen3-06b",
};
const KAITO: Suite = Suite {
    name: "qwen3-0-6b-kaito",
    provider: "kaito",
    child: WORKSPACE,
    pods: "kaito.sh/workspace=qwen3-0-6b-kaito",
    served: "qwen3-0.6b",
};
const DYNAMO: Suite = Suite {
    name: "qwen3-0-6b-dynamo",
    provider: "dynamo",
    child: GRAPH,
    pods: "nvidia.com/dynamo-graph-deployment-name=qwen3-0-6b-dynamo,nvidia.com/dynamo-component-type=worker",
    served: MODEL,
};

const fn row(
    id: &'static str,
    title: &'static str,
    needs: &'static [&'static str],
    script: fn(&Names) -> Vec<Step>,
) -> Check {
    Check {
        id,
        group: Group::Gpu,
        title,
        needs,
        // All of them share one gateway and, often, one GPU.
        uses: Uses::suite(1),
        limit: minutes(90),
        script,
        proves: "A model of this provider starts on a GPU, answers through the gateway, and gives the GPU back.",
        failure: "The label says which step: G2 rendering, G3 scheduling, G4 the start of the model, G5 the gateway, \
                  G6 storage and download, G7 inference, G8 and G9 what is left behind.",
    }
}

/// That there is a GPU.
pub(super) const PRECONDITIONS: &[Check] = &[Check {
    id: "P-gpu",
    group: Group::Precondition,
    title: "a node has a GPU to give",
    needs: &[],
    uses: Uses::NOTHING,
    limit: minutes(1),
    script: capacity,
    proves: "A model that needs one GPU can be scheduled.",
    failure: "No node allocates nvidia.com/gpu: there are none, or their device plugin does not run.",
}];

/// The cases of the suite.
pub(super) const CHECKS: &[Check] = &[
    row(
        "G-vllm",
        "Qwen3-0.6B runs on a GPU with Direct vLLM and answers through the gateway",
        &["P1", "P2", "P-gpu", "P-gateway"],
        |names| script(&VLLM, names),
    ),
    row(
        "G-kaito",
        "Qwen3-0.6B runs on a GPU with KAITO and answers through the gateway",
        &["P1", "P-gpu", "P-gateway", "P-kaito"],
        |names| script(&KAITO, names),
    ),
    row(
        "G-dynamo",
        "Qwen3-0.6B runs on a GPU with Dynamo and answers through the gateway",
        &["P1", "P-gpu", "P-gateway", "P-dynamo"],
        |names| script(&DYNAMO, names),
    ),
];

fn capacity(_: &Names) -> Vec<Step> {
    vec![
        act(Act::List(NODE, None, None), "nodes"),
        Step::Judge(vec![
            ruling([of("nodes").at(ALLOCATABLE).at_least(1)], Verdict::Pass, "a node has a GPU"),
            ruling(
                [of("nodes").at(".items").present()],
                Verdict::Skip,
                "SKIPPED (capacity): needs 1 GPU on one node, but the largest node has 0",
            ),
        ]),
    ]
}

fn spec(suite: &Suite) -> Value {
    let mut spec = json!({
        "provider": { "name": suite.provider },
        "model": { "id": MODEL, "source": "huggingface" },
        "engine": { "type": "vllm" },
        "scaling": { "replicas": 1 },
        "resources": { "gpu": { "count": 1 } },
    });
    if suite.provider == VLLM.provider {
        spec["model"]["servedName"] = json!(suite.served);
        spec["gateway"] = json!({ "enabled": true, "modelName": suite.served });
    }
    if suite.provider == DYNAMO.provider {
        let cache = json!({ "name": "model-cache", "purpose": "modelCache", "size": "10Gi" });
        spec["model"]["storage"] = json!({ "volumes": [cache] });
    }
    spec
}

fn script(suite: &Suite, names: &Names) -> Vec<Step> {
    let object = model(names, suite.name);
    let child = Object::new(suite.child, &names.namespace, suite.name);
    let mut steps = vec![Step::Label("G0")];
    steps.extend(cleared(&object));
    steps.extend([Step::Label("G1"), create(&object, spec(suite)), Step::Label("G2")]);
    steps.push(until("child", &child, minutes(3), [of("child").at(".metadata.name").is(suite.name)]));
    steps.push(Step::Label("G3"));
    steps.extend(scheduling(suite, names, &object));
    steps.push(Step::Label("G4"));
    let running = [of("model").at(".status.phase").is("Running"), named(suite.provider)];
    steps.push(until("model", &object, minutes(45), running));
    steps.push(Step::Label("G5"));
    let ready = [
        condition_is("model", "GatewayReady", "True"),
        of("model").at(".status.gateway.endpoint").present(),
        of("model").at(".status.gateway.modelName").is(suite.served),
    ];
    steps.push(until("model", &object, minutes(5), ready));
    if suite.provider == DYNAMO.provider {
        steps.push(Step::Label("G6"));
        steps.extend(storage(suite, names, &object));
    }
    steps.push(Step::Label("G7"));
    steps.extend(chat(GATEWAY.0, GATEWAY_POD, 80, suite.served, minutes(3)));
    steps.push(Step::Label("G8"));
    steps.extend(removed(&object));
    steps.push(Step::Label("G9"));
    steps.push(until("child gone", &child, minutes(2), [of("child gone").gone()]));
    if suite.provider == DYNAMO.provider {
        let [claim, job] = stored(suite, names);
        steps.push(until("claim gone", &claim, minutes(2), [of("claim gone").gone()]));
        steps.push(until("job gone", &job, minutes(2), [of("job gone").gone()]));
    }
    steps
}

fn named(provider: &str) -> Claim {
    of("model").at(".status.provider.name").is(provider)
}

/// A shortage of GPUs is no fault of the provider, any other reason why a pod finds no place is.
fn scheduling(suite: &Suite, names: &Names, object: &Object) -> Vec<Step> {
    let list = Act::List(POD, Some(names.namespace.clone()), Some(suite.pods.to_owned()));
    let pods = |path: &str| of("pods").at(path);
    let placed =
        |member: &str| pods(&format!(".items[*].status.conditions[?(@.type==\"PodScheduled\")].{member}"));
    vec![
        // Time for the scheduler, unless the model runs before.
        Step::Until {
            watch: vec![("model", object.clone())],
            claims: vec![of("model").at(".status.phase").is("Running")],
            within: SCHEDULED,
            unless: Vec::new(),
            late: Verdict::Pass,
        },
        act(list, "pods"),
        Step::Judge(vec![
            ruling([pods(".items").count(0)], Verdict::Pass, "there is no pod yet"),
            ruling([placed("status").missing()], Verdict::Pass, "nobody says that it finds no place"),
            ruling([placed("status").lacks("False")], Verdict::Pass, "it is scheduled"),
            ruling(
                [placed("message").contains("nvidia.com/gpu")],
                Verdict::Skip,
                "SKIPPED (capacity): pod unschedulable for GPU past 2m0s",
            ),
            ruling(
                [placed("message").present()],
                Verdict::Fail,
                "FAILED: pod unschedulable for non-GPU reason",
            ),
        ]),
    ]
}

/// The claim and the job that the Dynamo shim makes for the model.
fn stored(suite: &Suite, names: &Names) -> [Object; 2] {
    let of_name =
        |resource, end: &str| Object::new(resource, &names.namespace, &format!("{}-{end}", suite.name));
    [of_name(PERSISTENT_VOLUME_CLAIM, "model-cache"), of_name(JOB, "model-download")]
}

fn storage(suite: &Suite, names: &Names, object: &Object) -> Vec<Step> {
    let [claim, job] = stored(suite, names);
    let label = |key, name: &str| of(key).at(format!(".metadata.labels.airunway\\.ai/{name}"));
    let bound = [of("claim").at(".status.phase").is("Bound"), label("claim", "managed-by").is("airunway")];
    let done = [of("job").at(".status.succeeded").is(1), label("job", "job-type").is("model-download")];
    let conditions = ["StorageReady", "ModelDownloaded", "ResourceCreated", "ProviderCompatible"];
    let owner = |member: &str| of("child").at(format!(".metadata.ownerReferences[0].{member}"));
    let child = Object::new(suite.child, &names.namespace, suite.name);
    vec![
        until("claim", &claim, minutes(5), bound),
        until("job", &job, minutes(15), done),
        any(Act::Read(child), "child"),
        Step::Expect(vec![owner("kind").is(object.resource.kind), owner("name").is(suite.name)]),
        Step::Until {
            watch: vec![("model", object.clone())],
            claims: conditions
                .iter()
                .map(|kind| of("model").at(condition(kind, "status")).is("True"))
                .collect(),
            within: minutes(2),
            unless: Vec::new(),
            late: Verdict::Fail,
        },
    ]
}
