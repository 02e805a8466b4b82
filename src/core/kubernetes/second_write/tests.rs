use super::*;
use serde_json::json;

fn live(manager: &str, operation: &str, fields: Value) -> Value {
    json!({
        "metadata": {
            "annotations": {"a.b/c": "x", "kubectl.kubernetes.io/last-applied-configuration": "{}"},
            "managedFields": [
                {"manager": manager, "operation": operation, "fieldsV1": fields},
                {"manager": manager, "operation": operation, "subresource": "status", "fieldsV1": {"f:status": {"f:phase": {}}}},
            ],
        },
        "spec": {
            "scaling": {"replicas": 3},
            "engine": {"args": {"max-num-seqs": "4"}},
            "env": [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}, {"name": "C", "value": "3"}],
            "gone": {},
        },
        "status": {"phase": "Running"},
    })
}

fn fields() -> Value {
    json!({
        "f:metadata": {"f:annotations": {".": {}, "f:a.b/c": {}, "f:kubectl.kubernetes.io/last-applied-configuration": {}}},
        "f:spec": {
            "f:scaling": {"f:replicas": {}},
            "f:engine": {"f:args": {".": {}, "f:max-num-seqs": {}}},
            "f:env": {
                "k:{\"name\":\"A\"}": {".": {}, "f:name": {}, "f:value": {}},
                "k:{\"name\":\"B\"}": {".": {}, "f:name": {}, "f:value": {}},
            },
            "f:gone": {},
            "f:elsewhere": {},
        },
    })
}

fn paths(found: &[Unsaid]) -> Vec<String> {
    found.iter().map(|field| format!("{} {}", field.path, shown(&field.was))).collect()
}

#[test]
fn what_is_no_longer_said_goes_with_what_takes_its_place() {
    let live = live("ours", "Apply", fields());
    let applied =
        json!({"metadata": {"annotations": {"a.b/c": "y"}}, "spec": {"env": [{"name": "A", "value": "9"}]}});
    let stored = json!({"spec": {"scaling": {"replicas": 1}, "env": [{"name": "A", "value": "9"}]}});
    let found = removed(&live, &applied, &stored, "ours");
    assert_eq!(
        paths(&found),
        [
            "spec.scaling.replicas 3",
            "spec.engine.args.max-num-seqs 4",
            "spec.env[B] {\"name\":\"B\",\"value\":\"2\"}"
        ]
    );
    assert_eq!(found[0].becomes, Some(json!(1)));
    assert_eq!(found[2].becomes, None);
}

#[test]
fn what_another_manager_holds_or_a_default_keeps_is_not_removed() {
    let object = live("ours", "Apply", fields());
    assert_eq!(removed(&object, &json!({}), &object, "ours"), [], "it stays in what is stored");
    assert_eq!(removed(&object, &json!({}), &json!({}), "theirs"), []);
    assert_eq!(removed(&live("ours", "Update", fields()), &json!({}), &json!({}), "ours"), []);
}

#[test]
fn fields_of_kubectl_stay_and_a_patch_drops_them() {
    let object = live("kubectl-client-side-apply", "Update", fields());
    let applied = json!({"metadata": {"annotations": {"a.b/c": "y"}}, "spec": {"engine": {"args": {"max-num-seqs": "8"}}}});
    // The API server stores defaults under the name of whoever creates the object.
    let fresh = json!({"spec": {"scaling": {"replicas": 3}}});
    let found = left_behind(&object, &applied, &fresh);
    assert_eq!(
        paths(&found),
        [r#"spec.env[A] {"name":"A","value":"1"}"#, r#"spec.env[B] {"name":"B","value":"2"}"#]
    );
    assert_eq!(
        removal(&found),
        json!([{"op": "remove", "path": "/spec/env/1"}, {"op": "remove", "path": "/spec/env/0"}])
    );
}

#[test]
fn entries_of_a_list_that_is_replaced_as_a_whole_are_named() {
    let fields = json!({"f:spec": {"f:env": {}, "f:extraArgs": {}}});
    let live = json!({
        "metadata": {"managedFields": [{"manager": "ours", "operation": "Apply", "fieldsV1": fields}]},
        "spec": {"env": [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}], "extraArgs": ["--x", "--y"]},
    });
    let applied = json!({"spec": {"env": [{"name": "A", "value": "9"}], "extraArgs": ["--y"]}});
    let found = removed(&live, &applied, &applied, "ours");
    assert_eq!(paths(&found), [r#"spec.env[B] {"name":"B","value":"2"}"#, r#"spec.extraArgs ["--x"]"#]);
    assert_eq!(removed(&live, &live, &live, "ours"), []);
    let none = removed(&live, &json!({}), &json!({}), "ours");
    assert_eq!(
        none.iter().map(|field| field.path.as_str()).collect::<Vec<_>>(),
        ["spec.env[A]", "spec.env[B]", "spec.extraArgs"]
    );
}
