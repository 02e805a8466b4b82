//! `diff` of children that hold something of others: what is kept and what is lost depends on how the shim writes them. Where
//! a write is then sent for real, nothing is left to differ.

use crate::cluster::{Cluster, Namespace, Options};
use serde_json::{Value, json};

/// An object as `diff` and `render` are asked for it.
const OBJECT: [&str; 5] = ["org/m", "--name", "q", "--engine", "vllm"];

/// The child of the object that a provider's shim renders, without an owner, as the garbage collector would look for it.
async fn rendered(namespace: &Namespace<'_>, arguments: &[&str]) -> Value {
    let first = ["render", "--stage", "children", "-o", "json"];
    let run = namespace.airunway(&[&first[..], &OBJECT, arguments].concat()).await;
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    let mut child: Value = serde_json::from_str(&run.stdout).unwrap_or_else(|_| panic!("{}", run.stdout));
    let metadata = child["metadata"].as_object_mut().unwrap();
    metadata.remove("ownerReferences");
    metadata.insert("namespace".to_owned(), json!(namespace.name));
    child
}

/// The part of the difference that is about one object; empty when there is none.
async fn difference(namespace: &Namespace<'_>, arguments: &[&str], name: &str) -> String {
    let run = namespace.airunway(&[&["diff", "--pin=never"][..], &OBJECT, arguments].concat()).await;
    assert_eq!(run.code, Some(1), "the object itself is new: {}", run.stderr);
    let header = format!("--- live/{name}\n");
    let Some((_, part)) = run.stdout.split_once(&header) else { return String::new() };
    part.split("--- live/").next().unwrap_or_default().to_owned()
}

/// The lines that go and come, without those around them.
fn changes(part: &str) -> Vec<&str> {
    let is_change = |line: &&str| line.starts_with(['-', '+']) && !line.starts_with("+++");
    part.lines().filter(is_change).collect()
}

async fn write(namespace: &Namespace<'_>, arguments: &[&str], object: &Value) {
    let run = namespace.kubectl_with(&[arguments, &["-f", "-"]].concat(), object).await;
    assert_eq!(run.code, Some(0), "{}", run.stderr);
}

/// Installs a definition that takes any object, as the operator behind a provider would.
async fn define(namespace: &Namespace<'_>, kind: &str, plural: &str, group: &str, version: &str) {
    let name = format!("{plural}.{group}");
    let schema = json!({"type": "object", "x-kubernetes-preserve-unknown-fields": true});
    let definition = json!({
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": {"name": name},
        "spec": {"group": group, "scope": "Namespaced", "names": {"kind": kind, "plural": plural},
                 "versions": [{"name": version, "served": true, "storage": true, "schema": {"openAPIV3Schema": schema}}]},
    });
    write(namespace, &["create"], &definition).await;
    let run = namespace.kubectl(&["wait", "--for=condition=Established", &format!("crd/{name}")]).await;
    assert_eq!(run.code, Some(0), "{}", run.stderr);
}

#[test]
fn each_child_is_compared_as_its_shim_writes_it() {
    Cluster::shared().run(async {
        // Definitions are there for all namespaces.
        let cluster = Cluster::start(Options::default()).await.expect("a cluster");
        let namespace = cluster.namespace("children").await;
        replaced(&namespace).await;
        patched(&namespace).await;
        replaced_but_for_what_is_empty(&namespace).await;
        applied(&namespace).await;
    });
}

/// KubeRay's shim sends the whole object, once the spec differs.
async fn replaced(namespace: &Namespace<'_>) {
    let arguments = ["--provider", "kuberay", "--gpus", "1"];
    let name = "rayservice.ray.io/q";
    let sent = rendered(namespace, &arguments).await;
    let new = difference(namespace, &arguments, name).await;
    assert!(new.contains("+kind: RayService"), "the operator is not there yet, nor is its object: {new}");

    define(namespace, "RayService", "rayservices", "ray.io", "v1").await;
    let mut live = sent.clone();
    live["metadata"]["labels"]["team"] = json!("a");
    live["metadata"]["annotations"] = json!({"note": "by-hand"});
    write(namespace, &["create"], &live).await;
    assert_eq!(difference(namespace, &arguments, name).await, "", "the spec is the same");

    live["spec"]["extra"] = json!(1);
    write(namespace, &["replace"], &live).await;
    let part = difference(namespace, &arguments, name).await;
    let expected = ["-  annotations:", "-    note: by-hand", "-    team: a", "-  extra: 1"];
    assert_eq!(changes(&part), expected, "{part}");
    let run = namespace.airunway(&[&["diff", "--pin=never"][..], &OBJECT, &arguments].concat()).await;
    let stranger = "rayservice.ray.io/q does not belong to modeldeployment.airunway.ai/q";
    assert!(run.stderr.contains(stranger), "{}", run.stderr);
    write(namespace, &["replace"], &sent).await;
    assert_eq!(difference(namespace, &arguments, name).await, "");
}

