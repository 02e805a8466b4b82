//! `--emit-script`: what it prints, run by a shell with a real kubectl against the real control plane; and the evidence of a
//! check, gathered there.

use std::time::Duration;

use kubectl_airunway::core::kind::model_deployment::MODEL_DEPLOYMENT;
use kubectl_airunway::core::kubernetes::resource::{DEPLOYMENT, NODE, SERVICE};
use kubectl_airunway::core::plan::script::script;
use kubectl_airunway::core::plan::{
    Act, Check, Denial, Expected, Group, Names, Object, Ruling, Settled, Step, Uses, Verdict, of,
};
use kubectl_airunway::io::plan::bundle;
use serde_json::json;

use crate::cluster::{Cluster, Namespace};
use crate::connection::connect;
use crate::support::Run;

const IMAGE: &str = "vllm/vllm-openai:v0.11.0";
const DENIED: &str = "spec.model.id: Invalid value: \"org/other\": model.id is immutable (changing it requires delete and recreate)";

fn names(namespace: &str) -> Names {
    Names {
        run: "e2e-1a2b".to_owned(),
        namespace: namespace.to_owned(),
        system: "airunway-system".to_owned(),
        owns_namespace: false,
        expected_tag: None,
        allow_dev: false,
    }
}

const fn check(script: fn(&Names) -> Vec<Step>) -> Check {
    Check {
        id: "1b",
        group: Group::Provider,
        title: "an object is rendered",
        needs: &[],
        uses: Uses::NOTHING,
        limit: Duration::from_secs(120),
        script,
        proves: "",
        failure: "",
    }
}

fn model(names: &Names) -> Object {
    Object::new(MODEL_DEPLOYMENT, &names.namespace, "q")
}

fn created(names: &Names) -> Vec<Step> {
    let object = json!({ "spec": {
        "provider": { "name": "vllm" },
        "model": { "id": "org/model", "source": "huggingface" },
        "engine": { "type": "vllm", "image": IMAGE },
        "resources": { "gpu": { "count": 1 } },
    } });
    let deployment = Object::new(DEPLOYMENT, &names.namespace, "q");
    let service = Object::new(SERVICE, &names.namespace, "q");
    vec![
        Step::Do { act: Act::Create(model(names), object), keep: "made", expected: Expected::Accepted },
        Step::Until {
            watch: vec![("object", model(names)), ("child", deployment), ("service", service)],
            claims: vec![
                of("object").at(".metadata.finalizers").is(json!(["airunway.ai/vllm-provider"])),
                of("child").at(".metadata.name").is("q"),
                of("service").at(".metadata.name").is("q"),
            ],
            within: Duration::from_secs(60),
            unless: vec![Ruling {
                claims: vec![of("object").at(".status.message").contains("registry")],
                verdict: Verdict::Inconclusive,
                text: "no registry",
            }],
            late: Verdict::Fail,
        },
    ]
}

fn whole(names: &Names) -> Vec<Step> {
    let mut steps = created(names);
    let container = ".spec.template.spec.containers[0]";
    let pending = Object::new(DEPLOYMENT, &names.namespace, "never");
    steps.extend([
        Step::Do { act: Act::ServerTime, keep: "clock", expected: Expected::Accepted },
        Step::Expect(vec![
            of("child").at(".metadata.ownerReferences[0].uid").same(of("made").at(".metadata.uid")),
            of("child").at(".metadata.ownerReferences").count(1),
            of("child").at(format!("{container}.image")).starts("vllm/vllm-openai"),
            of("child").at(format!("{container}.args[*]")).lacks("--not-there"),
            of("child")
                .at(format!("{container}.resources"))
                .includes(json!({ "limits": { "nvidia.com/gpu": "1" } })),
            of("service").at(".spec.ports[*].port").at_least(8000),
            of("service").at(".spec.externalName").missing(),
            of("object").at(".metadata.generation").at_least(1),
            of("object")
                .at(".metadata.creationTimestamp")
                .fresh(Duration::from_secs(180), of("clock").at(".now")),
            of("object").at(".spec.engine.type").one_of(&["vllm", "sglang"]),
        ]),
        Step::Do {
            act: Act::Patch(model(names), json!({ "spec": { "model": { "id": "org/other" } } })),
            keep: "denial",
            expected: Expected::Denied(Denial::Exactly(vec![DENIED.to_owned()])),
        },
        Step::Expect(vec![of("denial").at(".refused.message").contains("immutable")]),
        Step::Absent { objects: vec![pending], settled: Settled::Denied("denial") },
        Step::Do { act: Act::List(NODE, None, None), keep: "nodes", expected: Expected::Any },
        Step::Expect(vec![of("nodes").at(".items[*].metadata.name").contains("gpu-node")]),
        Step::Judge(vec![
            Ruling {
                claims: vec![of("object").at(".spec.a").is("b")],
                verdict: Verdict::Fixed,
                text: "fixed",
            },
            Ruling {
                claims: vec![of("object").at(".spec.model.id").is("org/model")],
                verdict: Verdict::KnownFinding,
                text: "it's known",
            },
        ]),
    ]);
    steps
}

