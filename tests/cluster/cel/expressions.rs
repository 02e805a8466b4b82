//! Expressions over every type and function: the value of each, as the server prints it.

use std::path::Path;

use serde_json::{Value, json};

use super::{Kind, assert_none, definition};
use crate::cluster::Cluster;

/// A rule that fails as soon as the expression has a value, and then says which; the number tells the rules apart.
fn telling(number: usize, expression: &str) -> Value {
    json!({"rule": format!("!optional.of({expression}).hasValue()"),
        "messageExpression": format!("'#{number} %s'.format([dyn({expression})])")})
}

/// A rule that tells whether the expression is true, and every error.
fn asking(expression: &str) -> Value {
    json!({"rule": expression})
}

/// The expressions of a file of `tests/fixtures/cel`.
fn expressions(file: &str) -> Vec<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/cel").join(file);
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    text.lines().filter(|line| !line.starts_with('#')).map(str::to_owned).collect()
}

fn objects() -> Vec<Value> {
    vec![
        json!({"s": "Hello World", "i": 7, "n": 2.5, "b": true, "l": ["b", "a", "c", "a"], "li": [3, 1, 2], "ln": [1.5, 2.0],
            "lo": [{"k": "x", "v": 1}, {"k": "y"}], "set": ["p", "q"], "set2": ["q", "p"], "m": {"k1": "v1", "k2": "v2"},
            "mo": {"a": {"v": 1}, "b": {}}, "o": {"a": "x", "b": {"c": 5}}, "ios": 5, "ios2": "50%",
            "dt": "2024-02-29T12:34:56.789Z", "da": "2024-02-29", "du": "1h30m", "by": "aGVsbG8=", "nul": null, "ml": {"a": null, "b": "x"},
            "pu": {"known": "k", "other": 1},
            "er": {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "cm", "labels": {"a": "b"}}, "data": {"k": "v"}},
            "namespace": "ns", "x-y": "dash", "a.b": "dot", "c__d": "under", "e/f": "slash", "ips": ["10.0.0.1", "192.168.1.0/24", "::1"]}),
        json!({"s": "", "i": -1, "n": 3, "b": false, "l": [], "li": [], "ln": [], "lo": [], "set": [], "m": {}, "mo": {}, "o": {},
            "ios": "abc", "ios2": 3, "du": "2 days", "dt": "2024-02-29T23:00:00+02:00"}),
        json!({"s": "héllo wörld 日本", "i": 9_223_372_036_854_775_807_i64, "n": 1e21, "li": [1, 1, 2], "ios": "1Gi", "ios2": 1,
            "l": ["x", "y", "z"], "set": ["a"], "m": {"a": "1", "b": "2"}, "ips": ["a", "b"]}),
        json!({}),
    ]
}

#[test]
fn values_are_those_of_the_server() {
    let cluster = Cluster::shared();
    cluster.run(async {
        let rules: Vec<Value> = expressions("values.txt")
            .iter()
            .enumerate()
            .map(|(number, expression)| telling(number, expression))
            .collect();
        let kind = Kind::create(cluster, "celvalues", &definition::every_type(rules)).await;
        let mut differences = Vec::new();
        for object in objects() {
            differences.extend(kind.differences(&object, None).await);
        }
        kind.remove().await;
        assert_none(&differences);
    });
}

#[test]
fn questions_are_answered_as_by_the_server() {
    let cluster = Cluster::shared();
    cluster.run(async {
        let rules: Vec<Value> =
            expressions("questions.txt").iter().map(|expression| asking(expression)).collect();
        let kind = Kind::create(cluster, "celquestions", &definition::every_type(rules)).await;
        let mut differences = Vec::new();
        for object in objects() {
            differences.extend(kind.differences(&object, None).await);
        }
        kind.remove().await;
        assert_none(&differences);
    });
}
