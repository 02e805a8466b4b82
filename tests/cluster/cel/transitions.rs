//! Rules about a change, and errors that pass because nothing changed.

use serde_json::{Value, json};

use super::{Kind, assert_none, definition};
use crate::cluster::Cluster;

fn text(rules: Value) -> Value {
    json!({"type": "string", "maxLength": 20, "x-kubernetes-validations": rules})
}

/// The schema without and with its rules.
fn schema(with_rules: bool) -> Value {
    let rules = |rules: Value| if with_rules { rules } else { json!([]) };
    let immutable = rules(json!([{"rule": "self == oldSelf", "message": "immutable"}]));
    let never_bad = rules(json!([{"rule": "!self.startsWith('bad')"}]));
    let entry = json!({"type": "object", "required": ["k"], "properties": {"k": {"type": "string", "maxLength": 20}, "v": text(immutable.clone()), "w": text(never_bad.clone())},
        "x-kubernetes-validations": rules(json!([{"rule": "!has(oldSelf.v) || has(self.v)"}, {"rule": "!has(self.w) || self.w != 'badder'"}]))});
    json!({"type": "object",
    "x-kubernetes-validations": rules(json!([
        {"rule": "!has(oldSelf.once) || has(self.once)", "message": "once may not go"},
        {"rule": "!oldSelf.hasValue() || oldSelf.value().?once.orValue('') != 'locked' || self.?once.orValue('') == 'locked'", "optionalOldSelf": true, "message": "locked"},
        {"rule": "oldSelf.hasValue() ? true : !has(self.later)", "optionalOldSelf": true, "message": "later only on update"},
        {"rule": "oldSelf.optMap(o, has(o.number) ? o.number : 0).orValue(0) <= (has(self.number) ? self.number : 0)", "optionalOldSelf": true, "messageExpression": "oldSelf.hasValue() ? 'was less or more' : 'new'"},
        {"rule": "!has(self.atomic) || !self.atomic.exists(x, x == 'bad')"},
        {"rule": "self.?plain.orValue('') != 'badroot'"},
    ])),
    "properties": {
        "once": text(immutable.clone()), "later": text(json!([])), "number": {"type": "integer"}, "plain": text(never_bad.clone()),
        "atomic": {"type": "array", "maxItems": 5, "items": text(never_bad.clone())},
        "changed": {"type": "array", "maxItems": 5, "items": text(json!([])), "x-kubernetes-validations": rules(json!([{"rule": "self.size() >= oldSelf.size()"}]))},
        "set": {"type": "array", "maxItems": 5, "x-kubernetes-list-type": "set", "items": text(json!([])), "x-kubernetes-validations": rules(json!([{"rule": "oldSelf.all(x, x in self)"}, {"rule": "self == oldSelf || self.size() > 1"}]))},
        "entries": {"type": "array", "maxItems": 5, "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["k"], "items": entry,
            "x-kubernetes-validations": rules(json!([{"rule": "self == oldSelf || self.size() < 5"}]))},
        "plainentries": {"type": "array", "maxItems": 5, "items": {"type": "object", "properties": {"k": text(json!([])), "v": text(json!([])), "w": text(never_bad.clone())}}},
        "map": {"type": "object", "maxProperties": 5, "additionalProperties": text(immutable.clone())},
        "object": {"type": "object", "properties": {"a": text(immutable), "b": text(never_bad.clone())},
            "x-kubernetes-validations": rules(json!([{"rule": "!has(self.b) || self.b != 'badobject'"}]))},
        "maybe": {"type": "string", "nullable": true, "maxLength": 10, "x-kubernetes-validations": rules(json!([{"rule": "self == oldSelf"}]))},
        "type": {"type": "string", "maxLength": 10, "x-kubernetes-validations": rules(json!([{"rule": "self != 'canary'"}]))}
    }})
}

