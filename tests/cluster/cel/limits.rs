//! Rules that cost more than the server allows.

use serde_json::{Value, json};

use super::{Kind, assert_none, definition};
use crate::cluster::Cluster;

/// Members whose rules the server's estimate lets pass, although a long value costs too much: their lists say nothing
/// of how long they may be, so that the estimate goes by the size of a request.
fn schema() -> Value {
    let list = |rules: Value| json!({"type": "array", "maxItems": 4000, "items": {"type": "integer"}, "x-kubernetes-validations": rules});
    json!({"type": "object", "properties": {
        "within": list(json!([{"rule": "self.all(x, x >= 0)"}])),
        "edge": list(json!([{"rule": "self.all(x, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10].all(y, [1, 2, 3].all(z, x + y + z >= 0)))"}, {"rule": "self.size() < 2"}])),
        "message": list(json!([{"rule": "self.size() < 5", "messageExpression": "string(self.map(x, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10].map(y, [1, 2, 3].map(z, x + y + z))).size())"}, {"rule": "self.size() < 2"}])),
        "many": {"type": "array", "maxItems": 36, "items": list(json!([{"rule": "self.all(x, [1, 2, 3, 4, 5, 6, 7].all(y, x + y >= 0))"}]))}
    }})
}

fn numbers(count: usize) -> Value {
    (0..count).map(Value::from).collect()
}

#[test]
fn the_cost_limits_are_those_of_the_server() {
    let cluster = Cluster::shared();
    cluster.run(async {
        let kind = Kind::create(cluster, "cellimits", &definition::around(schema())).await;
        let mut differences = Vec::new();
        let mut ask = async |spec: Value, what: String| {
            for difference in kind.differences(&spec, None).await {
                differences.push(format!("{what}\n  {difference}"));
            }
        };
        for count in [1, 4000] {
            ask(json!({"within": numbers(count)}), format!("within {count}")).await;
        }
        for count in [1000, 4000] {
            ask(json!({"edge": numbers(count)}), format!("edge {count}")).await;
            ask(json!({"message": numbers(count)}), format!("message {count}")).await;
        }
        for lists in [5, 36] {
            let many: Vec<Value> = (0..lists).map(|_| numbers(3500)).collect();
            ask(json!({"many": many}), format!("many {lists}")).await;
        }
        kind.remove().await;
        assert_none(&differences);
    });
}
