//! `check` and `render` through the binary: verdicts, places, layouts, exit codes.

use crate::support::{Run, Sandbox};

const WRONG: &str = "\
apiVersion: airunway.ai/v1alpha1
kind: ModelDeployment
metadata:
  name: wrong
spec:
  model:
    id: org/m
  engin:
    type: vllm
  provider: {name: vllm}
  resources:
    gpu:
      cuont: 2
---
apiVersion: airunway.ai/v1alpha1
kind: ModelDeployment
metadata: {name: text}
spec:
  model: {id: org/m}
  engine: {type: vllm, contextLength: \"8192\"}
---
apiVersion: airunway.ai/v1alpha1
kind: ModelDeployment
metadata: {name: good}
spec:
  model: {id: org/m}
  engine: {type: vllm}
  resources: {gpu: {count: 1}}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: other}
";

fn check(arguments: &[&str]) -> Run {
    let sandbox = Sandbox::new();
    sandbox.write("models.yaml", WRONG);
    let all: Vec<&str> = ["check", "-f", "models.yaml"].iter().chain(arguments).copied().collect();
    sandbox.airunway(&all)
}

#[test]
fn people_see_place_rule_and_way_out() {
    insta::assert_snapshot!(check(&[]));
}

#[test]
fn json_holds_the_servers_own_words() {
    let run = check(&["-o", "json"]);
    assert_eq!(run.code, Some(3), "{run}");
    let report: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(report["kind"], "CheckReport");
    let verdicts: Vec<&str> =
        report["items"].as_array().unwrap().iter().map(|item| item["verdict"].as_str().unwrap()).collect();
    assert_eq!(verdicts, ["invalid", "invalid", "valid"], "in the order of the input");
    let first = &report["items"][0];
    assert_eq!(first["denial"]["code"], 400);
    assert_eq!(first["findings"][0]["line"], 8);
    assert_eq!(report["items"][2]["selection"]["provider"], "dynamo");
}

