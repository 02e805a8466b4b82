use super::*;
use serde_json::json;

fn pruned(schema: &Value, object: Value) -> (Value, Vec<String>) {
    let mut object = object;
    let unknown = prune(&mut object, &Schema::compile(schema).expect("a valid schema"));
    (object, unknown)
}

#[test]
fn drops_and_reports_what_the_schema_does_not_know() {
    let schema = json!({"type": "object", "properties": {
    "spec": {"type": "object", "properties": {
        "list": {"type": "array", "items": {"type": "object", "properties": {"a": {"type": "string"}}}},
        "map": {"type": "object", "additionalProperties": {"type": "object", "properties": {"x": {}}}},
        "free": {"type": "object", "x-kubernetes-preserve-unknown-fields": true, "properties": {
            "known": {"type": "object", "properties": {"k": {"type": "string"}}}}},
        "template": {"type": "object", "x-kubernetes-embedded-resource": true, "properties": {"spec": {"type": "object"}}}
    }}}});
    let (object, unknown) = pruned(
        &schema,
        json!({"apiVersion": "v", "kind": "K", "metadata": {"name": "n"}, "odd": 1, "spec": {
            "list": [{"a": "1", "b": 2}, {"c": {"d": 1}}],
            "map": {"m": {"x": {"deep": 1}, "y": 1}},
            "free": {"anything": {"goes": [1]}, "known": {"k": "1", "l": 2}},
            "template": {"kind": "T", "metadata": {"x": 1}, "spec": {"gone": 1}}
        }}),
    );
    assert_eq!(
        unknown,
        [
            "odd",
            "spec.free.known.l",
            "spec.list[0].b",
            "spec.list[1].c",
            "spec.map.m.x.deep",
            "spec.map.m.y",
            "spec.template.spec.gone"
        ]
    );
    assert_eq!(
        object,
        json!({"apiVersion": "v", "kind": "K", "metadata": {"name": "n"}, "spec": {
            "list": [{"a": "1"}, {}],
            "map": {"m": {"x": {}}},
            "free": {"anything": {"goes": [1]}, "known": {"k": "1"}},
            "template": {"kind": "T", "metadata": {"x": 1}, "spec": {}}
        }})
    );
}

#[test]
fn drops_nulls_that_may_not_be() {
    let schema = json!({"type": "object", "additionalProperties": {"type": "string"}, "properties": {
        "plain": {"type": "string"}, "nullable": {"type": "string", "nullable": true},
        "defaulted": {"type": "string", "default": "x"}, "list": {"type": "array", "items": {"type": "string"}}}});
    let mut object =
        json!({"plain": null, "nullable": null, "defaulted": null, "list": [null], "more": null});
    prune(&mut object, &Schema::compile(&schema).expect("a valid schema"));
    assert_eq!(object, json!({"nullable": null, "defaulted": null, "list": [null]}));
}
