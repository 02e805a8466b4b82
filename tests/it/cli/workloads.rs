//! `check --workloads` through the binary: built-in objects, judged as the API server would.

use serde_json::Value;

use crate::support::{Run, Sandbox};

const OBJECTS: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata: {name: a}
spec:
  selector: {matchLabels: {app: a}}
  template:
    metadata: {labels: {app: b}}
    spec:
      containers:
      - name: main
        image: x
        readinessProbe: {tcpSocket: {port: 0}}
---
apiVersion: v1
kind: Service
metadata: {name: ok}
spec: {ports: [{port: 80}], selector: {app: a}}
---
apiVersion: v1
kind: Service
metadata: {name: fixed}
spec: {clusterIP: 10.96.0.9, ports: [{port: 80}]}
---
apiVersion: batch/v1
kind: Job
metadata: {name: j}
spec: {template: {spec: {restartPolicy: Never, containers: [{name: c, image: x, imag: y}]}}}
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: p}
spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 0}}}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: c}
data: {a: '1'}
---
apiVersion: v1
kind: Secret
metadata: {name: s}
";

fn check(objects: &str, arguments: &[&str]) -> Run {
    let sandbox = Sandbox::new();
    sandbox.write("objects.yaml", objects);
    let all: Vec<&str> =
        ["check", "-f", "objects.yaml", "--workloads"].iter().chain(arguments).copied().collect();
    sandbox.airunway(&all)
}

fn report(run: &Run) -> Vec<Value> {
    let report: Value = serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{error}: {run}"));
    report["items"].as_array().expect("items").clone()
}

#[test]
fn people_see_what_the_server_says_of_each_object() {
    insta::assert_snapshot!(check(OBJECTS, &[]));
}

#[test]
fn json_holds_the_servers_words_in_the_order_of_the_input() {
    let run = check(OBJECTS, &["-o", "json"]);
    assert_eq!(run.code, Some(3), "{run}");
    let items = report(&run);
    let verdicts: Vec<&str> = items.iter().filter_map(|item| item["verdict"].as_str()).collect();
    assert_eq!(verdicts, ["invalid", "valid", "not-foretold", "invalid", "invalid", "valid"]);
    assert_eq!(items[0]["denial"]["code"], 422);
    let message = items[0]["denial"]["message"].as_str().expect("a message");
    assert!(
        message.starts_with("Deployment.apps \"a\" is invalid: [spec.template.metadata.labels: "),
        "{message}"
    );
    assert_eq!(items[2]["denial"], Value::Null);
    assert_eq!(items[2]["findings"][0]["path"], "spec.clusterIP");
    assert_eq!(items[3]["denial"]["code"], 400);
    assert_eq!(items[3]["findings"][0]["line"], 27);
}

#[test]
fn what_only_the_cluster_knows_is_inconclusive() {
    let service = "apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {clusterIP: 10.96.0.9, ports: [{port: 80}]}\n";
    let run = check(service, &[]);
    assert_eq!(run.code, Some(4), "{run}");
}

#[test]
fn a_service_that_works_passes_without_a_word() {
    let service = "apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {type: NodePort, ports: [{port: 80, nodePort: 30080}]}\n";
    let run = check(service, &["--strict"]);
    assert_eq!(run.code, Some(0), "{run}");
}

/// A Deployment that rolls cannot become one that is recreated by server-side apply: what the server filled in stays.
#[test]
fn a_strategy_that_the_server_will_refuse_of_the_child_is_foretold_of_an_update() {
    let sandbox = Sandbox::new();
    let model = |overrides: &str| {
        format!(
            "apiVersion: airunway.ai/v1alpha1\nkind: ModelDeployment\nmetadata: {{name: q, namespace: default}}\nspec:\n  model: {{id: org/m, \
             source: huggingface}}\n  engine: {{type: vllm, image: 'vllm/vllm-openai:v0.11.0'}}\n  resources: {{gpu: \
             {{count: 1}}}}\n  provider: {{name: vllm{overrides}}}\n"
        )
    };
    sandbox.write("old.yaml", model(""));
    sandbox.write("new.yaml", model(", overrides: {spec: {strategy: {type: Recreate}}}"));
    sandbox.write("same.yaml", model(", overrides: {spec: {replicas: 2}}"));
    let rules = |file: &str, arguments: &[&str]| -> Vec<String> {
        let all: Vec<&str> = ["check", "-o", "json", "-f", file].iter().chain(arguments).copied().collect();
        let run = sandbox.airunway(&all);
        let findings = report(&run)[0]["findings"].as_array().expect("findings").clone();
        findings.iter().filter_map(|finding| finding["rule"].as_str().map(str::to_owned)).collect()
    };
    let is_foretold = |file: &str, arguments: &[&str]| {
        rules(file, arguments).iter().any(|rule| rule == "child-change-refused")
    };
    assert!(
        is_foretold("new.yaml", &["--old", "old.yaml"]),
        "{:?}",
        rules("new.yaml", &["--old", "old.yaml"])
    );
    assert!(!is_foretold("new.yaml", &[]), "for a new object it is fine");
    assert!(!is_foretold("new.yaml", &["--old", "new.yaml"]), "nothing changes");
    assert!(!is_foretold("same.yaml", &["--old", "old.yaml"]));
}

#[test]
fn another_namespace_than_that_of_the_request_is_refused() {
    let map = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: b}\n";
    let run = check(map, &["-n", "c", "-o", "json"]);
    assert_eq!(report(&run)[0]["denial"]["code"], 400, "{run}");
}

#[test]
fn an_update_is_judged_against_what_is_stored() {
    let sandbox = Sandbox::new();
    let map = |value: &str| {
        format!(
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: a}}\nimmutable: true\ndata: {{a: {value}}}\n"
        )
    };
    sandbox.write("old.yaml", map("one"));
    sandbox.write("new.yaml", map("two"));
    let run =
        sandbox.airunway(&["check", "-f", "new.yaml", "--old", "old.yaml", "--workloads", "-o", "json"]);
    let message = report(&run)[0]["denial"]["message"].as_str().expect("a message").to_owned();
    assert!(message.ends_with("data: Forbidden: field is immutable when `immutable` is set"), "{message}");
}