#[test]
fn the_other_layouts_hold_every_object() {
    let tap = check(&["-o", "tap"]);
    assert!(tap.stdout.starts_with("TAP version 14\n1..3\nnot ok 1 - models.yaml: wrong\n"), "{tap}");
    let sarif: serde_json::Value = serde_json::from_str(&check(&["-o", "sarif"]).stdout).unwrap();
    let results = sarif["runs"][0]["results"].as_array().unwrap();
    assert_eq!(results[0]["locations"][0]["physicalLocation"]["region"]["startLine"], 8, "{sarif}");
    let junit = check(&["-o", "junit"]).stdout;
    assert!(
        junit.contains(r#"<testsuite name="models.yaml" tests="3" skipped="0" errors="0" failures="2">"#),
        "{junit}"
    );
}

#[test]
fn which_providers_are_registered_and_ready_decides_the_selection() {
    let selected = |arguments: &[&str]| {
        let run =
            Sandbox::new().airunway(&[&["check", "org/m", "--gpus", "1", "-o", "json"], arguments].concat());
        let report: serde_json::Value = serde_json::from_str(&run.stdout).unwrap_or_else(|_| panic!("{run}"));
        report["items"][0]["selection"].clone()
    };
    assert_eq!(selected(&[])["provider"], "dynamo");
    assert_eq!(selected(&["--ready", "llmd,vllm"])["provider"], "llmd");
    assert_eq!(selected(&["--providers", "vllm"])["provider"], "vllm");
    assert_eq!(
        selected(&["--ready", ""])["message"],
        "Provider selection failed: no healthy providers available"
    );
    insta::assert_snapshot!(Sandbox::new().airunway(&["check", "org/m", "--providers", "vlm"]));
}

#[test]
fn an_update_is_judged_against_the_old_object() {
    let sandbox = Sandbox::new();
    let object = |model: &str| {
        format!(
            "apiVersion: airunway.ai/v1alpha1\nkind: ModelDeployment\nmetadata: {{name: q, namespace: default, resourceVersion: '7', uid: u}}\n\
             spec: {{model: {{id: {model}, source: huggingface}}, engine: {{type: vllm}}, provider: {{name: vllm}}, resources: {{gpu: {{count: 1}}}}}}\n"
        )
    };
    sandbox.write("old.yaml", object("org/one")).write("new.yaml", object("org/two"));
    let run = sandbox.airunway(&["check", "-f", "new.yaml", "--old", "old.yaml"]);
    assert_eq!(run.code, Some(3), "{run}");
    assert!(
        run.stdout.contains(
            "model.id is immutable (changing it requires delete and recreate) [immutable-model-id]"
        ),
        "{run}"
    );
}

#[test]
fn strict_makes_warnings_errors() {
    let arguments = ["check", "org/m", "--provider", "vllm", "--image", "example.com/x:1"];
    assert_eq!(Sandbox::new().airunway(&arguments).code, Some(0));
    assert_eq!(Sandbox::new().airunway(&[arguments.as_slice(), &["--strict"]].concat()).code, Some(3));
}

#[test]
fn rules_explain_themselves() {
    insta::assert_snapshot!("explained", Sandbox::new().airunway(&["check", "--explain", "gpu-ceiling"]));
    insta::assert_snapshot!("unknown-rule", Sandbox::new().airunway(&["check", "--explain", "gpu-cieling"]));
    let none = Sandbox::new().airunway(&["check", "--explain", "xyz"]);
    assert!(none.stderr.contains("hint: choose one of object-twice, "), "{none}");
}

#[test]
fn render_prints_what_is_accepted_and_says_what_is_not() {
    let sandbox = Sandbox::new();
    sandbox.write("models.yaml", WRONG);
    let run = sandbox.airunway(&["render", "-f", "models.yaml", "-o", "name"]);
    assert_eq!(run.stdout, "modeldeployment.airunway.ai/good\nconfigmap/other\n", "{run}");
    assert_eq!(run.code, Some(3));
}

#[test]
fn render_follows_an_object_through_all_stages() {
    insta::assert_snapshot!(Sandbox::new().airunway(&[
        "render",
        "org/m",
        "--provider",
        "vllm",
        "--image",
        "vllm/vllm-openai:v0.11.0",
        "--gpus",
        "2",
        "--no-prefix-caching",
        "--env",
        "A=b",
        "--env",
        "T=secret:s/k",
        "--volume",
        "name=cache,purpose=modelCache,claim=models",
        "--stage",
        "all",
        "--",
        "--extra",
        "1"
    ]));
}

#[test]
fn render_says_who_would_win_and_why() {
    insta::assert_snapshot!(Sandbox::new().airunway(&[
        "render",
        "org/m",
        "--gpus",
        "2",
        "--explain",
        "-o",
        "name"
    ]));
}

#[test]
fn render_says_what_the_shim_will_refuse() {
    insta::assert_snapshot!(Sandbox::new().airunway(&[
        "render",
        "org/m",
        "--provider",
        "vllm",
        "--arg",
        "port=9000",
        "--stage",
        "children"
    ]));
}

#[test]
fn check_says_the_status_of_what_a_controller_will_refuse() {
    let check = |arguments: &[&str]| {
        Sandbox::new().airunway(&[&["check", "org/m", "--name", "q"], arguments].concat())
    };
    let refused = ["--provider", "vllm", "--arg", "port=9000"];
    insta::assert_snapshot!(check(&refused));
    let report: serde_json::Value =
        serde_json::from_str(&check(&[&refused[..], &["-o", "json"]].concat()).stdout).unwrap();
    insta::assert_snapshot!(
        "check_says_the_predicted_status_in_json",
        serde_json::to_string_pretty(&report["items"][0]["predicted"]).unwrap()
    );
    assert_eq!(check(&[&refused[..], &["--strict"]].concat()).code, Some(3));
    let served: serde_json::Value =
        serde_json::from_str(&check(&["--provider", "vllm", "-o", "json"]).stdout).unwrap();
    assert_eq!(served["items"][0]["predicted"], serde_json::Value::Null);
    let waits: serde_json::Value =
        serde_json::from_str(&check(&["--gpus", "1", "--ready", "", "-o", "json"]).stdout).unwrap();
    assert_eq!(waits["items"][0]["predicted"]["phase"], "Pending");
}
