//! What the shims register, and what the core controller selects from it.

use serde_json::{Value, json};

use super::recorder::{Recorder, normal};
use super::replay::{PATIENCE, PLAN, RECORDED_NAMESPACE, apply, assert_denied, base, patch, states, within};
use crate::cluster::airunway::deployments_in;

#[test]
fn s1_the_shims_register_themselves() {
    within("s1", async |namespace| {
        let run = namespace.kubectl(&["get", "inferenceproviderconfigs", "-o", "json"]).await;
        let list: Value = serde_json::from_str(&run.stdout).unwrap();
        for (name, wanted) in PLAN["S1"].as_object().unwrap() {
            let mut found = list["items"]
                .as_array()
                .unwrap()
                .iter()
                .find(|item| item["metadata"]["name"] == name.as_str())
                .unwrap_or_else(|| panic!("{name} is not registered"))
                .clone();
            assert!(found["status"].as_object_mut().unwrap().remove("lastHeartbeat").is_some(), "{name}");
            assert_eq!(found["metadata"]["annotations"], wanted["annotations"], "{name}: annotations");
            assert_eq!(found["spec"], wanted["spec"], "{name}: specification");
            let status = |object: &Value| normal(&object["status"], RECORDED_NAMESPACE);
            assert_eq!(status(&found), status(wanted), "{name}: status");
        }
    });
}

#[test]
fn c1_an_unnamed_provider_is_selected_by_rule_and_cannot_be_changed() {
    within("c1", async |namespace| {
        apply(&namespace, &base("sel-auto", json!({"provider": null}))).await;
        let mut recorder = Recorder::start(
            deployments_in(&namespace.client(), &namespace.name),
            "sel-auto",
            &namespace.name,
        );
        // What the dynamo shim adds to the record is not played here.
        let wanted = states("1a", "states").pop().unwrap();
        let state = recorder
            .wait(PATIENCE, |state| state.pointer("/status/provider/name").is_some())
            .await
            .unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(state["status"]["engine"], wanted["status"]["engine"]);
        assert_eq!(state["status"]["provider"]["name"], wanted["status"]["provider"]["name"]);
        assert_eq!(
            state["status"]["provider"]["selectedReason"],
            wanted["status"]["provider"]["selectedReason"]
        );
        let core = |state: &Value| state["status"]["conditions"].as_array().unwrap()[..3].to_vec();
        assert_eq!(core(&state), core(&wanted));

        let run = patch(&namespace, "sel-auto", json!({"spec": {"provider": {"name": "vllm"}}})).await;
        assert_denied(&run, "1c");
    });
}

#[test]
fn the_parts_of_ai_runway_run_in_their_namespace() {
    within("system", async |namespace| {
        for name in [
            "controller-manager",
            "dynamo-provider",
            "kaito-provider",
            "kuberay-provider",
            "llmd-provider",
            "vllm-provider",
        ] {
            let deployment = format!("deployment/airunway-{name}");
            let arguments = ["rollout", "status", &deployment, "-n", "airunway-system", "--timeout=30s"];
            let run = namespace.kubectl(&arguments).await;
            assert_eq!(run.code, Some(0), "{name}: {}", run.stderr);
        }
    });
}
