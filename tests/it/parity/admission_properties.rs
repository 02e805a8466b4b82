//! What holds for every input: no panic, every refusal explained by known rules, and a stored object stays as it is.

use super::admission::all_five;
use kubectl_airunway::core::api_server::custom::Review;
use kubectl_airunway::core::kind::model_deployment::advice::{Situation, advice};
use kubectl_airunway::core::kind::model_deployment::release::Release;
use kubectl_airunway::core::kind::model_deployment::webhook::{
    Providers, Request, mutate, review, review_with_duplicates, validate,
};
use kubectl_airunway::core::kubernetes::rule::Rule;
use kubectl_airunway::core::schema::{Schema, default, lists, prune, validate as schema};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

/// One object with every kind of member that rules look at.
fn full() -> Value {
    json!({"apiVersion": "airunway.ai/v1alpha1", "kind": "ModelDeployment",
        "metadata": {"name": "q", "labels": {"a": "b"}, "annotations": {"c": "d"}, "finalizers": ["a.b/c"]},
        "spec": {"model": {"id": "q", "source": "huggingface", "storage": {"volumes": [
                {"name": "a", "size": "1Gi", "purpose": "modelCache"}, {"name": "b", "claimName": "c", "mountPath": "/b"}]}},
            "engine": {"type": "vllm", "image": "x:1", "contextLength": 5, "args": {"a": "b"}, "extraArgs": ["--c"]},
            "provider": {"name": "vllm", "overrides": {"spec": {"template": {"spec": {"hostname": "h"}}}}},
            "serving": {"mode": "aggregated"}, "scaling": {"replicas": 2, "prefill": {"gpu": {"count": 1}}},
            "resources": {"gpu": {"count": 1}, "cpu": "1", "memory": "1Gi"},
            "env": [{"name": "A", "value": "b"}, {"name": "B", "valueFrom": {"fieldRef": {"fieldPath": "x"}}}],
            "podTemplate": {"metadata": {"labels": {"a": "b"}}}, "nodeSelector": {"a": "b"},
            "tolerations": [{"key": "k", "operator": "Exists"}]}})
}

fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "\\PC{0,8}".prop_map(Value::from),
        prop::sample::select(vec!["1Gi", "-1", "vllm", "", "a.b", "--port=1", "/etc", "disaggregated"])
            .prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec(("[a-zA-Z./-]{0,9}|name|spec|replicas|size", inner), 0..4)
                .prop_map(|members| Value::Object(members.into_iter().collect::<Map<_, _>>())),
        ]
    })
}

/// Puts a value at the `index`-th place of an object, counted through all members.
fn put(target: &mut Value, index: &mut usize, value: &Value) -> bool {
    if *index == 0 {
        *target = value.clone();
        return true;
    }
    *index -= 1;
    match target {
        Value::Array(items) => items.iter_mut().any(|item| put(item, index, value)),
        Value::Object(members) => members.values_mut().any(|member| put(member, index, value)),
        _ => false,
    }
}

fn judge(object: &Value, old: Option<&Value>, providers: &Providers) -> Review {
    review(&Request { object, old, namespace: "default", providers, release: Release::newest() })
}

