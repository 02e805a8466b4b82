use super::*;
use serde_json::json;

#[test]
fn an_update_keeps_nothing_of_others_but_what_the_server_holds() {
    let live = json!({
        "metadata": {"name": "q", "uid": "u", "resourceVersion": "7", "labels": {"own": "1", "team": "a"},
                     "annotations": {"note": "by hand"}, "finalizers": ["operator"]},
        "spec": {"replicas": 1, "extra": true}, "status": {"ready": 1}});
    let sent = json!({"metadata": {"name": "q", "labels": {"own": "1"}}, "spec": {"replicas": 2}});
    let after = Write::Replace(Differs::Exactly).preview(&live, &sent);
    assert_eq!(
        after,
        json!({"metadata": {"name": "q", "labels": {"own": "1"}, "uid": "u", "resourceVersion": "7"},
               "spec": {"replicas": 2}, "status": {"ready": 1}})
    );
}

#[test]
fn nothing_is_updated_while_the_spec_is_the_same() {
    let live =
        json!({"metadata": {"labels": {"team": "a"}}, "spec": {"a": {"name": ""}, "b": [{"c": {}}, 1]}});
    let sent = json!({"metadata": {"labels": {"own": "1"}}, "spec": {"b": [{}, 1]}});
    assert_eq!(Write::Replace(Differs::BeyondEmpty).preview(&live, &sent), live);
    assert_ne!(Write::Replace(Differs::Exactly).preview(&live, &sent), live);
    let sent = json!({"metadata": {}, "spec": {"b": [{}, 2]}});
    let after = Write::Replace(Differs::BeyondEmpty).preview(&live, &sent);
    assert_eq!(after["spec"], json!({"a": {"name": ""}, "b": [{"c": {}}, 2]}), "empty ones come back");
    assert_eq!(after["metadata"], json!({}));
}

static REMEMBERED: Remembered =
    Remembered { annotation: "x/last", fields: &["resource", "inference"], whole: &["resource.labels"] };

#[test]
fn a_patch_takes_back_what_it_wrote_and_leaves_the_rest() {
    let last = json!({"labels": {"old": "1"}, "annotations": {},
                      "resource": {"labels": {"gone": "1"}}, "inference": {"template": {}}});
    let live = json!({
        "metadata": {"labels": {"old": "1", "team": "a"}, "annotations": {"x/last": last.to_string(), "note": "by hand"}},
        "resource": {"count": 1, "labels": {"gone": "1", "foreign": "1"}, "instance": "big"},
        "inference": {"template": {}, "access": "public"}, "other": 1});
    let sent = json!({
        "metadata": {"labels": {"new": "1"}, "annotations": {"x/last": "{}"}},
        "resource": {"count": 2, "labels": {"os": "linux"}}, "inference": {"preset": {"name": "p"}}});
    let after = Write::MergePatch(&REMEMBERED).preview(&live, &sent);
    assert_eq!(
        after,
        json!({
            "metadata": {"labels": {"team": "a", "new": "1"}, "annotations": {"x/last": "{}", "note": "by hand"}},
            "resource": {"count": 2, "labels": {"foreign": "1", "os": "linux"}, "instance": "big"},
            "inference": {"access": "public", "preset": {"name": "p"}}, "other": 1})
    );
}

#[test]
fn without_a_memory_only_maps_of_its_own_lose_entries() {
    let live = json!({"metadata": {"labels": {"team": "a"}}, "resource": {"labels": {"foreign": "1"}, "instance": "big"}, "inference": {"access": "public"}});
    let sent = json!({"metadata": {}, "resource": {"labels": {"os": "linux"}}});
    let after = Write::MergePatch(&REMEMBERED).preview(&live, &sent);
    assert_eq!(after["resource"], json!({"labels": {"os": "linux"}, "instance": "big"}));
    assert_eq!(after["inference"], json!({"access": "public"}));
    assert_eq!(after["metadata"], json!({"labels": {"team": "a"}}));
}

#[test]
fn what_is_created_once_is_left_alone() {
    let live = json!({"spec": {"size": 1}});
    assert_eq!(Write::Create.preview(&live, &json!({"spec": {"size": 2}})), live);
}

#[test]
fn labels_that_are_not_texts_are_not_remembered() {
    let live = json!({"metadata": {"labels": {"old": "1"}, "annotations": {
        "x/last": json!({"labels": {"old": 1}}).to_string()}}});
    let sent = json!({"metadata": {"labels": {"new": "1"}}});
    let after = Write::MergePatch(&REMEMBERED).preview(&live, &sent);
    assert_eq!(after["metadata"]["labels"], json!({"old": "1", "new": "1"}));
}