fn contradicted(names: &Names) -> Vec<Step> {
    let mut steps = created(names);
    steps.push(Step::Expect(vec![of("child").at(".spec.replicas").is(7)]));
    steps
}

fn accepted(names: &Names) -> Vec<Step> {
    let mut steps = created(names);
    steps.push(Step::Do {
        act: Act::Patch(model(names), json!({ "metadata": { "annotations": { "a": "b" } } })),
        keep: "denial",
        expected: Expected::Denied(Denial::Mentions(vec!["immutable".to_owned()])),
    });
    steps
}

fn unseen(names: &Names) -> Vec<Step> {
    let mut steps = created(names);
    steps.push(Step::Do { act: Act::ShimVersion("vllm"), keep: "shim", expected: Expected::Any });
    steps.push(Step::Expect(vec![of("shim").at(".verdict").is("yes")]));
    steps
}

fn too_late(names: &Names) -> Vec<Step> {
    vec![Step::Until {
        watch: vec![("object", model(names))],
        claims: vec![of("object").at(".status.phase").is("Running")],
        within: Duration::from_secs(1),
        unless: Vec::new(),
        late: Verdict::Inconclusive,
    }]
}

async fn run(namespace: &Namespace<'_>, steps: fn(&Names) -> Vec<Step>) -> Run {
    let text = script(&check(steps), &names(&namespace.name));
    let path = namespace.log().with_extension("sh");
    std::fs::write(&path, text).expect("written");
    let mut arguments = vec![path.into_os_string()];
    arguments.truncate(1);
    namespace.run(namespace.hermetic(std::path::Path::new("/bin/sh"), "developer", &arguments)).await
}

#[test]
fn a_script_says_what_the_check_says_and_leaves_nothing_behind() {
    let cluster = Cluster::shared();
    cluster.run(async {
        let namespace = cluster.namespace("scripts").await;
        for (steps, code, said) in [
            (whole as fn(&Names) -> Vec<Step>, 0, "KNOWN-FINDING 1b: it's known\n"),
            (contradicted, 3, "FAIL 1b: expected: .spec.replicas of child is 7; found: 1\n"),
            (accepted, 3, "FAIL 1b: patch ModelDeployment q with {\"metadata\":{\"annotations\":{\"a\":\"b\"}}}: accepted\n"),
            (unseen, 4, "INCONCLUSIVE 1b: look at these by hand:\n"),
            (too_late, 4, "INCONCLUSIVE 1b: not within 1 s: .status.phase of object is Running\n"),
        ] {
            let run = run(&namespace, steps).await;
            assert!(run.stdout.contains(said), "{}\n{}", run.stdout, run.stderr);
            assert_eq!(run.code, Some(code), "{}\n{}", run.stdout, run.stderr);
            let left = ["wait", "--for=delete", "modeldeployment/q", "--timeout=60s"];
            assert_eq!(namespace.kubectl(&left).await.code, Some(0));
        }
    });
}

#[test]
fn evidence_holds_the_object_what_was_made_from_it_and_why_something_is_missing() {
    let cluster = Cluster::shared();
    cluster.run(async {
        let namespace = cluster.namespace("evidence").await;
        let deploy =
            ["deploy", "org/model", "--name", "q", "--provider", "vllm", "--image", IMAGE, "--pin=never"];
        assert_eq!(namespace.airunway(&deploy).await.code, Some(0));
        let connection = connect(&namespace, "developer").await;
        let names = names(&namespace.name);
        let absent = Object::new(DEPLOYMENT, &namespace.name, "absent");
        let evidence = bundle::gather(&connection, &names, &[model(&names), absent]).await;
        let kinds: Vec<&str> =
            evidence.objects.iter().filter_map(|object| object["kind"].as_str()).take(3).collect();
        assert_eq!(kinds, ["ModelDeployment", "Deployment", "Service"]);
        let pods = evidence.objects.iter().filter(|object| object["kind"] == "Pod");
        assert!(
            pods.clone().any(|pod| pod["metadata"]["namespace"] == namespace.name.as_str()),
            "{evidence:?}"
        );
        assert!(!evidence.events.is_empty());
        assert!(evidence.logs.iter().any(|log| log.pod.starts_with("q-")), "{:?}", evidence.missing);
        assert!(evidence.missing.contains(&"Deployment absent does not exist".to_owned()), "{evidence:?}");
    });
}