/// What is stored, and what would replace it.
fn changes() -> Vec<(Value, Vec<Value>)> {
    let entry = |k: &str, v: &str, w: &str| json!({"k": k, "v": v, "w": w});
    vec![
        (
            json!({"once": "a"}),
            vec![json!({"once": "a"}), json!({"once": "b"}), json!({}), json!({"once": "a", "later": "x"})],
        ),
        (json!({"once": "locked"}), vec![json!({"once": "locked"}), json!({"once": "free"}), json!({})]),
        (
            json!({}),
            vec![json!({"once": "x"}), json!({"later": "x"}), json!({"number": -1}), json!({"plain": "bad"})],
        ),
        (json!({"number": 5}), vec![json!({"number": 4}), json!({"number": 6}), json!({})]),
        (
            json!({"plain": "bad1"}),
            vec![json!({"plain": "bad1"}), json!({"plain": "bad2"}), json!({"plain": "bad1", "once": "x"})],
        ),
        (
            json!({"plain": "badroot"}),
            vec![json!({"plain": "badroot"}), json!({"plain": "badroot", "once": "x"})],
        ),
        (
            json!({"atomic": ["bad", "b"]}),
            vec![
                json!({"atomic": ["bad", "b"]}),
                json!({"atomic": ["bad", "c"]}),
                json!({"atomic": ["b", "bad"], "once": "x"}),
            ],
        ),
        (json!({"changed": ["a", "b"]}), vec![json!({"changed": ["b", "a"]}), json!({"changed": ["a"]})]),
        (
            json!({"set": ["a", "b"]}),
            vec![json!({"set": ["b", "a"]}), json!({"set": ["a", "c"]}), json!({"set": ["a"]})],
        ),
        (
            json!({"entries": [entry("a", "1", "bad1"), entry("b", "2", "fine")]}),
            vec![
                json!({"entries": [entry("b", "2", "fine"), entry("a", "1", "bad1")]}),
                json!({"entries": [entry("a", "9", "bad1"), entry("b", "2", "bad2")]}),
                json!({"entries": [entry("a", "1", "bad1"), entry("b", "2", "bad2"), entry("c", "3", "bad3")]}),
                json!({"entries": [{"k": "a"}, entry("b", "2", "badder")]}),
            ],
        ),
        (
            json!({"plainentries": [entry("a", "1", "bad1"), entry("b", "2", "fine")]}),
            vec![
                json!({"plainentries": [entry("a", "1", "bad1"), entry("b", "3", "fine")]}),
                json!({"plainentries": [entry("a", "1", "bad1"), entry("b", "2", "fine")], "once": "x"}),
            ],
        ),
        (
            json!({"map": {"a": "1", "b": "2"}}),
            vec![json!({"map": {"a": "1", "b": "3"}}), json!({"map": {"a": "1", "c": "3"}})],
        ),
        (
            json!({"object": {"a": "1", "b": "badobject"}}),
            vec![
                json!({"object": {"a": "1", "b": "badobject"}}),
                json!({"object": {"a": "2", "b": "badobject"}}),
                json!({"object": {"b": "badobject"}}),
            ],
        ),
        (json!({"maybe": null}), vec![json!({"maybe": "x"}), json!({"maybe": null})]),
        (json!({"maybe": "x"}), vec![json!({"maybe": "y"}), json!({"maybe": null})]),
    ]
}

#[test]
fn changes_are_judged_as_by_the_server() {
    let cluster = Cluster::shared();
    cluster.run(async {
        let mut kind = Kind::create(cluster, "celtransitions", &definition::around(schema(false))).await;
        let mut stored = Vec::new();
        for (index, (old, replacements)) in changes().into_iter().enumerate() {
            let old = kind.store(&format!("o{index}"), &old).await;
            stored.push((old, replacements));
        }
        kind.replace(&definition::around(schema(true)), &json!({"type": "canary"})).await;
        let mut differences = Vec::new();
        for (old, replacements) in &stored {
            for replacement in replacements {
                for difference in kind.differences(replacement, Some(old)).await {
                    differences.push(format!("{} becomes {replacement}\n  {difference}", old["spec"]));
                }
            }
            for difference in kind.differences(&old["spec"], None).await {
                differences.push(format!("{} is new\n  {difference}", old["spec"]));
            }
        }
        kind.remove().await;
        assert_none(&differences);
    });
}

#[test]
fn the_resource_itself_is_judged_as_by_the_server() {
    let schema = |with_rules: bool| {
        let text = json!({"type": "string", "maxLength": 20});
        let spec = json!({"type": "object", "properties": {"a": text, "b": text, "c": text}});
        let rules = json!([
            {"rule": "self.metadata.name.startsWith('o')", "messageExpression": "'name ' + self.metadata.name"},
            {"rule": "has(self.spec)", "message": "spec is needed"},
            {"rule": "!has(self.spec.a) || self.spec.a != self.metadata.name", "fieldPath": ".spec.a"},
            {"rule": "!has(self.metadata.generateName)", "message": "no generateName"},
            {"rule": "self.kind == 'Celroot' && self.apiVersion == 'test.example.com/v1'"},
            {"rule": "self.spec.b == oldSelf.spec.b", "message": "b is immutable"},
            {"rule": "self == oldSelf || self.spec.a != 'fixed'", "message": "fixed"},
            {"rule": "self.metadata == oldSelf.metadata"},
            {"rule": "self.spec.c != 'canary'", "message": "canary"},
        ]);
        let mut schema = definition::around(spec);
        if with_rules {
            schema["x-kubernetes-validations"] = rules;
        }
        schema
    };
    let cluster = Cluster::shared();
    cluster.run(async {
        let mut kind = Kind::create(cluster, "celroots", &schema(false)).await;
        let mut stored = Vec::new();
        for (name, spec) in [
            ("o1", json!({"a": "x", "b": "1", "c": "y"})),
            ("p2", json!({"a": "p2", "b": "1", "c": "y"})),
            ("o3", json!({"a": "o3"})),
            ("o4", json!({"a": "fixed", "b": "1", "c": "canary"})),
        ] {
            stored.push(kind.store(name, &spec).await);
        }
        kind.replace(&schema(true), &json!({"c": "canary"})).await;
        let mut differences = Vec::new();
        let specs = [
            json!({"a": "x", "b": "1", "c": "y"}),
            json!({"a": "x", "b": "2", "c": "y"}),
            json!({"a": "o3"}),
            json!({"a": "p2", "b": "1", "c": "y"}),
            json!({"a": "fixed", "b": "1", "c": "canary"}),
            json!({}),
            Value::Null,
        ];
        for spec in &specs {
            for old in stored.iter().map(Some).chain([None]) {
                for difference in kind.differences(spec, old).await {
                    let old = old.map(|old| old["spec"].clone());
                    differences.push(format!("{old:?} becomes {spec}\n  {difference}"));
                }
            }
        }
        kind.remove().await;
        assert_none(&differences);
    });
}
