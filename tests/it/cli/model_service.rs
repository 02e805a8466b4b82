//! ModelService through the binary: verdict, advice, stages, and what its operator was started with.

use serde_json::Value;

use crate::support::{Run, Sandbox};

const EXAMPLE: &str = include_str!("../../../examples/model-service/model.yaml");
const MANAGER: &str = include_str!("../../../examples/model-service/manager.yaml");

fn run(object: &str, arguments: &[&str]) -> Run {
    let sandbox = Sandbox::new();
    sandbox.write("model.yaml", object);
    sandbox.write("manager.yaml", MANAGER);
    sandbox.airunway(arguments)
}

fn children(arguments: &[&str]) -> Vec<Value> {
    let all: Vec<&str> = ["render", "-f", "model.yaml", "--stage", "children", "-o", "json"]
        .iter()
        .chain(arguments)
        .copied()
        .collect();
    let run = run(EXAMPLE, &all);
    let list: Value = serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{error}: {run}"));
    list["items"].as_array().unwrap_or_else(|| panic!("{run}")).clone()
}

fn kinds(children: &[Value]) -> Vec<&str> {
    children.iter().filter_map(|child| child["kind"].as_str()).collect()
}

#[test]
fn the_example_is_valid_and_says_what_is_assumed() {
    let run = run(EXAMPLE, &["check", "-f", "model.yaml"]);
    assert_eq!(run.code, Some(0), "{run}");
    assert!(run.stderr.contains("assumed to be v1.0.1 and started with its defaults"), "{run}");
}

#[test]
fn the_operator_s_flags_decide_what_is_created() {
    let with_defaults = children(&[]);
    assert!(kinds(&with_defaults).contains(&"DestinationRule"));
    assert!(kinds(&with_defaults).contains(&"Secret"));
    let of_file = children(&["--operator-from", "manager.yaml"]);
    assert!(!kinds(&of_file).contains(&"DestinationRule"), "provider=none");
    assert!(!kinds(&of_file).contains(&"ClusterRole"), "metrics-endpoint-auth=false");
    let unpacks = |children: &[Value]| {
        children[0]["spec"]["template"]["spec"]["initContainers"][0]["image"].as_str().map(str::to_owned)
    };
    assert_eq!(unpacks(&of_file).as_deref(), Some("registry.example.com/kitops:v1.11.0"));
    let over_file = children(&["--operator-from", "manager.yaml", "--operator", "otterscale:provider=istio"]);
    assert!(kinds(&over_file).contains(&"DestinationRule"), "a flag counts before the file");
}

#[test]
fn an_input_that_no_operator_has_is_refused_with_the_nearest() {
    let run = run(EXAMPLE, &["render", "-f", "model.yaml", "--operator", "kit-imag=x"]);
    assert_eq!(run.code, Some(2), "{run}");
    assert!(run.stderr.contains("invalid value for --operator: \"kit-imag\" is no input of"), "{run}");
    assert!(run.stderr.contains("did you mean kit-image?"), "{run}");
    let run = self::run(EXAMPLE, &["check", "-f", "model.yaml", "--operator-from", "model.yaml"]);
    assert_eq!(run.code, Some(2), "{run}");
    assert!(run.stderr.contains("says nothing of an operator"), "{run}");
}

#[test]
fn a_child_that_will_be_refused_is_foretold() {
    let object = EXAMPLE.replace("- name: models-login", "- name: ''");
    let check = run(&object, &["check", "-f", "model.yaml", "-o", "json", "--operator", "provider=gke"]);
    let report: Value =
        serde_json::from_str(&check.stdout).unwrap_or_else(|error| panic!("{error}: {check}"));
    let item = &report["items"][0];
    assert_eq!(item["predicted"]["conditions"][0]["reason"], "ReconcileError", "{check}");
    let rules: Vec<&str> = item["findings"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|finding| finding["rule"].as_str())
        .collect();
    assert!(rules.contains(&"model-service-child-refused"), "{check}");
    let inputs = item["operator"]["inputs"].as_array().expect("a list");
    let of = |key: &str| inputs.iter().find(|input| input["key"] == key).expect("an input");
    assert_eq!(of("provider")["origin"], "--operator");
    assert_eq!(of("kit-image")["origin"], "assumed");
    assert_eq!(of("version")["value"], "v1.0.1");
    let render = run(&object, &["render", "-f", "model.yaml", "--stage", "children"]);
    assert_eq!(render.code, Some(3), "{render}");
}
