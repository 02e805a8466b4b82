//! Where rules may stand, what their errors are about, and what keeps the server from running them.

use serde_json::{Value, json};

use super::{Kind, assert_none, definition};
use crate::cluster::Cluster;

fn rule(rule: &str) -> Value {
    json!([{"rule": rule}])
}

fn schema() -> Value {
    let text = json!({"type": "string", "maxLength": 30});
    json!({"type": "object", "required": ["must"],
    "x-kubernetes-validations": [
        {"rule": "self.must != 'a'", "message": "  must not be a\t"},
        {"rule": "self.must != 'b'", "message": "is b", "reason": "FieldValueForbidden"},
        {"rule": "self.must != 'b'", "message": "is b", "reason": "FieldValueRequired", "fieldPath": ".must"},
        {"rule": "self.must != 'b'", "message": "is b", "reason": "FieldValueDuplicate", "fieldPath": ".must"},
        {"rule": "self.must != 'b'", "message": "is b", "reason": "FieldValueInvalid", "fieldPath": ".deep.x"},
        {"rule": "self.must != 'b'", "fieldPath": ".map['key']"},
        {"rule": "self.must != 'b'", "fieldPath": "['x-y']"},
        {"rule": "self.must != 'c'", "messageExpression": "'is ' + self.must"},
        {"rule": "self.must != 'c'", "messageExpression": "self.list[5]", "message": "fallback"},
        {"rule": "self.must != 'c'", "messageExpression": "self.list[5]"},
        {"rule": "self.must != 'c'", "messageExpression": "'  '", "message": "empty"},
        {"rule": "self.must != 'c'", "messageExpression": "'a\\nb'", "message": "broken"},
        {"rule": "self.must != 'c'", "messageExpression": "' trimmed \\n'"},
        {"rule": "self.must != 'c'", "messageExpression": "'a\\tb'"},
        {"rule": "self.must != 'c'", "messageExpression": "'0123456789'.replace('', '0123456789').replace('', '0123456789').replace('', '0123456789')", "message": "long"},
        {"rule": "self.must != 'd' || self.list[9] == ''", "message": "with a message"},
        {"rule": "self.must != 'd' || self.list[9] == ''"},
        {"rule": "self.must != 'd' || self.deep.x == 'x'"},
        {"rule": "self.must != 'd' || int(self.must) == 1", "messageExpression": "'x'"}
    ],
    "properties": {
        "must": text, "x-y": text, "deep": {"type": "object", "properties": {"x": text}},
        "map": {"type": "object", "maxProperties": 5, "additionalProperties": {"type": "string", "maxLength": 30, "x-kubernetes-validations": rule("self != 'bad'")}},
        "list": {"type": "array", "maxItems": 5, "x-kubernetes-validations": rule("self.size() < 3"),
            "items": {"type": "string", "maxLength": 30, "x-kubernetes-validations": rule("self != 'bad'")}},
        "objects": {"type": "array", "maxItems": 5, "items": {"type": "object", "properties": {"v": {"type": "integer", "x-kubernetes-validations": rule("self > 0")}},
            "x-kubernetes-validations": [{"rule": "self.v < 10", "fieldPath": ".v", "reason": "FieldValueInvalid"}]}},
        "number": {"type": "number", "x-kubernetes-validations": [{"rule": "self < 1.5"}, {"rule": "self < 1.0", "reason": "FieldValueDuplicate"}]},
        "flag": {"type": "boolean", "x-kubernetes-validations": rule("self")},
        "either": {"x-kubernetes-int-or-string": true, "maxLength": 10, "x-kubernetes-validations": rule("self == 5 || self == '5'")},
        "maybe": {"type": "string", "nullable": true, "maxLength": 10, "x-kubernetes-validations": rule("self == 'x'")},
        "when": {"type": "string", "format": "date-time", "x-kubernetes-validations": rule("self < timestamp('2024-01-01T00:00:00Z')")},
        "kept": {"type": "object", "x-kubernetes-preserve-unknown-fields": true, "properties": {"a": text}, "x-kubernetes-validations": rule("!has(self.a) || self.a != '1'")},
        "small": {"type": "integer", "maximum": 5, "x-kubernetes-validations": rule("self < 3")},
        "choice": {"type": "string", "enum": ["a", "b"], "x-kubernetes-validations": rule("self == 'a'")},
        "short": {"type": "string", "maxLength": 3, "x-kubernetes-validations": rule("self == 'a'")},
        "shape": {"type": "string", "maxLength": 30, "pattern": "^[a-z]+$", "x-kubernetes-validations": rule("self == 'a'")},
        "set": {"type": "array", "maxItems": 5, "x-kubernetes-list-type": "set", "items": text, "x-kubernetes-validations": rule("self.size() == 1")},
        "embedded": {"type": "object", "x-kubernetes-embedded-resource": true, "x-kubernetes-preserve-unknown-fields": true,
            "x-kubernetes-validations": [{"rule": "self.metadata.name != 'bad' && self.kind == 'A'"}, {"rule": "self.metadata.generateName == ''"}]},
        "filled": {"type": "string", "maxLength": 10, "default": "seen", "x-kubernetes-validations": rule("self == 'seen'")}
    }})
}

