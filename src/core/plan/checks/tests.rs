use super::*;
use crate::core::plan::{Claim, Memory, Names, Step};
use jiff::Timestamp;
use serde_json::json;
use std::collections::BTreeSet;

pub(crate) fn names() -> Names {
    Names {
        run: "t1".to_owned(),
        namespace: "vllm-test".to_owned(),
        system: "airunway-system".to_owned(),
        owns_namespace: false,
        expected_tag: None,
        allow_dev: false,
    }
}

fn claims(step: Step) -> Vec<Claim> {
    match step {
        Step::Until { claims, unless, .. } => {
            claims.into_iter().chain(unless.into_iter().flat_map(|ruling| ruling.claims)).collect()
        }
        Step::Expect(claims) => claims,
        Step::Judge(rulings) => rulings.into_iter().flat_map(|ruling| ruling.claims).collect(),
        _ => Vec::new(),
    }
}

#[test]
fn every_path_can_be_read() {
    for check in all() {
        for claim in (check.script)(&names()).into_iter().flat_map(claims) {
            let mut memory = Memory::default();
            memory.keep(claim.place.key, json!({"a": 1}), Timestamp::UNIX_EPOCH);
            let found = crate::core::plan::claim::found(&json!({"a": 1}), &claim.place.path);
            assert!(found.is_ok(), "{}: {claim}: {found:?}", check.id);
        }
    }
}

#[test]
fn ids_are_unique_and_needs_are_preconditions() {
    let ids: BTreeSet<&str> = all().map(|check| check.id).collect();
    assert_eq!(ids.len(), all().count());
    for check in all() {
        for need in check.needs {
            let needed = find(need).unwrap_or_else(|| panic!("{}: {need}", check.id));
            assert_eq!(needed.group, Group::Precondition, "{}: {need}", check.id);
        }
        assert!(!check.title.ends_with('.'), "{}", check.id);
    }
}

#[test]
fn another_provider_is_one_that_is_ready_and_can_serve_vllm_on_a_gpu() {
    let provider = |name: &str, ready: bool, engine: &str, gpu: bool, mode: &str| {
        json!({"metadata": {"name": name}, "status": {"ready": ready}, "spec": {"capabilities": {"engines": [
            {"name": "sglang", "gpuSupport": true, "servingModes": ["aggregated"]},
            {"name": engine, "gpuSupport": gpu, "servingModes": ["disaggregated", mode]}]}}})
    };
    let holds = |items: serde_json::Value| {
        let mut memory = Memory::default();
        memory.keep("providers", json!({"items": items}), Timestamp::UNIX_EPOCH);
        preconditions::choice("providers").stand(&memory) == crate::core::plan::claim::Standing::Holds
    };
    assert!(holds(json!([provider("kaito", true, "vllm", true, "aggregated")])));
    assert!(holds(json!([
        provider("vllm", true, "vllm", true, "aggregated"),
        provider("kaito", true, "vllm", true, "aggregated"),
        provider("llmd", true, "vllm", true, "aggregated"),
    ])));
    for other in [
        provider("vllm", true, "vllm", true, "aggregated"),
        provider("kaito", false, "vllm", true, "aggregated"),
        provider("kaito", true, "trtllm", true, "aggregated"),
        provider("kaito", true, "vllm", false, "aggregated"),
        provider("kaito", true, "vllm", true, "other"),
    ] {
        assert!(!holds(json!([other])));
    }
    assert!(!holds(json!([])));
}