/// KAITO's shim patches what it renders, and takes back what it rendered before.
async fn patched(namespace: &Namespace<'_>) {
    define(namespace, "Workspace", "workspaces", "kaito.sh", "v1beta1").await;
    let arguments = ["--provider", "kaito", "--gpus", "1"];
    let name = "workspace.kaito.sh/q";
    let mut live = rendered(namespace, &[&arguments[..], &["--node-selector", "zone=a"]].concat()).await;
    live["metadata"]["labels"]["team"] = json!("a");
    live["resource"]["instanceType"] = json!("big");
    live["resource"]["labelSelector"]["matchLabels"]["rack"] = json!("7");
    live["inference"]["preset"]["accessMode"] = json!("public");
    write(namespace, &["create"], &live).await;

    let part = difference(namespace, &arguments, name).await;
    let lines = changes(&part);
    let (last_applied, others): (Vec<&str>, Vec<&str>) =
        lines.iter().partition(|line| line.contains("airunway.ai/kaito-last-applied"));
    assert_eq!((last_applied.len(), others), (2, vec!["-      zone: a"]), "{part}");

    let sent = rendered(namespace, &arguments).await;
    let patch = json!({
        "metadata": {"annotations": sent["metadata"]["annotations"]},
        "resource": {"labelSelector": {"matchLabels": {"zone": null}}},
    });
    let run = namespace.kubectl(&["patch", "workspace", "q", "--type=merge", "-p", &patch.to_string()]).await;
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    assert_eq!(difference(namespace, &arguments, name).await, "");
}

/// Dynamo's shim does the same as KubeRay's, and looks past the empty texts and maps that the definition adds. Claims and the
/// download are created once.
async fn replaced_but_for_what_is_empty(namespace: &Namespace<'_>) {
    define(namespace, "DynamoGraphDeployment", "dynamographdeployments", "nvidia.com", "v1alpha1").await;
    let arguments = ["--provider", "dynamo", "--gpus", "1"];
    let name = "dynamographdeployment.nvidia.com/q";
    let mut live = rendered(namespace, &arguments).await;
    live["metadata"]["labels"]["team"] = json!("a");
    live["spec"]["services"]["VllmWorker"]["dynamoNamespace"] = json!("");
    live["spec"]["envs"] = json!({"inner": {}});
    write(namespace, &["create"], &live).await;
    assert_eq!(difference(namespace, &arguments, name).await, "");

    live["spec"]["services"]["VllmWorker"]["replicas"] = json!(3);
    write(namespace, &["replace"], &live).await;
    let part = difference(namespace, &arguments, name).await;
    assert_eq!(changes(&part), ["-    team: a", "-      replicas: 3", "+      replicas: 1"], "{part}");

    let cached = [&arguments[..], &["--volume", "name=cache,purpose=modelCache,size=1Gi"]].concat();
    for (name, comes) in
        [("persistentvolumeclaim/q-cache", true), ("job.batch/q-model-download", true), (name, true)]
    {
        assert_eq!(difference(namespace, &cached, name).await.is_empty(), !comes, "{name}");
    }
    let claim = json!({
        "apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "q-cache", "namespace": namespace.name},
        "spec": {"accessModes": ["ReadWriteMany"], "resources": {"requests": {"storage": "5Gi"}}},
    });
    write(namespace, &["create"], &claim).await;
    assert_eq!(difference(namespace, &cached, "persistentvolumeclaim/q-cache").await, "");
}

/// The Direct vLLM shim applies: what others own stays.
async fn applied(namespace: &Namespace<'_>) {
    let arguments = ["--provider", "vllm", "--gpus", "1", "--image", "vllm/vllm-openai:v0.11.0"];
    let run = namespace.airunway(&[&["deploy", "--pin=never"][..], &OBJECT, &arguments].concat()).await;
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    let label = namespace.kubectl(&["label", "deployment", "q", "team=a"]).await;
    assert_eq!(label.code, Some(0), "{}", label.stderr);
    let longer = [&arguments[..], &["--context-length", "4096"]].concat();
    let run = namespace.airunway(&[&["diff", "--pin=never"][..], &OBJECT, &longer].concat()).await;
    assert!(!run.stderr.contains("does not belong"), "the shim made it for the object: {}", run.stderr);
    let part = difference(namespace, &longer, "deployment.apps/q").await;
    let lines = changes(&part);
    assert!(!lines.is_empty() && lines.iter().all(|line| line.starts_with('+')), "{part}");
    assert!(part.contains("4096") && !lines.iter().any(|line| line.contains("team")), "{part}");
}
