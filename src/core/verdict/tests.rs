use super::*;
use serde_json::json;

fn object(spec: Value) -> Value {
    json!({"apiVersion": "airunway.ai/v1alpha1", "kind": "ModelDeployment",
           "metadata": {"name": "q", "namespace": "default"}, "spec": spec})
}

fn review(object: &Value, change: Change<'_>) -> Verdict {
    let subject = Subject { object, namespace: "default", twice: Vec::new(), twin: None, cleaned: &[] };
    Rules::offline(Release::newest()).review(&subject, change)
}

fn on(provider: &str, engine: &str) -> Value {
    object(
        json!({"model": {"id": "org/m", "source": "huggingface"}, "engine": {"type": engine}, "provider": {"name": provider},
                  "resources": {"gpu": {"count": 1}}}),
    )
}

#[test]
fn only_a_provider_that_is_not_known_is_left_to_the_cluster() {
    let unknown = review(&on("own", "vllm"), Change::Create);
    assert!(unknown.refused() && unknown.rests_on_context(), "{:?}", unknown.findings);
    let wrong_engine = review(&on("vllm", "sglang"), Change::Create);
    assert!(wrong_engine.refused() && !wrong_engine.rests_on_context(), "{:?}", wrong_engine.findings);
    let mut both = on("own", "vllm");
    both["metadata"]["name"] = json!("q.q");
    assert!(!review(&both, Change::Create).rests_on_context());
    assert!(!review(&on("vllm", "vllm"), Change::Create).rests_on_context(), "there is no refusal");
}

#[test]
fn immutable_fields_are_named_when_nothing_else_is_wrong() {
    let old = on("vllm", "vllm");
    let mut new = old.clone();
    new["spec"]["model"]["id"] = json!("org/other");
    let verdict = review(&new, Change::Replace { old: &old });
    assert_eq!(verdict.immutable(), Some(vec!["spec.model.id"]));
    new["spec"]["resources"]["gpu"]["count"] = json!(65);
    assert_eq!(review(&new, Change::Replace { old: &old }).immutable(), None);
    assert_eq!(review(&old, Change::Replace { old: &old }).immutable(), None);
}

#[test]
fn a_twin_is_refused_whatever_the_server_would_say() {
    let object = on("vllm", "vllm");
    let subject = Subject {
        object: &object,
        namespace: "default",
        twice: Vec::new(),
        twin: Some("a.yaml:1:1"),
        cleaned: &[],
    };
    let verdict = Rules::offline(Release::newest()).judge(&subject, Change::Create);
    assert!(verdict.refused() && verdict.review.denial.is_none());
    let rules: Vec<&str> = verdict.errors().map(|finding| finding.rule).collect();
    assert_eq!(rules, ["object-twice"]);
}

#[test]
fn advice_is_no_error_and_a_refusal_names_what_would_do() {
    let verdict = review(&on("vllm", "sglang"), Change::Create);
    assert!(verdict.advice().all(|finding| finding.severity != Severity::Error));
    let hints: Vec<_> = verdict.errors().filter_map(|finding| finding.hint.as_deref()).collect();
    assert_eq!(hints, ["vllm runs vllm"]);
}

#[test]
fn the_providers_of_a_cluster_take_the_place_of_those_of_the_release() {
    let object = on("own", "vllm");
    let kind = kind::of(&object).expect("a known kind");
    let mut configs = kind.installed(Release::newest());
    configs.retain(|config| config["metadata"]["name"] == "vllm");
    configs[0]["metadata"]["name"] = json!("own");
    let subject =
        Subject { object: &object, namespace: "default", twice: Vec::new(), twin: None, cleaned: &[] };
    let judged = |rules: Rules| rules.review(&subject, Change::Create);
    assert!(judged(Rules::offline(Release::newest())).refused());
    let verdict = judged(Rules::offline(Release::newest()).with(kind, configs));
    assert!(!verdict.refused(), "{:?}", verdict.findings);
}

#[test]
fn only_a_test_backend_serves_without_a_gpu() {
    let part = json!({"replicas": 1, "gpu": {"count": 0}});
    let mut object = object(
        json!({"model": {"id": "org/m", "source": "huggingface"}, "engine": {"type": "vllm"},
        "provider": {"name": "dynamo"}, "serving": {"mode": "disaggregated"}, "scaling": {"prefill": part, "decode": part}}),
    );
    let without_gpu = |object: &Value| {
        let verdict = review(object, Change::Create);
        verdict.errors().filter(|finding| finding.path.ends_with("gpu.count")).count()
    };
    assert_eq!(without_gpu(&object), 2);
    object["metadata"]["annotations"] = json!({"airunway.ai/dynamo-test-backend": "mocker"});
    assert_eq!(without_gpu(&object), 0);
}