fn objects() -> Vec<Value> {
    let plain = |name: &str, value: Value| {
        let mut object = json!({"must": "ok"});
        object[name] = value;
        object
    };
    vec![
        json!({"must": "ok"}),
        json!({"must": "a"}),
        json!({"must": "b"}),
        json!({"must": "c"}),
        json!({"must": "d"}),
        json!({}),
        plain("map", json!({"k": "bad"})),
        plain("list", json!(["bad", "ok", "bad"])),
        plain("objects", json!([{"v": 0}, {"v": 11}, {}])),
        plain("number", json!(2)),
        plain("number", json!(2.5)),
        plain("flag", json!(false)),
        plain("either", json!(6)),
        plain("either", json!("6")),
        plain("maybe", json!(null)),
        plain("maybe", json!("y")),
        plain("when", json!("2025-01-01T00:00:00Z")),
        plain("kept", json!({"a": "1", "b": {"c": [1]}})),
        plain("small", json!(4)),
        plain("small", json!(6)),
        plain("small", json!("x")),
        plain("choice", json!("b")),
        plain("choice", json!("c")),
        plain("short", json!("long")),
        plain("shape", json!("B")),
        plain("set", json!(["a", "b"])),
        plain("set", json!(["a", "a"])),
        plain("embedded", json!({"apiVersion": "v1", "kind": "A", "metadata": {"name": "bad"}})),
        plain("embedded", json!({"apiVersion": "v1", "kind": "B", "metadata": {"name": "x"}, "more": 1})),
        plain("embedded", json!({"kind": "A", "metadata": {"name": "x"}})),
        plain(
            "embedded",
            json!({"apiVersion": "v1", "kind": "A", "metadata": {"name": "A B", "labels": {"a b": "c"}}}),
        ),
        plain(
            "embedded",
            json!({"apiVersion": "a/b/c", "kind": "a_b", "metadata": {"name": "a/b", "namespace": "A"}}),
        ),
        plain("embedded", json!({"apiVersion": "", "kind": "", "metadata": {"finalizers": ["a b"]}})),
        plain("filled", json!("other")),
        plain("filled", json!(null)),
    ]
}

#[test]
fn errors_stand_where_the_server_puts_them() {
    let cluster = Cluster::shared();
    cluster.run(async {
        let kind = Kind::create(cluster, "celschemas", &definition::around(schema())).await;
        let mut differences = Vec::new();
        for object in objects() {
            for difference in kind.differences(&object, None).await {
                differences.push(format!("{object}\n  {difference}"));
            }
        }
        kind.remove().await;
        assert_none(&differences);
    });
}
