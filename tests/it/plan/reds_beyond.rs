//! What can be wrong beyond the plan.

use super::edits::{Edit, moved};
use super::world::{dep, md, refused, svc};
use kubectl_airunway::core::plan::Verdict::{Fail, Fixed, Inconclusive, KnownFinding, Pass};
use kubectl_airunway::core::plan::record::Told;
use serde_json::{Value, json};

/// The rows.
pub const EDITS: &[Edit] = &[
    Edit {
        id: "X1",
        what: "lost in a pass",
        edit: |world| {
            moved(
                world,
                "patch ModelDeployment",
                0,
                &dep("foreign-metadata"),
                &json!({"spec": {"template": {"metadata": {"annotations": null}}}}),
            );
        },
        verdict: Fail,
        says: "restartedAt",
    },
    Edit {
        id: "X1",
        what: "lost when replicas change",
        edit: |world| {
            let mut value = world.last(&dep("foreign-metadata"));
            value["spec"]["template"]["metadata"]["annotations"] = json!({});
            world.replace_last(&dep("foreign-metadata"), value);
        },
        verdict: Fail,
        says: "restartedAt",
    },
    Edit {
        id: "X1",
        what: "a label of the Deployment lost",
        edit: |world| {
            moved(
                world,
                "patch ModelDeployment",
                0,
                &dep("foreign-metadata"),
                &json!({"metadata": {"labels": {"example.com/team": null}}}),
            );
        },
        verdict: Fail,
        says: "team",
    },
    Edit {
        id: "X1",
        what: "written twice, to and fro",
        edit: |world| {
            moved(
                world,
                "patch ModelDeployment",
                0,
                &dep("foreign-metadata"),
                &json!({"metadata": {"generation": 4}}),
            );
        },
        verdict: Fail,
        says: "generation",
    },
    Edit {
        id: "X1",
        what: "replicas do not come",
        edit: |world| {
            world.reworded("\"replicas\":2,", "\"replicas\":1,");
        },
        verdict: Fail,
        says: ".spec.replicas",
    },
    Edit {
        id: "X1",
        what: "Deployments may not be patched",
        edit: |world| {
            world.answer("patch Deployment", refused("rights", "is forbidden"));
        },
        verdict: Inconclusive,
        says: "is forbidden",
    },
    Edit {
        id: "X2",
        what: "no controller",
        edit: |world| {
            world.set(&dep("owner-references"), "/metadata/ownerReferences/0/controller", json!(false));
        },
        verdict: Fail,
        says: "ownerReferences",
    },
    Edit {
        id: "X2",
        what: "no owner of the Service",
        edit: |world| {
            world.set(&svc("owner-references"), "/metadata/ownerReferences", Value::Null);
        },
        verdict: Fail,
        says: "ownerReferences",
    },
    Edit {
        id: "X2",
        what: "the deletion is not held up",
        edit: |world| {
            world.set(
                &svc("owner-references"),
                "/metadata/ownerReferences/0/blockOwnerDeletion",
                Value::Null,
            );
        },
        verdict: Fail,
        says: "blockOwnerDeletion",
    },
    Edit {
        id: "X2",
        what: "two owners",
        edit: |world| {
            world.set(
                &dep("owner-references"),
                "/metadata/ownerReferences",
                json!([{"uid": "a"}, {"uid": "b"}]),
            );
        },
        verdict: Fail,
        says: "1 entries",
    },
    Edit {
        id: "X2",
        what: "another kind",
        edit: |world| {
            world.set(&dep("owner-references"), "/metadata/ownerReferences/0/kind", json!("Pod"));
        },
        verdict: Fail,
        says: "kind",
    },
    Edit {
        id: "X2",
        what: "refused by somebody else",
        edit: |world| {
            world.answer("create", refused("other", "exceeded quota"));
        },
        verdict: Inconclusive,
        says: "exceeded quota",
    },
    Edit {
        id: "X3",
        what: "a time in the status of each pass",
        edit: |world| {
            moved(
                world,
                "patch ModelDeployment",
                1,
                &md("still-test"),
                &json!({"status": {"message": "12:00:01"}}),
            );
        },
        verdict: Fail,
        says: "the ModelDeployment was written",
    },
    Edit {
        id: "X3",
        what: "in the last pass too",
        edit: |world| {
            moved(
                world,
                "patch ModelDeployment",
                2,
                &md("still-test"),
                &json!({"status": {"message": "12:00:02"}}),
            );
        },
        verdict: Fail,
        says: "the ModelDeployment was written",
    },
    Edit {
        id: "X3",
        what: "the Deployment is written",
        edit: |world| {
            moved(
                world,
                "patch ModelDeployment",
                1,
                &dep("still-test"),
                &json!({"metadata": {"generation": 2}}),
            );
        },
        verdict: Fail,
        says: "the Deployment was written",
    },
    Edit {
        id: "X3",
        what: "the Deployment is written by the shim and stays the same",
        edit: |world| {
            moved(
                world,
                "patch ModelDeployment",
                1,
                &dep("still-test"),
                &json!({"metadata": {"managedFields": [{"manager": "vllm-provider", "time": "2026-06-17T12:00:03Z"}]}}),
            );
        },
        verdict: Fail,
        says: "the Deployment was written",
    },
    Edit {
        id: "X3",
        what: "the status of the Deployment moves",
        edit: |world| {
            moved(world, "patch ModelDeployment", 1, &dep("still-test"), &json!({"status": {"replicas": 1}}));
        },
        verdict: Pass,
        says: "",
    },
    Edit {
        id: "X3",
        what: "the workload makes progress",
        edit: |world| {
            moved(
                world,
                "patch ModelDeployment",
                1,
                &md("still-test"),
                &json!({"status": {"phase": "Deploying"}}),
            );
        },
        verdict: Inconclusive,
        says: "the workload itself changed",
    },
    Edit {
        id: "X4",
        what: "Ready says that it is not",
        edit: |world| {
            moved(
                world,
                "patch ModelDeployment update-test with {\"metadata",
                0,
                &md("update-test"),
                &json!({"status": {"conditions": [{"type": "Ready", "status": "False"}]}}),
            );
        },
        verdict: Fixed,
        says: "Ready is: False",
    },
    Edit {
        id: "X4",
        what: "the phase says that it is not done",
        edit: |world| {
            moved(
                world,
                "patch ModelDeployment update-test with {\"metadata",
                0,
                &md("update-test"),
                &json!({"status": {"phase": "Deploying"}}),
            );
        },
        verdict: Fixed,
        says: "the phase is: Deploying",
    },
    Edit {
        id: "X4",
        what: "the model never runs",
        edit: |world| {
            world.set(&md("update-test"), "/status/phase", json!("Deploying"));
        },
        verdict: Inconclusive,
        says: "not within 600 s",
    },
    Edit {
        id: "X4",
        what: "the new pod finds a place",
        edit: |world| {
            world.answered("list", "/items/1/status/conditions", json!([]));
        },
        verdict: Inconclusive,
        says: "no pod of the update waits",
    },
    Edit {
        id: "X4",
        what: "no pods",
        edit: |world| {
            world.answered("list", "/items", json!([]));
        },
        verdict: Inconclusive,
        says: "there is no pod",
    },
    Edit {
        id: "X4",
        what: "a phase that nobody knows",
        edit: |world| {
            moved(
                world,
                "patch ModelDeployment update-test with {\"metadata",
                0,
                &md("update-test"),
                &json!({"status": {"phase": "Odd"}}),
            );
        },
        verdict: Fail,
        says: "phase of model is Running",
    },
    Edit {
        id: "X5",
        what: "both survive",
        edit: |world| {
            world.only(&md("false-test"), 1);
            world.set(&md("false-test"), "/metadata/finalizers", json!(["airunway.ai/vllm-provider"]));
        },
        verdict: Fixed,
        says: "is: false",
    },
    Edit {
        id: "X5",
        what: "one survives",
        edit: |world| {
            world.set(&md("false-test"), "/spec/scaling/replicas", json!(0));
        },
        verdict: KnownFinding,
        says: "enablePrefixCaching",
    },
    Edit {
        id: "X5",
        what: "the field is gone",
        edit: |world| {
            world.set(&md("false-test"), "/spec/engine/enablePrefixCaching", Value::Null);
        },
        verdict: Fail,
        says: "enablePrefixCaching",
    },
    Edit {
        id: "X5",
        what: "the shim does nothing",
        edit: |world| {
            world.only(&md("false-test"), 1);
        },
        verdict: Inconclusive,
        says: "not within 60 s",
    },
    Edit {
        id: "X6",
        what: "taken over",
        edit: |world| {
            moved(
                world,
                "create ModelDeployment",
                0,
                &svc("foreign-service"),
                &json!({"spec": {"selector": {"app": "x"}}}),
            );
        },
        verdict: Fail,
        says: ".spec of after",
    },
    Edit {
        id: "X6",
        what: "written by the shim",
        edit: |world| {
            moved(
                world,
                "create ModelDeployment",
                0,
                &svc("foreign-service"),
                &json!({"metadata": {"managedFields": [{"manager": "vllm-provider"}]}}),
            );
        },
        verdict: Fail,
        says: "managedFields",
    },
    Edit {
        id: "X6",
        what: "owned",
        edit: |world| {
            moved(
                world,
                "create ModelDeployment",
                0,
                &svc("foreign-service"),
                &json!({"metadata": {"ownerReferences": [{"uid": "x"}]}}),
            );
        },
        verdict: Fail,
        says: "ownerReferences",
    },
    Edit {
        id: "X6",
        what: "the shim goes on",
        edit: |world| {
            world.reworded("ResourceConflict", "ResourceCreated");
            world.condition(&md("foreign-service"), "ResourceCreated", "status", "True");
            world.set(&md("foreign-service"), "/status/phase", json!("Deploying"));
        },
        verdict: Fail,
        says: "the shim has gone on",
    },
    Edit {
        id: "X6",
        what: "somebody has that name",
        edit: |world| {
            world.answer("create Service", refused("existing", "exists already"));
        },
        verdict: Inconclusive,
        says: "exists already",
    },
    Edit {
        id: "X7",
        what: "taken over",
        edit: |world| {
            moved(
                world,
                "create ModelDeployment taken-test",
                0,
                &dep("taken-test"),
                &json!({"spec": {"replicas": 7}}),
            );
        },
        verdict: Fail,
        says: ".spec of after",
    },
    Edit {
        id: "X7",
        what: "another owner",
        edit: |world| {
            moved(
                world,
                "create ModelDeployment taken-test",
                0,
                &dep("taken-test"),
                &json!({"metadata": {"ownerReferences": [{"uid": "uid-of-taken-test"}]}}),
            );
        },
        verdict: Fail,
        says: "ownerReferences",
    },
    Edit {
        id: "X7",
        what: "its owner is not named",
        edit: |world| {
            world.reworded("(owned by ModelDeployment/taken-owner", "(owned by somebody");
        },
        verdict: Fail,
        says: ".status.message",
    },
    Edit {
        id: "X7",
        what: "its owner has no uid",
        edit: |world| {
            world.answer("create ModelDeployment taken-owner", Told::Done(json!({})));
        },
        verdict: Inconclusive,
        says: "owner has no metadata.uid",
    },
];
