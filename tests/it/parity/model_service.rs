//! ModelService against what a real model operator did on a real API server (`tests/fixtures/model_service`).

use super::records::read_below;
use kubectl_airunway::core::api_server::custom::Request;
use kubectl_airunway::core::kind::judge::{Children, Foresight, Judge};
use kubectl_airunway::core::kind::operator::{OperatorValues, Origin};
use kubectl_airunway::core::kind::{self, Kind};
use serde_json::{Value, json};

/// The sets of flags that the operator was started with.
const FLAGS: [(&str, &[&str]); 3] = [
    ("default", &[]),
    (
        "changed",
        &[
            "kit-image=registry.example.com/kit:e4",
            "default-engine-image=registry.example.com/engine:e1",
            "default-epp-image=registry.example.com/epp:e2",
            "default-routing-proxy-image=registry.example.com/proxy:e3",
            "default-gateway-name=other-gateway",
            "provider=none",
            "metrics-endpoint-auth=false",
            "tracing-enabled=true",
            "tracing-otel-endpoint=http://otel.example.com:4317",
            "tracing-sampler=always_on",
            "tracing-sampler-arg=0.5",
            "version=v2.0.0-rc.1",
        ],
    ),
    (
        "minimal",
        &[
            "kit-image=",
            "default-gateway-name=",
            "provider=gke",
            "tracing-enabled=true",
            "tracing-sampler=",
            "tracing-sampler-arg=",
            "version=",
        ],
    ),
];

fn kind_of_service() -> &'static dyn Kind {
    let object = json!({"apiVersion": "model.otterscale.io/v1alpha1", "kind": "ModelService"});
    kind::of(&object).expect("a followed kind")
}

fn judge(flags: &[&str]) -> Box<dyn Judge> {
    let mut values = OperatorValues::default();
    flags.iter().for_each(|flag| values.add(flag, &Origin::Flag).expect("a flag of the operator"));
    let kind = kind_of_service();
    let release = kind.product().newest().expect("a release");
    kind.judge_operated(release, Vec::new(), &values)
}

/// Without what the recording leaves out.
fn comparable(value: &Value) -> Value {
    let clean = |member: &Value| match member {
        Value::Object(_) | Value::Array(_) => comparable(member),
        scalar => scalar.clone(),
    };
    match value {
        Value::Object(members) => members
            .iter()
            .filter(|(name, member)| {
                let is_empty = member.as_object().is_some_and(|members| members.is_empty());
                let is_written_by_go = matches!(name.as_str(), "resources" | "strategy") && is_empty;
                !member.is_null() && !is_written_by_go && *name != "finalizers"
            })
            .map(|(name, member)| (name.clone(), clean(member)))
            .collect(),
        Value::Array(items) => items.iter().map(clean).collect(),
        scalar => scalar.clone(),
    }
}

fn stored(judge: &dyn Judge, object: &Value) -> Value {
    let namespace = object["metadata"]["namespace"].as_str().unwrap_or("default");
    let review = judge.review(&Request { object, old: None, namespace, duplicates: &[] });
    review.stored.unwrap_or_else(|| panic!("{:?}", review.denial))
}

/// Each recorded object with what is foretold of it.
fn each(mut compare: impl FnMut(&Value, &Value, Foresight)) {
    for (set, flags) in FLAGS {
        let judge = judge(flags);
        let records = read_below("model_service", &format!("create-{set}.jsonl.gz"));
        assert!(records.len() >= 45, "{set}");
        for record in &records {
            let stored = stored(judge.as_ref(), &record["object"]);
            let foresight = judge.foresee(&record["object"], &stored);
            compare(record, &stored, foresight);
        }
    }
}

#[test]
fn objects_are_stored_and_written_back_as_recorded() {
    each(|record, stored, foresight| {
        let seed = &record["seed"];
        assert_eq!(comparable(&stored["spec"]), comparable(&record["stored"]["spec"]), "{seed}");
        let settled = foresight.settled.expect("it is written back");
        assert_eq!(comparable(&settled["spec"]), comparable(&record["settled"]["spec"]), "{seed}");
        assert_eq!(settled["metadata"]["finalizers"], record["settled"]["metadata"]["finalizers"], "{seed}");
    });
}

