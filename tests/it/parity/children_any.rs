//! Settling and rendering of whatever is thrown at them: recorded objects with one member replaced by something else, and
//! specifications made up from the names that are read.

use kubectl_airunway::core::kind::model_deployment::provider::{
    self, ImageInput, PROVIDERS, Phase, Selection, StageError, stages,
};
use kubectl_airunway::core::kind::model_deployment::release::Release;
use kubectl_airunway::core::schema::DEPTH_LIMIT;
use proptest::prelude::*;
use serde_json::{Map, Number, Value, json};

use super::records;

/// Names that settling and rendering look for.
const NAMES: [&str; 62] = [
    "accessMode",
    "annotations",
    "args",
    "claimName",
    "configMapKeyRef",
    "containers",
    "contextLength",
    "count",
    "cpu",
    "decode",
    "divisor",
    "effect",
    "enablePrefixCaching",
    "enabled",
    "enforceEager",
    "engine",
    "env",
    "epp",
    "extraArgs",
    "fieldRef",
    "frontend",
    "gateway",
    "gpu",
    "host",
    "huggingFaceToken",
    "id",
    "image",
    "key",
    "labels",
    "memory",
    "metadata",
    "mode",
    "model",
    "mountPath",
    "name",
    "nodeSelector",
    "operator",
    "overrides",
    "podTemplate",
    "port",
    "prefill",
    "provider",
    "purpose",
    "readOnly",
    "replicas",
    "resourceFieldRef",
    "resources",
    "routerMode",
    "scaling",
    "secretKeyRef",
    "secrets",
    "servedName",
    "serving",
    "size",
    "source",
    "spec",
    "storage",
    "template",
    "tolerations",
    "type",
    "value",
    "volumes",
];
const TEXTS: [&str; 16] = [
    "",
    "vllm",
    "sglang",
    "trtllm",
    "llamacpp",
    "disaggregated",
    "modelCache",
    "huggingface",
    "custom",
    "1Gi",
    "-0.5e9Ki",
    "a/b:c@d",
    "--port=1",
    "é\u{2028}\"<",
    "-",
    "\u{0}",
];

fn scalar() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        (-2_i64..70).prop_map(Value::from),
        any::<f64>().prop_map(|float| Number::from_f64(float).map_or(Value::Null, Value::Number)),
        prop::sample::select(TEXTS.as_slice()).prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ]
}

fn anything() -> impl Strategy<Value = Value> {
    scalar().prop_recursive(6, 60, 6, |inner| {
        let name =
            prop_oneof![prop::sample::select(NAMES.as_slice()).prop_map(str::to_owned), any::<String>()];
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::Array),
            prop::collection::vec((name, inner), 0..8)
                .prop_map(|pairs| Value::Object(pairs.into_iter().collect::<Map<_, _>>())),
        ]
    })
}

/// Every place of a value, as JSON pointers.
fn places(value: &Value, at: &str, found: &mut Vec<String>) {
    found.push(at.to_owned());
    let escaped = |name: &str| name.replace('~', "~0").replace('/', "~1");
    match value {
        Value::Object(members) => {
            members.iter().for_each(|(name, value)| places(value, &format!("{at}/{}", escaped(name)), found))
        }
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(index, item)| places(item, &format!("{at}/{index}"), found))
        }
        _ => {}
    }
}

/// Takes an object through every shim and checks what always holds.
fn check(object: &Value) -> Result<(), TestCaseError> {
    for shim in PROVIDERS.iter().copied() {
        let settled = provider::settle(object, shim, Release::newest());
        let again = provider::settle(&settled, shim, Release::newest());
        prop_assert_eq!(&again, &settled, "settling twice changes something");
        let engine = object.pointer("/spec/engine/type").and_then(Value::as_str).unwrap_or("vllm");
        let selection = Selection {
            engine: Some(engine.to_owned()),
            provider: Some(shim.id().to_owned()),
            ..Default::default()
        };
        let stages = match stages(object, &selection, Release::newest(), &ImageInput::NotAsked) {
            Ok(stages) => stages,
            Err(StageError::Unreadable(_) | StageError::Paused) => continue,
            Err(error) => return Err(TestCaseError::fail(error.to_string())),
        };
        let outcome = &stages.outcome;
        let refusals = ["ProviderCompatible", "ResourceCreated"];
        let is_refused =
            outcome.conditions.iter().any(|it| refusals.contains(&it.kind.as_str()) && it.status == "False");
        prop_assert_eq!(outcome.phase == Phase::Failed, is_refused);
        for child in &outcome.children {
            prop_assert_eq!(&child["metadata"]["ownerReferences"][0]["kind"], "ModelDeployment");
            prop_assert!(
                shim.facts().child_of(child).is_some(),
                "{} does not say that it creates {}",
                shim.id(),
                child["kind"]
            );
        }
    }
    Ok(())
}

fn config() -> ProptestConfig {
    // The records are on disk already; a failing case is small enough to be read from the message.
    ProptestConfig { cases: 100, failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn recorded_objects_with_something_else_in_one_place(index in any::<prop::sample::Index>(), place in any::<prop::sample::Index>(), other in anything()) {
        let records = stored();
        let mut object = index.get(records).clone();
        let mut found = Vec::new();
        places(&object["spec"], "/spec", &mut found);
        if let Some(value) = object.pointer_mut(place.get::<String>(&found)) {
            *value = other;
        }
        check(&object)?;
    }

    #[test]
    fn made_up_specifications(spec in anything(), object in anything()) {
        check(&object)?;
        check(&json!({"metadata": {"name": "q"}, "spec": spec}))?;
        let mut members = Map::new();
        for name in ["model", "engine", "scaling", "resources", "env", "provider"] {
            members.insert(name.to_owned(), spec.get(name).or_else(|| spec.get(0)).cloned().unwrap_or(Value::Null));
        }
        check(&json!({"metadata": {"name": "q"}, "spec": members}))?;
    }
}

fn stored() -> &'static [Value] {
    static STORED: std::sync::LazyLock<Vec<Value>> = std::sync::LazyLock::new(|| {
        records::children().iter().map(|record| record["stored"].clone()).collect()
    });
    &STORED
}

/// The program judges on its main thread; threads of tests have a quarter of its stack.
const MAIN_STACK: usize = 8 << 20;

#[test]
fn overrides_as_deep_as_admission_lets_through() {
    let run = || {
        let nested = (0..DEPTH_LIMIT).fold(json!({}), |inner, _| json!({ "spec": inner }));
        let spec = json!({"provider": {"overrides": nested}, "resources": {"gpu": {"count": 1}}});
        check(&json!({"metadata": {"name": "q"}, "spec": spec})).expect("it is rendered or refused");
    };
    let thread = std::thread::Builder::new().stack_size(MAIN_STACK).spawn(run).expect("a thread");
    thread.join().expect("it ends");
}
