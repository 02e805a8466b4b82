use super::*;
use serde_json::json;

fn operator() -> &'static Operator {
    operators().next().expect("an operator")
}

fn read(texts: &[&str]) -> Result<OperatorValues, Unknown> {
    let mut values = OperatorValues::default();
    for text in texts {
        values.add(text, &Origin::Flag)?;
    }
    Ok(values)
}

#[test]
fn a_value_is_taken_with_and_without_the_prefix_and_an_empty_one_is_a_value() {
    let values =
        read(&["otterscale:kit-image=", "provider=gke", "metrics-endpoint-auth=0"]).expect("known keys");
    assert_eq!(values.get(operator(), "kit-image"), Some(""));
    assert_eq!(values.get(operator(), "provider"), Some("gke"));
    assert_eq!(values.get(operator(), "metrics-endpoint-auth"), Some("false"));
    assert_eq!(values.get(operator(), "tracing-sampler-arg"), Some("0.01"), "the default");
    let told = values.told(operator());
    let of = |key: &str| told.iter().find(|told| told.key == key).expect("told");
    assert_eq!(of("kit-image").origin, Origin::Flag);
    assert_eq!(of("tracing-enabled").origin, Origin::Assumed);
}

#[test]
fn what_is_not_known_is_refused_with_the_nearest() {
    for (text, message, hint) in [
        ("kit-imag=x", "\"kit-imag\" is no input of", "did you mean kit-image?"),
        (
            "otterscal:kit-image=x",
            "no operator is called \"otterscal\"",
            "did you mean otterscale:kit-image?",
        ),
        ("kit-image", "\"kit-image\" has no value", "write kit-image=VALUE; kit-image= is the empty value"),
        ("provider=isto", "provider is not \"isto\"", "provider is one of istio, gke, none"),
        (
            "tracing-enabled=yes",
            "tracing-enabled is not \"yes\"",
            "write tracing-enabled=true or tracing-enabled=false",
        ),
    ] {
        let unknown = read(&[text]).expect_err(text);
        assert!(unknown.message.starts_with(message), "{}", unknown.message);
        assert_eq!(unknown.hint, hint);
    }
    assert!(read(&["kit-image=a", "kit-image=b"]).is_err());
    assert!(read(&["kit-image=a", "kit-image=a"]).is_ok());
}

#[test]
fn a_deployment_says_what_its_manager_was_started_with() {
    let deployment = json!({"kind": "Deployment", "metadata": {"name": "x"}, "spec": {"template": {"spec": {"containers": [
        {"name": "other", "image": "a/b:c", "args": ["--kit-image=wrong"]},
        {"name": "manager", "image": "ghcr.io/otterscale/model-operator:v1.0.2@sha256:0", "args": [
            "--leader-elect", "--provider", "none", "--kit-image=a", "--kit-image=", "--tracing-enabled", "--health=x"]},
    ]}}}});
    let origin = Origin::File("manager.yaml".to_owned());
    let Ok(FromManifest::Values(mut values)) = OperatorValues::of_document(&deployment, &origin) else {
        panic!("no values")
    };
    for (key, value) in [
        ("provider", "none"),
        ("kit-image", ""),
        ("tracing-enabled", "true"),
        ("metrics-endpoint-auth", "true"),
    ] {
        assert_eq!(values.get(operator(), key), Some(value), "{key}");
    }
    let mut flags = read(&["provider=gke"]).expect("a known key");
    flags.fill(values.clone());
    assert_eq!(flags.get(operator(), "provider"), Some("gke"), "a flag counts before a file");
    assert_eq!(flags.get(operator(), "tracing-enabled"), Some("true"));
    values.fill(read(&["provider=gke"]).expect("a known key"));
    assert_eq!(values.get(operator(), "provider"), Some("none"));
}

#[test]
fn a_mapping_is_read_and_other_objects_say_nothing() {
    let origin = Origin::File("x".to_owned());
    let read = |document| OperatorValues::of_document(&document, &origin);
    let Ok(FromManifest::Values(values)) = read(json!({"tracing-enabled": true, "kit-image": null})) else {
        panic!("no values")
    };
    assert_eq!(values.get(operator(), "tracing-enabled"), Some("true"));
    assert_eq!(values.get(operator(), "kit-image"), Some(""));
    assert!(read(json!({"kit-imag": "x"})).is_err());
    assert_eq!(read(json!({"kind": "Service"})), Ok(FromManifest::Nothing));
}

#[test]
fn what_is_assumed_is_one_line() {
    let none = OperatorValues::default().assumption(operator(), "v1.0.1").expect("a line");
    assert!(none.ends_with("assumed to be v1.0.1 and started with its defaults"), "{none}");
    let mut values = OperatorValues::default();
    for input in operator().inputs.iter().skip(1) {
        let text = format!("{}={}", input.key, input.default.unwrap_or("v9"));
        values.add(&text, &Origin::Flag).expect("its own default");
    }
    let some = values.assumption(operator(), "v1.0.1").expect("a line");
    assert!(some.ends_with("the defaults are assumed for default-engine-image"), "{some}");
}
