//! What can be wrong beyond the plan.

use super::edits::{Edit, edit, moved};
use super::world::{dep, md, refused, svc};
use kubectl_airunway::core::plan::Verdict::{Fail, Fixed, Inconclusive, KnownFinding, Pass};
use kubectl_airunway::core::plan::record::Told;
use serde_json::{Value, json};

/// The rows.
pub(super) const EDITS: &[Edit] = &[
    edit("X1", "lost in a pass", Fail, "restartedAt", |world| {
        moved(
            world,
            "patch ModelDeployment",
            0,
            &dep("foreign-metadata"),
            &json!({"spec": {"template": {"metadata": {"annotations": null}}}}),
        );
    }),
    edit("X1", "lost when replicas change", Fail, "restartedAt", |world| {
        let mut value = world.last(&dep("foreign-metadata"));
        value["spec"]["template"]["metadata"]["annotations"] = json!({});
        world.replace_last(&dep("foreign-metadata"), value);
    }),
    edit("X1", "a label of the Deployment lost", Fail, "team", |world| {
        moved(
            world,
            "patch ModelDeployment",
            0,
            &dep("foreign-metadata"),
            &json!({"metadata": {"labels": {"example.com/team": null}}}),
        );
    }),
    edit("X1", "written twice, to and fro", Fail, "generation", |world| {
        moved(
            world,
            "patch ModelDeployment",
            0,
            &dep("foreign-metadata"),
            &json!({"metadata": {"generation": 4}}),
        );
    }),
    edit("X1", "replicas do not come", Fail, ".spec.replicas", |world| {
        world.reworded("\"replicas\":2,", "\"replicas\":1,");
    }),
    edit("X1", "Deployments may not be patched", Inconclusive, "is forbidden", |world| {
        world.answer("patch Deployment", refused("rights", "is forbidden"));
    }),
    edit("X2", "no controller", Fail, "ownerReferences", |world| {
        world.set(&dep("owner-references"), "/metadata/ownerReferences/0/controller", json!(false));
    }),
    edit("X2", "no owner of the Service", Fail, "ownerReferences", |world| {
        world.set(&svc("owner-references"), "/metadata/ownerReferences", Value::Null);
    }),
    edit("X2", "the deletion is not held up", Fail, "blockOwnerDeletion", |world| {
        world.set(&svc("owner-references"), "/metadata/ownerReferences/0/blockOwnerDeletion", Value::Null);
    }),
    edit("X2", "two owners", Fail, "1 entries", |world| {
        world.set(&dep("owner-references"), "/metadata/ownerReferences", json!([{"uid": "a"}, {"uid": "b"}]));
    }),
    edit("X2", "another kind", Fail, "kind", |world| {
        world.set(&dep("owner-references"), "/metadata/ownerReferences/0/kind", json!("Pod"));
    }),
    edit("X2", "refused by somebody else", Inconclusive, "exceeded quota", |world| {
        world.answer("create", refused("other", "exceeded quota"));
    }),
    edit("X3", "a time in the status of each pass", Fail, "the ModelDeployment was written", |world| {
        moved(
            world,
            "patch ModelDeployment",
            1,
            &md("still-test"),
            &json!({"status": {"message": "12:00:01"}}),
        );
    }),
    edit("X3", "in the last pass too", Fail, "the ModelDeployment was written", |world| {
        moved(
            world,
            "patch ModelDeployment",
            2,
            &md("still-test"),
            &json!({"status": {"message": "12:00:02"}}),
        );
    }),
    edit("X3", "the Deployment is written", Fail, "the Deployment was written", |world| {
        moved(world, "patch ModelDeployment", 1, &dep("still-test"), &json!({"metadata": {"generation": 2}}));
    }),
    edit(
        "X3",
        "the Deployment is written by the shim and stays the same",
        Fail,
        "the Deployment was written",
        |world| {
            moved(
                world,
                "patch ModelDeployment",
                1,
                &dep("still-test"),
                &json!({"metadata": {"managedFields": [{"manager": "vllm-provider", "time": "2026-06-17T12:00:03Z"}]}}),
            );
        },
    ),
    edit("X3", "the status of the Deployment moves", Pass, "", |world| {
        moved(world, "patch ModelDeployment", 1, &dep("still-test"), &json!({"status": {"replicas": 1}}));
    }),
    edit("X3", "the workload makes progress", Inconclusive, "the workload itself changed", |world| {
        moved(
            world,
            "patch ModelDeployment",
            1,
            &md("still-test"),
            &json!({"status": {"phase": "Deploying"}}),
        );
    }),
    edit("X4", "Ready says that it is not", Fixed, "Ready is: False", |world| {
        moved(
            world,
            "patch ModelDeployment update-test with {\"metadata",
            1,
            &md("update-test"),
            &json!({"status": {"conditions": [{"type": "Ready", "status": "False"}]}}),
        );
    }),
    edit("X4", "the phase says that it is not done", Fixed, "the phase is: Deploying", |world| {
        moved(
            world,
            "patch ModelDeployment update-test with {\"metadata",
            1,
            &md("update-test"),
            &json!({"status": {"phase": "Deploying"}}),
        );
    }),
    edit("X4", "the model never runs", Inconclusive, "not within 600 s", |world| {
        world.set(&md("update-test"), "/status/phase", json!("Deploying"));
    }),
    edit("X4", "the new pod finds a place", Inconclusive, "no pod of the update waits", |world| {
        world.answered("list", "/items/1/status/conditions", json!([]));
    }),
    edit("X4", "no pods", Inconclusive, "there is no pod", |world| {
        world.answered("list", "/items", json!([]));
    }),
    edit("X4", "a phase that nobody knows", Fail, "phase of model is Running", |world| {
        moved(
            world,
            "patch ModelDeployment update-test with {\"metadata",
            1,
            &md("update-test"),
            &json!({"status": {"phase": "Odd"}}),
        );
    }),
    edit("X5", "both survive", Fixed, "is: false", |world| {
        world.only(&md("false-test"), 1);
        world.set(&md("false-test"), "/metadata/finalizers", json!(["airunway.ai/vllm-provider"]));
    }),
    edit("X5", "one survives", KnownFinding, "enablePrefixCaching", |world| {
        world.set(&md("false-test"), "/spec/scaling/replicas", json!(0));
    }),
    edit("X5", "the field is gone", Fail, "enablePrefixCaching", |world| {
        world.set(&md("false-test"), "/spec/engine/enablePrefixCaching", Value::Null);
    }),
    edit("X5", "the shim does nothing", Inconclusive, "not within 60 s", |world| {
        world.only(&md("false-test"), 1);
    }),
    edit("X6", "taken over", Fail, ".spec of after", |world| {
        moved(
            world,
            "create ModelDeployment",
            0,
            &svc("foreign-service"),
            &json!({"spec": {"selector": {"app": "x"}}}),
        );
    }),
    edit("X6", "written by the shim", Fail, "managedFields", |world| {
        moved(
            world,
            "create ModelDeployment",
            0,
            &svc("foreign-service"),
            &json!({"metadata": {"managedFields": [{"manager": "vllm-provider"}]}}),
        );
    }),
    edit("X6", "owned", Fail, "ownerReferences", |world| {
        moved(
            world,
            "create ModelDeployment",
            0,
            &svc("foreign-service"),
            &json!({"metadata": {"ownerReferences": [{"uid": "x"}]}}),
        );
    }),
    edit("X6", "the shim goes on", Fail, "the shim has gone on", |world| {
        world.reworded("ResourceConflict", "ResourceCreated");
        world.condition(&md("foreign-service"), "ResourceCreated", "status", "True");
        world.set(&md("foreign-service"), "/status/phase", json!("Deploying"));
    }),
    edit("X6", "somebody has that name", Inconclusive, "exists already", |world| {
        world.answer("create Service", refused("existing", "exists already"));
    }),
    edit("X7", "taken over", Fail, ".spec of after", |world| {
        moved(
            world,
            "create ModelDeployment taken-test",
            0,
            &dep("taken-test"),
            &json!({"spec": {"replicas": 7}}),
        );
    }),
    edit("X7", "another owner", Fail, "ownerReferences", |world| {
        moved(
            world,
            "create ModelDeployment taken-test",
            0,
            &dep("taken-test"),
            &json!({"metadata": {"ownerReferences": [{"uid": "uid-of-taken-test"}]}}),
        );
    }),
    edit("X7", "its owner is not named", Fail, ".status.message", |world| {
        world.reworded("(owned by ModelDeployment/taken-owner", "(owned by somebody");
    }),
    edit("X7", "its owner has no uid", Inconclusive, "owner has no metadata.uid", |world| {
        world.answer("create ModelDeployment taken-owner", Told::Done(json!({})));
    }),
];