#[test]
fn children_are_the_operator_s_in_its_order() {
    let mut count = 0;
    each(|record, _, foresight| {
        let Children::Known(children) = foresight.children else { panic!("{}", record["seed"]) };
        let got: Vec<Value> = children.iter().map(|child| comparable(&child.object)).collect();
        let want: Vec<Value> =
            record["children"].as_array().expect("a list").iter().map(comparable).collect();
        assert_eq!(got.len(), want.len(), "{} of {}", record["seed"], record["object"]);
        for (got, want) in got.iter().zip(&want) {
            assert_eq!(got, want, "{}", record["seed"]);
            count += 1;
        }
    });
    assert!(count > 2000, "{count}");
}

#[test]
fn what_a_child_is_refused_with_is_the_condition_s_text() {
    let mut count = 0;
    each(|record, _, foresight| {
        let refused = record.get("refused").and_then(Value::as_array).filter(|list| !list.is_empty());
        let status = foresight.status;
        assert_eq!(status.is_some(), refused.is_some(), "{}: {status:?}", record["seed"]);
        let Some(status) = status else { return };
        count += 1;
        let condition = &record["status"]["conditions"][0];
        assert_eq!(status.conditions[0].reason, condition["reason"]);
        assert_eq!(status.message, condition["message"].as_str().expect("a text"), "{}", record["seed"]);
    });
    assert_eq!(count, 49);
}

#[test]
fn the_api_server_s_refusals_are_its_own_words() {
    let judge = judge(&[]);
    let records = read_below("model_service", "invalid.jsonl.gz");
    assert_eq!(records.len(), 83);
    for record in &records {
        let object = &record["object"];
        // The kind of one or the other is wrong, so that it would reach no judge.
        if kind::of(object).is_none() {
            continue;
        }
        let namespace = object["metadata"]["namespace"].as_str().unwrap_or("default");
        let review = judge.review(&Request { object, old: None, namespace, duplicates: &[] });
        let denial = review.denial.as_ref();
        let code = denial.map_or(201, |denial| i64::from(denial.code));
        assert_eq!(code, record["code"].as_i64().expect("a number"), "{object}");
        let Some(denial) = denial else { continue };
        let sorted = |text: &str| {
            let mut words: Vec<char> = text.chars().collect();
            words.sort_unstable();
            words.into_iter().collect::<String>()
        };
        // Several errors come in the random order of Go's maps.
        let want = record["message"].as_str().expect("a text");
        assert_eq!(sorted(&denial.message), sorted(want), "{} | {want}", denial.message);
    }
}

#[test]
fn what_is_stored_already_shows_no_difference() {
    let judge = judge(&[]);
    let live = read_below("model_service", "live-default.jsonl.gz");
    let mut count = 0;
    for record in read_below("model_service", "create-default.jsonl.gz") {
        let stored = stored(judge.as_ref(), &record["object"]);
        let Children::Known(children) = judge.foresee(&record["object"], &stored).children else {
            panic!("{}", record["seed"])
        };
        let there = live.iter().find(|live| live["seed"] == record["seed"]).expect("a record");
        let there: Vec<&Value> = match &there["live"] {
            Value::Object(members) => members.values().collect(),
            list => list.as_array().expect("a list").iter().collect(),
        };
        for child in &children {
            let is_it = |live: &&&Value| {
                live["kind"] == child.object["kind"]
                    && live["metadata"]["name"] == child.object["metadata"]["name"]
            };
            let live = there.iter().find(is_it).expect("it was created");
            // The API server rounds amounts of less than a thousandth up.
            if live.to_string().contains("\"1m\"") && child.object.to_string().contains("\"100n\"") {
                continue;
            }
            let after = child.write.preview(live, &child.object);
            assert_eq!(&&after, live, "{}", record["seed"]);
            count += 1;
        }
    }
    assert!(count > 1000, "{count}");
}
