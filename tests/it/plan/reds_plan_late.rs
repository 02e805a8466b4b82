//! What can be wrong in checks 6 to 14.

use super::edits::{Edit, edit, moved, replaced_answer};
use super::world::{denied, dep, ipc, md, refused, svc};
use kubectl_airunway::core::plan::Verdict::{Fail, Fixed, Inconclusive};
use kubectl_airunway::core::plan::record::Told;
use serde_json::{Value, json};

const ARGS: &str = "/spec/template/spec/containers/0/args";

/// The rows.
pub(super) const EDITS: &[Edit] = &[
    edit("6a", "two sizes", Fail, "exactly once", |world| {
        world.set(
            &dep("tp-test"),
            ARGS,
            json!(["--tensor-parallel-size", "2", "--tensor-parallel-size", "4"]),
        );
    }),
    edit("6a", "the derived size", Fail, "exactly once", |world| {
        world.set(&dep("tp-test"), ARGS, json!(["--tensor-parallel-size", "2"]));
    }),
    edit("6a", "another number of GPUs", Fail, "nvidia.com/gpu", |world| {
        world.reworded("\"nvidia.com/gpu\":\"2\"", "\"nvidia.com/gpu\":\"4\"");
    }),
    edit("6a", "refused by somebody else", Inconclusive, "is invalid", |world| {
        world.answer("create", refused("schema", "is invalid"));
    }),
    edit("6b", "accepted", Fail, "accepted", |world| {
        world.answer("patch", Told::Done(json!({})));
    }),
    edit("6b", "denied in other words", Fail, "denied in other words", |world| {
        world.reworded("in exactly one place", "once");
    }),
    edit("6b", "the API server goes away", Inconclusive, "connection refused", |world| {
        world.answer("patch", Told::Failed("connection refused".to_owned()));
    }),
    edit("6b", "rendered all the same", Fail, "generation", |world| {
        moved(world, "patch", 0, &dep("tp-patch"), &json!({"metadata": {"generation": 2}}));
    }),
    edit("7", "fixed", Fixed, "launch", |world| {
        world.set(&md("launch-test"), "/status/image/source", json!("launch"));
        world.condition(&md("launch-test"), "UnsupportedImage", "status", "False");
        world.condition(&md("launch-test"), "UnsupportedImage", "reason", "SupportedImage");
    }),
    edit("7", "another class", Fail, "image.source", |world| {
        world.set(&md("launch-test"), "/status/image/source", json!("stable"));
    }),
    edit("7", "the word launch is not read", Fail, "image.source", |world| {
        world.reworded("\"source\":\"launch\"", "\"source\":\"custom\"");
    }),
    edit("7", "the shim does nothing", Inconclusive, "not within 60 s", |world| {
        world.only(&md("launch-test"), 2);
    }),
    edit("8", "security accepted", Fail, "override-test: accepted", |world| {
        world.answer("create ModelDeployment override-test", Told::Done(json!({})));
    }),
    edit("8", "one of two errors", Fail, "denied in other words", |world| {
        world.answer("create ModelDeployment override-test", denied("denied the request: spec.provider.overrides.spec.template.spec.hostNetwork: Forbidden: overriding \"hostNetwork\" is not allowed for security reasons"));
    }),
    edit("8", "size accepted", Fail, "override-sizing: accepted", |world| {
        world.answer("create ModelDeployment override-sizing", Told::Done(json!({})));
    }),
    edit("8", "everything is denied", Fail, "override-ok", |world| {
        world.answer("create ModelDeployment override-ok", denied("denied the request: no"));
    }),
    edit("8", "there all the same", Fail, "Deployment override-nested exists", |world| {
        world.intruder(&dep("override-nested"));
    }),
    edit("8", "refused by the schema", Inconclusive, "is invalid", |world| {
        world.answer("create ModelDeployment override-nested", refused("schema", "is invalid"));
    }),
    edit("9", "another image", Fail, ".spec of after", |world| {
        moved(
            world,
            "create ModelDeployment",
            0,
            &dep("owned-test"),
            &json!({"spec": {"template": {"spec": {"containers": [{"image": "vllm"}]}}}}),
        );
    }),
    edit("9", "another uid", Fail, ".metadata.uid of after", |world| {
        moved(world, "create ModelDeployment", 0, &dep("owned-test"), &json!({"metadata": {"uid": "new"}}));
    }),
    edit("9", "an owner", Fail, "ownerReferences", |world| {
        moved(
            world,
            "create ModelDeployment",
            0,
            &dep("owned-test"),
            &json!({"metadata": {"ownerReferences": [{"uid": "x"}]}}),
        );
    }),
    edit("9", "written by the shim", Fail, "managedFields", |world| {
        moved(
            world,
            "create ModelDeployment",
            0,
            &dep("owned-test"),
            &json!({"metadata": {"managedFields": [{"manager": "kubectl"}, {"manager": "vllm-provider"}]}}),
        );
    }),
    edit("9", "a Service", Fail, "Service owned-test exists", |world| {
        world.intruder(&svc("owned-test"));
    }),
    edit("9", "said in other words", Fail, "ResourceCreated", |world| {
        world.reworded("(no owner references)", "(nobody)");
    }),
    edit("9", "the shim goes on", Fail, "the shim has gone on", |world| {
        world.reworded("ResourceConflict", "ResourceCreated");
        world.condition(&md("owned-test"), "ResourceCreated", "status", "True");
        world.set(&md("owned-test"), "/status/phase", json!("Deploying"));
    }),
    edit("9", "somebody has that name", Inconclusive, "exists already", |world| {
        world.answer("create Deployment", refused("existing", "exists already"));
    }),
    edit("10", "still there", Fail, "not within 330 s", |world| {
        world.entries.pop();
    }),
    edit("10", "gone too early", Fail, "at least 295 s after deletion", |world| {
        world.entries.last_mut().unwrap().t -= 200.0;
    }),
    edit("10", "gone at once", Fail, "gone at once", |world| {
        world.entries.truncate(world.entries.len() - 3);
        world.after(-300.2).state(&md("final-test"), Value::Null);
    }),
    edit(
        "10",
        "somebody removes the finalizer",
        Inconclusive,
        "somebody has removed the finalizer",
        |world| {
            world.entries.pop();
            world.after(-200.0).state(&dep("final-test"), Value::Null);
        },
    ),
    edit("10", "the shim does nothing", Fail, "phase of model is Terminating", |world| {
        world.entries.truncate(world.entries.len() - 3);
    }),
    edit("13", "another template", Fail, ".spec.template", |world| {
        moved(
            world,
            "delete",
            0,
            &dep("restart-test"),
            &json!({"spec": {"template": {"spec": {"containers": []}}}}),
        );
    }),
    edit("13", "made anew", Fail, ".metadata.uid", |world| {
        moved(world, "delete", 0, &dep("restart-test"), &json!({"metadata": {"uid": "new"}}));
    }),
    edit("13", "another digest", Fail, "digest", |world| {
        moved(world, "delete", 0, &md("restart-test"), &json!({"status": {"image": {"digest": "sha256:2"}}}));
    }),
    edit("13", "the last words of the old shim alone", Fail, ".status.ready", |world| {
        world.only(&ipc("vllm"), 2);
    }),
    edit("13", "an old heartbeat", Fail, "lastHeartbeat", |world| {
        world.only(&ipc("vllm"), 1);
    }),
    edit("13", "its pods are replaced", Fail, "of pods after", |world| {
        replaced_answer(world, "list", 1, json!({"items": [{"metadata": {"uid": "pod-2"}}]}));
    }),
    edit("13", "no pod of the shim", Inconclusive, "no pod of the shim", |world| {
        world.answered("delete", "/items", json!([]));
    }),
    edit("13", "pods may not be deleted", Inconclusive, "is forbidden", |world| {
        world.answer("delete", refused("rights", "is forbidden"));
    }),
    edit("14", "held for good", Fail, "sel-vllm does not exist", |world| {
        world.only(&md("sel-vllm"), 1);
    }),
    edit("14", "one of another name", Fail, ".items of models", |world| {
        world.answered("list the modeldeployments", "/items", json!([{"metadata": {"name": "x"}}]));
    }),
    edit("14", "may not be listed", Inconclusive, "is forbidden", |world| {
        world.answer("list", refused("rights", "is forbidden"));
    }),
];
