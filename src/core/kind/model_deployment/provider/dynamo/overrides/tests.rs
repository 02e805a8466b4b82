use super::*;
use crate::core::kind::model_deployment::object::ProviderRef;
use serde_json::json;

fn read(overrides: Value) -> Result<Overrides, String> {
    let mut deployment = ModelDeployment::default();
    deployment.spec.provider = Some(ProviderRef { overrides: Some(overrides), ..Default::default() });
    Overrides::read(&deployment).map_err(|error| error.to_string())
}

/// Held against Go 1.26's `encoding/json`.
#[test]
fn wrong_types_are_refused_in_the_words_of_go() {
    for (overrides, expected) in [
        (json!({"routerMode": 1}), "number into Go struct field DynamoOverrides.routerMode of type string"),
        (json!({"epp": []}), "array into Go struct field DynamoOverrides.epp of type dynamo.EPPOverrides"),
        (json!({"EPP": {"Image": 5}}), "number into Go struct field EPPOverrides.epp.image of type string"),
        (
            json!({"frontend": {"resources": {"cpu": 1}}}),
            "number into Go struct field ResourceOverrides.frontend.resources.cpu of type string",
        ),
        (
            json!({"frontend": {"replicas": 1.5}}),
            "number 1.5 into Go struct field FrontendOverrides.frontend.replicas of type int32",
        ),
    ] {
        let text = read(overrides.clone()).map(|_| ()).expect_err("it is refused");
        let expected = format!("failed to unmarshal overrides: json: cannot unmarshal {expected}");
        assert_eq!(text, expected, "{overrides}");
    }
}

/// Sorted, upper case comes first: `EPP`, `Epp`, `epp`.
#[test]
fn of_two_spellings_the_last_in_order_counts_member_by_member() {
    let both =
        json!({"epp": {"Image": null, "x": 1}, "Epp": {"image": "a", "replicas": 3}, "ROUTERMODE": "kv"});
    let overrides = read(both).expect("it is read");
    assert_eq!(overrides.text("/epp/image"), Some("a"), "null leaves a text as it is");
    assert_eq!(overrides.replicas("/epp/replicas"), Some(3));
    assert_eq!(overrides.text("/routerMode"), Some("kv"));
    let other =
        read(json!({"epp": {"image": "low"}, "EPP": {"image": "HIGH", "replicas": 2}})).expect("it is read");
    assert_eq!((other.text("/epp/image"), other.replicas("/epp/replicas")), (Some("low"), Some(2)));
}

#[test]
fn null_empties_what_is_behind_a_pointer() {
    let number =
        read(json!({"Epp": {"replicas": 3, "image": "a"}, "epp": {"replicas": null}})).expect("it is read");
    assert_eq!((number.replicas("/epp/replicas"), number.text("/epp/image")), (None, Some("a")));
    let whole = read(json!({"EPP": {"image": "a", "replicas": 3}, "Epp": null, "epp": {"replicas": 2}}));
    let whole = whole.expect("it is read");
    assert_eq!((whole.replicas("/epp/replicas"), whole.text("/epp/image")), (Some(2), None));
    assert!(read(json!({"epp": null})).is_ok_and(|overrides| overrides.text("/epp/image").is_none()));
}

#[test]
fn a_wrong_type_counts_in_either_spelling() {
    for wrong in [json!({"Epp": 5, "epp": {}}), json!({"Epp": {}, "epp": 5})] {
        let text = read(wrong).map(drop).expect_err("it is refused");
        let expected = "number into Go struct field DynamoOverrides.epp of type dynamo.EPPOverrides";
        assert_eq!(text, format!("failed to unmarshal overrides: json: cannot unmarshal {expected}"));
    }
}