fn check_invariants(object: &Value, old: Option<&Value>, providers: &Providers) -> Result<(), TestCaseError> {
    let answer = judge(object, old, providers);
    prop_assert_eq!(answer.stored.is_none(), answer.denial.is_some());
    for finding in &answer.findings {
        prop_assert!(Rule::named(finding.rule).is_some(), "{}", finding.rule);
        prop_assert!(!finding.message.is_empty());
    }
    if let Some(denial) = &answer.denial {
        prop_assert!(!answer.findings.is_empty(), "{}", denial.message);
        prop_assert!([400, 403, 422].contains(&denial.code));
    }
    if let Some(stored) = &answer.stored {
        let again = judge(stored, old, providers);
        prop_assert_eq!(again.stored.as_ref(), Some(stored), "what is stored stays as it is");
        for provider in ["vllm", "llmd", "kaito", "kuberay", "dynamo"] {
            let release = Release::newest();
            let provider = Some(provider);
            for finding in
                advice(&Situation { authored: object, stored, provider, engine: None, providers, release })
            {
                prop_assert!(Rule::named(finding.rule).is_some(), "{}", finding.rule);
            }
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn any_member_may_hold_anything(index in 0usize..80, value in any_value(), other in 0usize..80, second in any_value()) {
        let providers = all_five();
        let mut object = full();
        put(&mut object, &mut index.clone(), &value);
        check_invariants(&object, None, &providers)?;
        put(&mut object, &mut other.clone(), &second);
        check_invariants(&object, None, &providers)?;
        let stored = judge(&full(), None, &providers).stored.expect("the object is valid");
        check_invariants(&object, Some(&stored), &providers)?;
        let _ = (mutate(&object), validate(&object, Some(&value), &providers));
    }

    #[test]
    fn any_schema_may_meet_anything(schema_value in any_value(), value in any_value(), keys in prop::collection::vec(
        prop::sample::select(vec!["properties", "items", "additionalProperties", "enum", "anyOf", "not", "type", "default", "required"]), 0..4)) {
        let mut nested = schema_value;
        for key in keys {
            nested = json!({key: nested, "type": "object"});
        }
        if let Ok(compiled) = Schema::compile(&nested) {
            let mut object = value;
            prune::prune(&mut object, &compiled);
            default::fill(&mut object, &compiled);
            let _ = (schema::validate(&object, None, &compiled), lists::validate(&object, &compiled));
        }
    }
}

#[test]
fn what_is_not_an_object_is_refused() {
    let providers = all_five();
    for value in [json!(null), json!([]), json!("x"), json!(5), json!({}), json!({"kind": "ModelDeployment"})]
    {
        let answer = judge(&value, None, &providers);
        assert_eq!(answer.denial.expect("refused").code, 400, "{value}");
    }
}

#[test]
fn deep_and_large_objects_are_answered() {
    let providers = all_five();
    let nested = |levels: usize| {
        let mut value = json!(1);
        for _ in 0..levels {
            value = json!({ "a": value });
        }
        let mut object = full();
        object["spec"]["provider"]["overrides"] = value;
        object
    };
    assert!(judge(&nested(500), None, &providers).denial.is_none());
    let refused = judge(&nested(1_500), None, &providers);
    assert_eq!(refused.findings.first().map(|finding| finding.rule), Some("too-deep"));
    let mut object = full();
    object["spec"]["provider"]["overrides"] =
        json!({"rows": vec![json!({"replicas": 1, "text": "x".repeat(50)}); 20_000]});
    let answer = judge(&object, None, &providers);
    assert_eq!(answer.findings.len(), 20_000);
}

#[test]
fn members_that_are_there_twice_are_refused_first() {
    let mut object = full();
    object["spec"]["bogus"] = json!(1);
    let providers = all_five();
    let request = Request {
        object: &object,
        old: None,
        namespace: "default",
        providers: &providers,
        release: Release::newest(),
    };
    let twice = ["spec.image", "spec.image", "spec.env[0].name"].map(str::to_owned);
    let answer = review_with_duplicates(&request, &twice);
    assert_eq!(
        answer.denial.expect("refused").message,
        "ModelDeployment in version \"v1alpha1\" cannot be handled as a ModelDeployment: strict decoding error: \
         duplicate field \"spec.image\", duplicate field \"spec.env[0].name\", unknown field \"spec.bogus\""
    );
}

#[test]
fn a_generated_name_is_not_there_for_the_first_webhook() {
    let mut object = full();
    object["metadata"] = json!({"generateName": "q-"});
    let answer = judge(&object, None, &all_five());
    let message = answer.denial.expect("the claim of the managed volume cannot fit").message;
    let expected = "claimName: Invalid value: \"-a\": claimName must not be set when size is set (auto-generated as \"q-xxxxx-a\")";
    assert!(message.contains(expected), "{message}");
    object["spec"]["model"]["storage"] = json!({});
    let stored = judge(&object, None, &all_five()).stored.expect("accepted");
    assert_eq!(stored["metadata"], json!({"generateName": "q-", "namespace": "default"}));
}
