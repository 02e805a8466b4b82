//! `deploy` when all goes well: what is printed, what is sent, what a second run does.

use crate::cluster::{Cluster, Namespace};
use crate::support::{Run, registry::Registry};

/// Flags that make a one-line deploy independent of any registry.
const DEPLOY: [&str; 6] =
    ["deploy", "Qwen/Qwen3-0.6B", "--provider", "vllm", "--image", "vllm/vllm-openai:v0.11.0"];

async fn deploy(namespace: &Namespace<'_>, more: &[&str]) -> Run {
    let arguments: Vec<&str> =
        DEPLOY.iter().copied().chain(["--pin=never"]).chain(more.iter().copied()).collect();
    namespace.airunway(&arguments).await
}

/// Requests as `verb resource/name`, watches and lists as they were sent.
fn requests(namespace: &Namespace<'_>) -> Vec<String> {
    namespace.requests().iter().map(|request| format!("{} {}", request.verb, request.resource)).collect()
}

#[test]
fn one_line_gives_a_served_endpoint() {
    let cluster = Cluster::shared();
    cluster.run(async {
        let namespace = cluster.namespace("deploy").await;
        let run = deploy(&namespace, &[]).await;
        assert_eq!(run.code, Some(0), "{}", run.stderr);
        insta::assert_snapshot!(run.stdout.replace(&namespace.name, "[NAMESPACE]"), @r#"
        modeldeployment.airunway.ai/qwen3-0-6b serverside-applied
        endpoint: http://qwen3-0-6b.[NAMESPACE].svc.cluster.local:8000/v1
        model: Qwen/Qwen3-0.6B
        "#);
        let last: Vec<String> =
            run.stderr.lines().map(|line| line.replace(&namespace.name, "[NAMESPACE]")).collect();
        insta::assert_snapshot!(last[last.len() - 4..].join("\n"), @r#"
        to call it from this machine:
          kubectl port-forward -n [NAMESPACE] service/qwen3-0-6b 8000:8000
          curl http://localhost:8000/v1/chat/completions -H 'Content-Type: application/json' -d '{"model":"Qwen/Qwen3-0.6B","messages":[{"role":"user","content":"Hello"}]}'
        again: kubectl airunway deploy Qwen/Qwen3-0.6B --provider vllm --image vllm/vllm-openai:v0.11.0 --pin=never --name qwen3-0-6b -n [NAMESPACE]
        "#);
        let first: Vec<&str> = run.stderr.lines().take(2).collect();
        assert_eq!(
            first,
            ["name: qwen3-0-6b (from the model id)", "engine: vllm (the only engine of this provider)"]
        );
    });
}

#[test]
fn the_line_of_the_readme_pins_the_default_image_of_ai_runway() {
    let cluster = Cluster::shared();
    cluster.run(async {
        let namespace = cluster.namespace("readme").await;
        let run = namespace.airunway(&["deploy", "Qwen/Qwen3-0.6B", "--provider", "vllm"]).await;
        assert_eq!(run.code, Some(0), "{}", run.stderr);
        let shown = "jsonpath={.spec.engine.image} {.status.image.source}";
        let stored = namespace.kubectl(&["get", "modeldeployment", "qwen3-0-6b", "-o", shown]).await.stdout;
        assert!(stored.starts_with("vllm/vllm-openai:cu130-nightly@sha256:"), "{stored}");
        assert!(
            stored.ends_with(" nightly"),
            "the pin keeps its tag, so the image stays a supported one: {stored}"
        );
    });
}

#[test]
fn it_sends_no_request_that_it_does_not_need() {
    let cluster = Cluster::shared();
    cluster.run(async {
        let namespace = cluster.namespace("frugal").await;
        let run = deploy(&namespace, &[]).await;
        assert_eq!(run.code, Some(0), "{}", run.stderr);
        let mut sent = requests(&namespace);
        sent.sort();
        // The providers are cluster-wide and one list more. No discovery, no polling.
        insta::assert_snapshot!(sent.join("\n"));

        let before = namespace.requests().len();
        let again = deploy(&namespace, &[]).await;
        assert_eq!(again.code, Some(0), "{}", again.stderr);
        let mut sent = requests(&namespace).split_off(before);
        // What the preflight asks comes in no order.
        sent.sort();
        assert_eq!(
            sent,
            [
                "get deployments",
                "get deployments",
                "get modeldeployments",
                "get namespaces",
                "list limitranges",
                "list resourcequotas",
                "patch modeldeployments"
            ],
            "{}",
            again.stderr
        );
    });
}

#[test]
fn a_second_run_says_unchanged_and_a_change_is_applied() {
    let cluster = Cluster::shared();
    cluster.run(async {
        let namespace = cluster.namespace("again").await;
        assert_eq!(deploy(&namespace, &[]).await.code, Some(0));
        let again = deploy(&namespace, &[]).await;
        assert_eq!(again.code, Some(0), "{}", again.stderr);
        assert!(
            again.stdout.starts_with("modeldeployment.airunway.ai/qwen3-0-6b unchanged\nendpoint: "),
            "{}",
            again.stdout
        );

        let changed = deploy(&namespace, &["--replicas", "2"]).await;
        assert_eq!(changed.code, Some(0), "{}", changed.stderr);
        assert!(
            changed.stdout.starts_with("modeldeployment.airunway.ai/qwen3-0-6b serverside-applied\n"),
            "{}",
            changed.stdout
        );
        let ready = namespace
            .kubectl(&["get", "deployment", "qwen3-0-6b", "-o", "jsonpath={.status.availableReplicas}"])
            .await;
        assert_eq!(ready.stdout, "2", "the wait ended before both replicas were available");
    });
}

#[test]
fn a_second_deploy_says_what_goes_away_and_what_earlier_writes_leave() {
    let cluster = Cluster::shared();
    cluster.run(async {
        let namespace = cluster.namespace("second").await;
        let first = deploy(&namespace, &["--replicas", "2", "--env", "A=1", "--wait=false"]).await;
        assert_eq!(first.code, Some(0), "{}", first.stderr);
        let second = deploy(&namespace, &["--wait=false"]).await;
        assert_eq!(second.code, Some(0), "{}", second.stderr);
        let removed: Vec<&str> = second.stderr.lines().filter(|line| line.starts_with("removed")).collect();
        assert_eq!(
            removed,
            ["removed: spec.env[A] (was 1)", "removed: spec.scaling.replicas (was 2), becomes 1 by default"]
        );
        let shown = "jsonpath={.spec.scaling.replicas}{.spec.env}";
        let stored = namespace.kubectl(&["get", "modeldeployment", "qwen3-0-6b", "-o", shown]).await.stdout;
        assert!(["1", "1[]"].contains(&stored.as_str()), "{stored}");
        let third = deploy(&namespace, &["--wait=false"]).await;
        assert!(!third.stderr.contains("removed") && !third.stderr.contains("kept"), "{}", third.stderr);
    });
}

#[test]
fn a_second_deploy_that_is_refused_is_told_what_the_first_was_given() {
    let cluster = Cluster::shared();
    cluster.run(async {
        let namespace = cluster.namespace("forgotten").await;
        let first = deploy(&namespace, &["--gpus", "2", "--wait=false"]).await;
        assert_eq!(first.code, Some(0), "{}", first.stderr);
        let second = deploy(&namespace, &["--replicas", "2", "--wait=false"]).await;
        assert_eq!(second.code, Some(3), "{}", second.stderr);
        let hint = "hint: it was applied with --gpus 2; repeat that: flags replace the whole object";
        assert!(second.stderr.lines().any(|line| line == hint), "{}", second.stderr);
    });
}

#[test]
fn what_kubectl_apply_left_is_named_and_the_hint_drops_it() {
    let cluster = Cluster::shared();
    cluster.run(async {
        let namespace = cluster.namespace("left").await;
        let manifest = serde_json::json!({
            "apiVersion": "airunway.ai/v1alpha1", "kind": "ModelDeployment", "metadata": {"name": "qwen3-0-6b"},
            "spec": {
                "model": {"id": "Qwen/Qwen3-0.6B"}, "provider": {"name": "vllm"},
                "engine": {"type": "vllm", "image": "vllm/vllm-openai:v0.11.0"},
                "scaling": {"replicas": 2}, "env": [{"name": "B", "value": "2"}],
            },
        });
        let applied = namespace.kubectl_with(&["apply", "-f", "-"], &manifest).await;
        assert_eq!(applied.code, Some(0), "{}", applied.stderr);
        let run = deploy(&namespace, &["--wait=false"]).await;
        assert_eq!(run.code, Some(0), "{}", run.stderr);
        let kept: Vec<&str> = run.stderr.lines().filter(|line| line.starts_with("kept")).collect();
        assert_eq!(
            kept,
            [
                "kept: spec.env ([{\"name\":\"B\",\"value\":\"2\"}], from an earlier kubectl apply)",
                "kept: spec.scaling.replicas (2, from an earlier kubectl apply)"
            ],
            "{}",
            run.stderr
        );
        let hint = run.stderr.lines().find_map(|line| line.strip_prefix("hint: drop what is kept with: kubectl "));
        let words = shlex::split(hint.expect(&run.stderr)).unwrap();
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let dropped = namespace.kubectl(&words).await;
        assert_eq!(dropped.code, Some(0), "{}", dropped.stderr);
        let again = deploy(&namespace, &["--wait=false"]).await;
        assert!(!again.stderr.contains("kept"), "{}", again.stderr);
    });
}

#[test]
fn output_formats_print_the_final_object_only() {
    let cluster = Cluster::shared();
    cluster.run(async {
        let namespace = cluster.namespace("output").await;
        let name = deploy(&namespace, &["-o", "name"]).await;
        assert_eq!(name.stdout, "modeldeployment.airunway.ai/qwen3-0-6b\n", "{}", name.stderr);
        let phase = deploy(&namespace, &["-o", "jsonpath={.status.phase}"]).await;
        assert_eq!(phase.stdout, "Running");
        let json: serde_json::Value =
            serde_json::from_str(&deploy(&namespace, &["-o", "json"]).await.stdout).unwrap();
        assert_eq!(json["status"]["endpoint"]["service"], "qwen3-0-6b");
        assert_eq!(json["metadata"].get("managedFields"), None, "as kubectl prints it");
        let yaml = deploy(&namespace, &["-o", "yaml"]).await.stdout;
        let read = kubectl_airunway::core::yaml::parse(yaml.as_bytes()).unwrap();
        assert_eq!(read[0].value["status"]["phase"], "Running");
        let wide = deploy(&namespace, &["-o", "wide"]).await.stdout;
        assert!(wide.starts_with("NAME") && wide.contains("Running"), "{wide}");
    });
}

#[test]
fn dry_runs_store_nothing() {
    let cluster = Cluster::shared();
    cluster.run(async {
        let namespace = cluster.namespace("dry").await;
        let client = deploy(&namespace, &["--dry-run=client"]).await;
        assert_eq!(client.code, Some(0), "{}", client.stderr);
        insta::assert_snapshot!(client.stdout.replace(&namespace.name, "[NAMESPACE]"), @r"
        apiVersion: airunway.ai/v1alpha1
        kind: ModelDeployment
        metadata:
          name: qwen3-0-6b
          namespace: [NAMESPACE]
        spec:
          model:
            id: Qwen/Qwen3-0.6B
          engine:
            type: vllm
            image: vllm/vllm-openai:v0.11.0
          provider:
            name: vllm
        ");
        assert!(
            namespace.requests().is_empty(),
            "a client dry run asks no cluster: {:?}",
            namespace.requests()
        );

        let server = deploy(&namespace, &["--dry-run=server"]).await;
        assert_eq!(
            server.stdout, "modeldeployment.airunway.ai/qwen3-0-6b serverside-applied (server dry run)\n",
            "{}",
            server.stderr
        );
        let stored =
            deploy(&namespace, &["--dry-run=server", "-o", "jsonpath={.spec.scaling.replicas}"]).await;
        assert_eq!(stored.stdout, "1", "the server's answer holds its defaults");
        let there = namespace.kubectl(&["get", "modeldeployments", "-o", "name"]).await;
        assert_eq!(there.stdout, "");
    });
}

#[test]
fn without_wait_it_returns_at_once() {
    let cluster = Cluster::shared();
    cluster.run(async {
        let namespace = cluster.namespace("nowait").await;
        let run = deploy(&namespace, &["--wait=false"]).await;
        assert_eq!(run.code, Some(0), "{}", run.stderr);
        assert_eq!(run.stdout, "modeldeployment.airunway.ai/qwen3-0-6b serverside-applied\n");
        assert!(
            !requests(&namespace).iter().any(|request| request.starts_with("watch")),
            "{:?}",
            requests(&namespace)
        );
    });
}

#[test]
fn an_image_is_pinned_by_what_the_registry_sends() {
    let cluster = Cluster::shared();
    cluster.run(async {
        let namespace = cluster.namespace("pin").await;
        let registry = Registry::start();
        let digest = registry.add_image("vllm/vllm-openai", "v0.11.0");
        let image = format!("{}/vllm/vllm-openai:v0.11.0", registry.host());
        let run = namespace
            .airunway(&["deploy", "Qwen/Qwen3-0.6B", "--provider", "vllm", "--image", &image, "-o", "name"])
            .await;
        assert_eq!(run.code, Some(0), "{}", run.stderr);
        let runs = namespace
            .kubectl(&[
                "get",
                "deployment",
                "qwen3-0-6b",
                "-o",
                "jsonpath={.spec.template.spec.containers[0].image}",
            ])
            .await;
        assert_eq!(runs.stdout, format!("{image}@{digest}"));
    });
}

#[test]
fn a_file_with_two_objects_and_others_between() {
    let cluster = Cluster::shared();
    cluster.run(async {
        let namespace = cluster.namespace("file").await;
        let object = |name: &str| {
            format!(
                "apiVersion: airunway.ai/v1alpha1\nkind: ModelDeployment\nmetadata: {{name: {name}}}\nspec:\n  model: {{id: org/m}}\n  \
                 engine: {{type: vllm, image: 'vllm/vllm-openai:v0.11.0'}}\n  provider: {{name: vllm}}\n"
            )
        };
        let text = format!("{}---\napiVersion: v1\nkind: ConfigMap\nmetadata: {{name: c}}\n---\n{}", object("one"), object("two"));
        std::fs::write(namespace.kubeconfig("models.yaml"), text).unwrap();
        let run = namespace.airunway(&["deploy", "-f", "models.yaml", "--pin=never", "-o", "name"]).await;
        assert_eq!(run.code, Some(0), "{}", run.stderr);
        assert_eq!(run.stdout, "modeldeployment.airunway.ai/one\nmodeldeployment.airunway.ai/two\n");
        assert!(run.stderr.contains("skipped: ConfigMap c of models.yaml is not a ModelDeployment"), "{}", run.stderr);
    });
}

#[test]
fn a_container_that_runs_another_digest_than_the_pin_is_found() {
    let cluster = Cluster::shared();
    cluster.run(async {
        let namespace = cluster.namespace("digest").await;
        let line = ["deploy", "Qwen/Qwen3-0.6B", "--name", "q", "--provider", "vllm"];
        assert_eq!(namespace.airunway(&line).await.code, Some(0));
        let pods =
            namespace.kubectl(&["get", "pods", "-o", "jsonpath={.items[0].metadata.name}"]).await.stdout;
        let other = format!("vllm/vllm-openai@sha256:{}", "0".repeat(64));
        let patch = format!(
            r#"[{{"op": "replace", "path": "/status/containerStatuses/0/imageID", "value": "{other}"}}]"#
        );
        let patched = namespace
            .kubectl(&["patch", "pod", &pods, "--subresource=status", "--type=json", "-p", &patch])
            .await;
        assert_eq!(patched.code, Some(0), "{}", patched.stderr);
        let again = namespace.airunway(&line).await;
        assert_eq!(again.code, Some(1), "{}", again.stderr);
        assert!(
            again.stderr.contains("which does not belong to vllm/vllm-openai:cu130-nightly@sha256:"),
            "{}",
            again.stderr
        );
    });
}
