//! One order for every verb: author, default, pin, judge, then print or apply.

use crate::support::registry::Registry;
use crate::support::{Run, Sandbox};

/// A tag that moves every day.
const NIGHTLY: &str = "vllm/vllm-openai:nightly";

const LOCK: &str = "\
version: 1
images:
- image: docker.io/vllm/vllm-openai:nightly
  digest: sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
  mediaType: application/vnd.oci.image.index.v1+json
  size: 12
  class: nightly
  firstSeen: '2026-11-01T00:00:00Z'
  lastVerified: '2026-11-01T00:00:00Z'
";

fn model(name: &str, model: &str) -> String {
    format!(
        "apiVersion: airunway.ai/v1alpha1\nkind: ModelDeployment\nmetadata:\n  name: {name}\nspec:\n  model:\n    id: {model}\n  \
         engine:\n    type: vllm\n  provider:\n    name: vllm\n  resources:\n    gpu:\n      count: 1\n"
    )
}

/// Every verb that sends, prints or compares an object; none of them reaches a server.
const VERBS: [&[&str]; 5] = [
    &["check"],
    &["render"],
    &["deploy", "--pin=never", "--dry-run=client"],
    &["deploy", "--pin=never", "--server", "http://127.0.0.1:1"],
    &["diff", "--pin=never", "--server", "http://127.0.0.1:1"],
];

#[test]
fn no_verb_advises_what_it_is_about_to_do() {
    let sandbox = Sandbox::new();
    sandbox.write("airunway.lock", LOCK);
    let told = |verb: &[&str]| {
        let object = ["org/m", "--provider", "vllm", "--gpus", "1", "--image", NIGHTLY];
        let run = sandbox.airunway(&[verb, &object].concat());
        assert_eq!(run.code, Some(0), "{run}");
        run
    };
    for verb in [&["deploy", "--dry-run=client"][..], &["render", "--pin=digest"], &["render"]] {
        let run = told(verb);
        assert!(run.stdout.contains(&format!("image: {NIGHTLY}@sha256:aaaa")), "{run}");
        assert!(run.stderr.contains("(from the lock file)") && !run.stderr.contains("pin it"), "{run}");
    }
    std::fs::remove_file(sandbox.path().join("airunway.lock")).unwrap();
    let unpinned = told(&["render"]);
    assert!(unpinned.stderr.contains("[image-tag-moves]"), "{unpinned}");
}

#[test]
fn a_refused_object_costs_no_request_to_a_registry() {
    let registry = Registry::start();
    let digest = registry.add_image("team/vllm", "v1");
    let image = format!("{}/team/vllm:v1", registry.host());
    let sandbox = Sandbox::new();
    for verb in [
        &["deploy", "--dry-run=client"][..],
        &["deploy", "--server", "http://127.0.0.1:1"],
        &["diff", "--server", "http://127.0.0.1:1"],
        &["render", "--pin=digest"],
    ] {
        let object = ["org/m", "--provider", "vllm", "--gpus", "65", "--image", &image];
        let run = sandbox.airunway(&[verb, &object].concat());
        assert_eq!(run.code, Some(3), "{run}");
        assert!(run.stderr.contains("[gpu-ceiling]") && run.stdout.is_empty(), "{run}");
    }
    assert!(registry.requests().is_empty(), "{:?}", registry.requests());

    // Beside a refused one the others are pinned.
    let good = model("good", "org/m").replace("type: vllm\n", &format!("type: vllm\n    image: {image}\n"));
    let bad = good.replace("name: good", "name: bad").replace("count: 1", "count: 65");
    sandbox.write("models.yaml", format!("{good}---\n{bad}"));
    let run = sandbox.airunway(&["render", "-f", "models.yaml", "--pin=digest", "-o", "json"]);
    assert_eq!(run.code, Some(3), "{run}");
    assert!(run.stdout.contains(&digest), "{run}");
    assert_eq!(registry.requests().len(), 1, "{:?}", registry.requests());
}

#[test]
fn only_what_rests_on_the_cluster_is_left_to_it() {
    let deploy = |arguments: &[&str]| {
        let first = ["deploy", "org/m", "--name", "q", "--engine", "vllm", "--pin=never"];
        let server = ["--server", "http://127.0.0.1:1"];
        Sandbox::new().airunway(&[&first[..], arguments, &server].concat())
    };
    insta::assert_snapshot!(deploy(&["--provider", "vllm", "--gpus", "0"]));
    // A provider that the program does not know may be registered in the cluster.
    let own = deploy(&["--provider", "own", "--gpus", "1"]);
    assert_eq!(own.code, Some(1), "{own}");
    assert!(own.stderr.contains("cannot reach the API server"), "{own}");
    let own_and_wrong = deploy(&["--provider", "own", "--gpus", "65"]);
    assert_eq!(own_and_wrong.code, Some(3), "{own_and_wrong}");
}

fn refused_as_twin(run: &Run, first: &str) {
    assert_eq!(run.code, Some(3), "{run}");
    let said = format!("{}{}", run.stdout, run.stderr);
    assert!(said.contains("[object-twice]") && said.contains(first), "{run}");
}

#[test]
fn two_objects_of_one_name_get_one_answer_from_every_verb() {
    let sandbox = Sandbox::new();
    sandbox.write("two.yaml", format!("{}---\n{}", model("a", "org/one"), model("a", "org/two")));
    sandbox.write("other.yaml", model("a", "org/three"));
    for verb in VERBS {
        let run = sandbox.airunway(&[verb, &["-f", "two.yaml"]].concat());
        refused_as_twin(&run, "two.yaml:4:3");
        let run = sandbox.airunway(&[verb, &["-f", "other.yaml", "-f", "two.yaml"]].concat());
        refused_as_twin(&run, "other.yaml:4:3");
    }
    insta::assert_snapshot!(sandbox.airunway(&["check", "-f", "two.yaml"]));
    let json = sandbox.airunway(&["check", "-f", "two.yaml", "-o", "json"]).stdout;
    assert_eq!(json.matches(r#""verdict": "invalid""#).count(), 1, "{json}");
    // Objects of other namespaces, kinds and groups are others.
    let elsewhere = model("a", "org/two").replace("name: a", "name: a\n  namespace: team");
    let config = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n";
    sandbox.write("two.yaml", format!("{}---\n{elsewhere}---\n{config}---\n{config}", model("a", "org/one")));
    for verb in &VERBS[..3] {
        let run = sandbox.airunway(&[verb, &["-f", "two.yaml"][..]].concat());
        assert_eq!(run.code, Some(0), "{run}");
    }
}

#[test]
fn twins_are_found_across_the_pieces_of_large_files() {
    let sandbox = Sandbox::new();
    let many = |file: &str, from: usize| {
        let documents: Vec<String> =
            (from..from + 2_000).map(|index| model(&format!("m{index}"), "org/m")).collect();
        sandbox.write(file, documents.join("---\n"));
    };
    many("one.yaml", 0);
    many("two.yaml", 1_999);
    let run = sandbox.airunway(&["check", "-f", "one.yaml", "-f", "two.yaml"]);
    refused_as_twin(&run, "one.yaml:29989:3");
    assert!(
        run.stdout.ends_with("3999 of 4000 valid\n"),
        "{}",
        run.stdout.lines().last().unwrap_or_default()
    );
    let twins: Vec<&str> = run.stdout.lines().filter(|line| line.contains("[object-twice]")).collect();
    assert_eq!(twins.len(), 1, "{twins:?}");
    assert!(twins[0].starts_with("  two.yaml:4:3: error: metadata.name: "), "{twins:?}");
}
