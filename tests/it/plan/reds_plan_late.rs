//! What can be wrong in checks 6 to 14.

use super::edits::{Edit, moved, replaced_answer};
use super::world::{denied, dep, ipc, md, refused, svc};
use kubectl_airunway::core::plan::Verdict::{Fail, Fixed, Inconclusive};
use kubectl_airunway::core::plan::record::Told;
use serde_json::{Value, json};

const ARGS: &str = "/spec/template/spec/containers/0/args";

/// The rows.
pub const EDITS: &[Edit] = &[
    Edit {
        id: "6a",
        what: "two sizes",
        edit: |world| {
            world.set(
                &dep("tp-test"),
                ARGS,
                json!(["--tensor-parallel-size", "2", "--tensor-parallel-size", "4"]),
            );
        },
        verdict: Fail,
        says: "exactly once",
    },
    Edit {
        id: "6a",
        what: "the derived size",
        edit: |world| {
            world.set(&dep("tp-test"), ARGS, json!(["--tensor-parallel-size", "2"]));
        },
        verdict: Fail,
        says: "exactly once",
    },
    Edit {
        id: "6a",
        what: "another number of GPUs",
        edit: |world| {
            world.reworded("\"nvidia.com/gpu\":\"2\"", "\"nvidia.com/gpu\":\"4\"");
        },
        verdict: Fail,
        says: "nvidia.com/gpu",
    },
    Edit {
        id: "6a",
        what: "refused by somebody else",
        edit: |world| {
            world.answer("create", refused("schema", "is invalid"));
        },
        verdict: Inconclusive,
        says: "is invalid",
    },
    Edit {
        id: "6b",
        what: "accepted",
        edit: |world| {
            world.answer("patch", Told::Done(json!({})));
        },
        verdict: Fail,
        says: "accepted",
    },
    Edit {
        id: "6b",
        what: "denied in other words",
        edit: |world| {
            world.reworded("in exactly one place", "once");
        },
        verdict: Fail,
        says: "denied in other words",
    },
    Edit {
        id: "6b",
        what: "the API server goes away",
        edit: |world| {
            world.answer("patch", Told::Failed("connection refused".to_owned()));
        },
        verdict: Inconclusive,
        says: "connection refused",
    },
    Edit {
        id: "6b",
        what: "rendered all the same",
        edit: |world| {
            moved(world, "patch", 0, &dep("tp-patch"), &json!({"metadata": {"generation": 2}}));
        },
        verdict: Fail,
        says: "generation",
    },
    Edit {
        id: "7",
        what: "fixed",
        edit: |world| {
            world.set(&md("launch-test"), "/status/image/source", json!("launch"));
            world.condition(&md("launch-test"), "UnsupportedImage", "status", "False");
            world.condition(&md("launch-test"), "UnsupportedImage", "reason", "SupportedImage");
        },
        verdict: Fixed,
        says: "launch",
    },
    Edit {
        id: "7",
        what: "another class",
        edit: |world| {
            world.set(&md("launch-test"), "/status/image/source", json!("stable"));
        },
        verdict: Fail,
        says: "image.source",
    },
    Edit {
        id: "7",
        what: "the word launch is not read",
        edit: |world| {
            world.reworded("\"source\":\"launch\"", "\"source\":\"custom\"");
        },
        verdict: Fail,
        says: "image.source",
    },
    Edit {
        id: "7",
        what: "the shim does nothing",
        edit: |world| {
            world.only(&md("launch-test"), 2);
        },
        verdict: Inconclusive,
        says: "not within 60 s",
    },
    Edit {
        id: "8",
        what: "security accepted",
        edit: |world| {
            world.answer("create ModelDeployment override-test", Told::Done(json!({})));
        },
        verdict: Fail,
        says: "override-test: accepted",
    },
    Edit {
        id: "8",
        what: "one of two errors",
        edit: |world| {
            world.answer("create ModelDeployment override-test", denied("denied the request: spec.provider.overrides.spec.template.spec.hostNetwork: Forbidden: overriding \"hostNetwork\" is not allowed for security reasons"));
        },
        verdict: Fail,
        says: "denied in other words",
    },
    Edit {
        id: "8",
        what: "size accepted",
        edit: |world| {
            world.answer("create ModelDeployment override-sizing", Told::Done(json!({})));
        },
        verdict: Fail,
        says: "override-sizing: accepted",
    },
    Edit {
        id: "8",
        what: "everything is denied",
        edit: |world| {
            world.answer("create ModelDeployment override-ok", denied("denied the request: no"));
        },
        verdict: Fail,
        says: "override-ok",
    },
    Edit {
        id: "8",
        what: "there all the same",
        edit: |world| {
            world.intruder(&dep("override-nested"));
        },
        verdict: Fail,
        says: "Deployment override-nested exists",
    },
    Edit {
        id: "8",
        what: "refused by the schema",
        edit: |world| {
            world.answer("create ModelDeployment override-nested", refused("schema", "is invalid"));
        },
        verdict: Inconclusive,
        says: "is invalid",
    },
    Edit {
        id: "9",
        what: "another image",
        edit: |world| {
            moved(
                world,
                "create ModelDeployment",
                0,
                &dep("owned-test"),
                &json!({"spec": {"template": {"spec": {"containers": [{"image": "vllm"}]}}}}),
            );
        },
        verdict: Fail,
        says: ".spec of after",
    },
    Edit {
        id: "9",
        what: "another uid",
        edit: |world| {
            moved(
                world,
                "create ModelDeployment",
                0,
                &dep("owned-test"),
                &json!({"metadata": {"uid": "new"}}),
            );
        },
        verdict: Fail,
        says: ".metadata.uid of after",
    },
    Edit {
        id: "9",
        what: "an owner",
        edit: |world| {
            moved(
                world,
                "create ModelDeployment",
                0,
                &dep("owned-test"),
                &json!({"metadata": {"ownerReferences": [{"uid": "x"}]}}),
            );
        },
        verdict: Fail,
        says: "ownerReferences",
    },
    Edit {
        id: "9",
        what: "written by the shim",
        edit: |world| {
            moved(
                world,
                "create ModelDeployment",
                0,
                &dep("owned-test"),
                &json!({"metadata": {"managedFields": [{"manager": "kubectl"}, {"manager": "vllm-provider"}]}}),
            );
        },
        verdict: Fail,
        says: "managedFields",
    },
    Edit {
        id: "9",
        what: "a Service",
        edit: |world| {
            world.intruder(&svc("owned-test"));
        },
        verdict: Fail,
        says: "Service owned-test exists",
    },
    Edit {
        id: "9",
        what: "said in other words",
        edit: |world| {
            world.reworded("(no owner references)", "(nobody)");
        },
        verdict: Fail,
        says: "ResourceCreated",
    },
    Edit {
        id: "9",
        what: "the shim goes on",
        edit: |world| {
            world.reworded("ResourceConflict", "ResourceCreated");
            world.condition(&md("owned-test"), "ResourceCreated", "status", "True");
            world.set(&md("owned-test"), "/status/phase", json!("Deploying"));
        },
        verdict: Fail,
        says: "the shim has gone on",
    },
    Edit {
        id: "9",
        what: "somebody has that name",
        edit: |world| {
            world.answer("create Deployment", refused("existing", "exists already"));
        },
        verdict: Inconclusive,
        says: "exists already",
    },
    Edit {
        id: "10",
        what: "still there",
        edit: |world| {
            world.entries.pop();
        },
        verdict: Fail,
        says: "not within 330 s",
    },
    Edit {
        id: "10",
        what: "gone too early",
        edit: |world| {
            world.entries.last_mut().unwrap().t -= 200.0;
        },
        verdict: Fail,
        says: "at least 295 s after deletion",
    },
    Edit {
        id: "10",
        what: "gone at once",
        edit: |world| {
            world.entries.truncate(world.entries.len() - 3);
            world.after(-300.2).state(&md("final-test"), Value::Null);
        },
        verdict: Fail,
        says: "gone at once",
    },
    Edit {
        id: "10",
        what: "somebody removes the finalizer",
        edit: |world| {
            world.entries.pop();
            world.after(-200.0).state(&dep("final-test"), Value::Null);
        },
        verdict: Inconclusive,
        says: "somebody has removed the finalizer",
    },
    Edit {
        id: "10",
        what: "the shim does nothing",
        edit: |world| {
            world.entries.truncate(world.entries.len() - 3);
        },
        verdict: Fail,
        says: "phase of model is Terminating",
    },
    Edit {
        id: "13",
        what: "another template",
        edit: |world| {
            moved(
                world,
                "delete",
                0,
                &dep("restart-test"),
                &json!({"spec": {"template": {"spec": {"containers": []}}}}),
            );
        },
        verdict: Fail,
        says: ".spec.template",
    },
    Edit {
        id: "13",
        what: "made anew",
        edit: |world| {
            moved(world, "delete", 0, &dep("restart-test"), &json!({"metadata": {"uid": "new"}}));
        },
        verdict: Fail,
        says: ".metadata.uid",
    },
    Edit {
        id: "13",
        what: "another digest",
        edit: |world| {
            moved(
                world,
                "delete",
                0,
                &md("restart-test"),
                &json!({"status": {"image": {"digest": "sha256:2"}}}),
            );
        },
        verdict: Fail,
        says: "digest",
    },
    Edit {
        id: "13",
        what: "the last words of the old shim alone",
        edit: |world| {
            world.only(&ipc("vllm"), 2);
        },
        verdict: Fail,
        says: ".status.ready",
    },
    Edit {
        id: "13",
        what: "an old heartbeat",
        edit: |world| {
            world.only(&ipc("vllm"), 1);
        },
        verdict: Fail,
        says: "lastHeartbeat",
    },
    Edit {
        id: "13",
        what: "its pods are replaced",
        edit: |world| {
            replaced_answer(world, "list", 1, json!({"items": [{"metadata": {"uid": "pod-2"}}]}));
        },
        verdict: Fail,
        says: "of pods after",
    },
    Edit {
        id: "13",
        what: "no pod of the shim",
        edit: |world| {
            world.answered("delete", "/items", json!([]));
        },
        verdict: Inconclusive,
        says: "no pod of the shim",
    },
    Edit {
        id: "13",
        what: "pods may not be deleted",
        edit: |world| {
            world.answer("delete", refused("rights", "is forbidden"));
        },
        verdict: Inconclusive,
        says: "is forbidden",
    },
    Edit {
        id: "14",
        what: "held for good",
        edit: |world| {
            world.only(&md("sel-vllm"), 1);
        },
        verdict: Fail,
        says: "sel-vllm does not exist",
    },
    Edit {
        id: "14",
        what: "one of another name",
        edit: |world| {
            world.answered("list the modeldeployments", "/items", json!([{"metadata": {"name": "x"}}]));
        },
        verdict: Fail,
        says: ".items of models",
    },
    Edit {
        id: "14",
        what: "may not be listed",
        edit: |world| {
            world.answer("list", refused("rights", "is forbidden"));
        },
        verdict: Inconclusive,
        says: "is forbidden",
    },
];
