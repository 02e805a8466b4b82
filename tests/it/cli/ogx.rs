//! OGXServer and LlamaStackDistribution through the binary.

use serde_json::Value;

use crate::support::{Run, Sandbox};

const SERVER: &str = "\
apiVersion: ogx.io/v1beta1
kind: OGXServer
metadata: {name: chat}
spec:
  distribution: {name: starter}
  network:
    port: 9464
    tls: {secretName: web}
  providers:
    inference:
      remote:
        vllm:
        - {endpoint: 'http://vllm:8000'}
        - {endpoint: 'http://other:8000'}
";

fn sandbox(text: &str) -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.write("server.yaml", text);
    sandbox
}

fn rules(run: &Run) -> Vec<String> {
    let report: Value = serde_json::from_str(&run.stdout).expect("JSON");
    let findings = report["items"][0]["findings"].as_array().expect("findings");
    findings
        .iter()
        .map(|finding| format!("{}:{}", finding["line"], finding["rule"].as_str().unwrap_or_default()))
        .collect()
}

#[test]
fn the_webhook_of_a_server_answers_with_place_and_way_out() {
    let run = sandbox(SERVER).airunway(&["check", "-f", "server.yaml"]);
    assert_eq!(run.code, Some(3));
    assert!(run.stdout.contains("duplicate provider ID \"remote-vllm\""), "{run:?}");
    assert!(run.stdout.contains("spec.providers.inference.remote.vllm[1] an id of its own"), "{run:?}");
}

#[test]
fn what_the_operator_will_fail_on_or_pass_over_is_told_with_its_line() {
    let text = SERVER.replace("other:8000'}", "other:8000', id: second}");
    let sandbox = sandbox(&text);
    let run = sandbox.airunway(&["check", "-f", "server.yaml", "-o", "json"]);
    assert_eq!(run.code, Some(0), "the API server takes it: {run:?}");
    assert_eq!(rules(&run), ["7:ogx-port-twice", "8:ogx-field-unused", "5:ogx-base-not-fetched"]);
    let report: Value = serde_json::from_str(&run.stdout).expect("JSON");
    assert_eq!(report["items"][0]["predicted"]["phase"], "Failed");
    let deploy = sandbox.airunway(&["deploy", "-f", "server.yaml", "--dry-run=client", "--pin=never"]);
    assert_eq!(deploy.code, Some(3), "{deploy:?}");
    assert!(deploy.stderr.contains("OGXServer chat would become Failed; nothing was sent"), "{deploy:?}");
    assert!(deploy.stderr.contains("--force-invalid"), "{deploy:?}");
    let forced = sandbox.airunway(&[
        "deploy",
        "-f",
        "server.yaml",
        "--dry-run=client",
        "--pin=never",
        "--force-invalid",
        "-o",
        "name",
    ]);
    assert_eq!((forced.code, forced.stdout.as_str()), (Some(0), "ogxserver.ogx.io/chat\n"), "{forced:?}");
}

#[test]
fn a_stored_server_has_its_defaults_and_its_children_are_not_guessed() {
    let sandbox = sandbox(&SERVER.replace("other:8000'}", "other:8000', id: second}"));
    let stored = sandbox.airunway(&["render", "-f", "server.yaml", "--stage", "stored"]);
    assert_eq!(stored.code, Some(0), "{stored:?}");
    assert!(stored.stdout.contains("port: 9464"), "{stored:?}");
    let children = sandbox.airunway(&["render", "-f", "server.yaml", "--stage", "children"]);
    assert_eq!((children.code, children.stdout.as_str()), (Some(3), ""), "{children:?}");
    assert!(children.stderr.contains("is not followed by this version"), "{children:?}");
}

#[test]
fn an_unknown_distribution_is_answered_with_the_one_that_was_meant() {
    let run =
        sandbox(&SERVER.replace("name: starter", "name: startr").replace("other:8000'}", "o:1', id: s}"))
            .airunway(&["check", "-f", "server.yaml"]);
    assert_eq!(run.code, Some(3));
    assert!(run.stdout.contains("available distributions: meta-reference-gpu, postgres-demo"), "{run:?}");
    assert!(run.stdout.contains("did you mean starter?"), "{run:?}");
}

#[test]
fn a_released_llama_stack_object_is_told_what_it_became() {
    let text = "\
apiVersion: llamastack.io/v1alpha1
kind: LlamaStackDistribution
metadata: {name: old}
spec:
  replicas: 1
  server:
    distribution: {name: starter}
    userConfig: {configMapName: c}
";
    let run = sandbox(text).airunway(&["check", "-f", "server.yaml"]);
    assert_eq!(run.code, Some(0), "{run:?}");
    assert!(run.stdout.contains("[llama-stack-retired]"), "{run:?}");
    for moved in
        ["spec.replicas becomes spec.workload.replicas", "spec.server.userConfig becomes spec.overrideConfig"]
    {
        assert!(run.stdout.contains(moved), "{moved}: {run:?}");
    }
}

#[test]
fn a_proposed_llama_stack_object_is_judged_by_what_its_rules_mean() {
    let text = "\
apiVersion: llamastack.io/v1alpha2
kind: LlamaStackDistribution
metadata: {name: proposed}
spec:
  distribution: {name: starter}
  disabled: [vector_io]
  providers:
    vectorIo: [{provider: pgvector}]
    inference: [{id: pgvector, provider: vllm}]
  resources:
    models: [{name: m, provider: nowhere}]
";
    let accepted = sandbox(text).airunway(&["check", "-f", "server.yaml", "-o", "json"]);
    let expected = [
        "1:crd-does-not-install",
        "6:llama-stack-api-both-ways",
        "8:llama-stack-ids-across-apis",
        "11:llama-stack-model-provider-unknown",
    ];
    assert_eq!(
        (accepted.code, rules(&accepted)),
        (Some(0), expected.map(str::to_owned).to_vec()),
        "{accepted:?}"
    );
    let refused = sandbox(&text.replace("distribution: {name: starter}", "distribution: {}")).airunway(&[
        "check",
        "-f",
        "server.yaml",
    ]);
    assert_eq!(refused.code, Some(3));
    assert!(refused.stdout.contains("one of name or image must be specified"), "{refused:?}");
}
