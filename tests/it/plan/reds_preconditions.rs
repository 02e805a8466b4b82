//! Preconditions that are not met, and registrations that are not right.

use super::edits::Edit;
use super::world::{World, denied, ipc, md, refused};
use kubectl_airunway::core::plan::Verdict::{Fail, Inconclusive, Pass, Skip};
use kubectl_airunway::core::plan::record::Told;
use serde_json::{Value, json};

const NO_RIGHTS: &str = "is forbidden: User \"somebody\" cannot do that";
const SHIM: &str = "deployments.apps/airunway-system/airunway-vllm-provider";
const MUTATING: &str =
    "mutatingwebhookconfigurations.admissionregistration.k8s.io/-/airunway-mutating-webhook-configuration";

fn rights() -> Told {
    refused("rights", NO_RIGHTS)
}

fn unreadable(world: &mut World, provider: &str) {
    world.act(&format!("read InferenceProviderConfig {provider}"), rights());
}

/// The rows.
pub const EDITS: &[Edit] = &[
    Edit {
        id: "P1",
        what: "no such definition",
        edit: |world| world.answer("read CustomResourceDefinition model", Told::Done(Value::Null)),
        verdict: Fail,
        says: "not defined",
    },
    Edit {
        id: "P1",
        what: "definitions may not be read, objects may",
        edit: |world| {
            world.answer("read CustomResourceDefinition model", rights());
            world.answer("read CustomResourceDefinition inference", rights());
        },
        verdict: Pass,
        says: "",
    },
    Edit {
        id: "P1",
        what: "nothing may be read",
        edit: |world| {
            world.answer("read CustomResourceDefinition model", rights());
            world.answer("read CustomResourceDefinition inference", rights());
            world.answer("list the modeldeployments", rights());
        },
        verdict: Inconclusive,
        says: "could not be read",
    },
    Edit {
        id: "P2",
        what: "the shim does not start",
        edit: |world| world.condition(SHIM, "Available", "status", "False"),
        verdict: Fail,
        says: "Available",
    },
    Edit {
        id: "P2",
        what: "no Deployment of the shim, but a heartbeat",
        edit: |world| world.never(SHIM),
        verdict: Pass,
        says: "heartbeat",
    },
    Edit {
        id: "P2",
        what: "no Deployment of the shim, and an old heartbeat",
        edit: |world| {
            world.never(SHIM);
            world.set(&ipc("vllm"), "/status/lastHeartbeat", json!("2026-06-17T11:00:00Z"));
        },
        verdict: Fail,
        says: "airunway-vllm-provider does not exist",
    },
    Edit {
        id: "P2",
        what: "the API server does not answer",
        edit: |world| world.answer("ask the API server", Told::Failed("connection refused".to_owned())),
        verdict: Inconclusive,
        says: "connection refused",
    },
    Edit {
        id: "P3",
        what: "no certificate authority yet",
        edit: |world| world.set(MUTATING, "/webhooks/0/clientConfig/caBundle", json!("Cg==")),
        verdict: Fail,
        says: "caBundle",
    },
    Edit {
        id: "P3",
        what: "not registered",
        edit: |world| world.never(MUTATING),
        verdict: Fail,
        says: "not registered",
    },
    Edit {
        id: "P3",
        what: "another webhook in its configuration",
        edit: |world| world.set(MUTATING, "/webhooks", json!([{"name": "other", "clientConfig": {}}])),
        verdict: Fail,
        says: "caBundle",
    },
    Edit {
        id: "P3",
        what: "configurations may not be watched",
        edit: |world| world.broken(NO_RIGHTS),
        verdict: Inconclusive,
        says: NO_RIGHTS,
    },
    Edit {
        id: "P4",
        what: "webhooks are off",
        edit: |world| world.answer("create ModelDeployment", Told::Done(json!({}))),
        verdict: Fail,
        says: "accepted",
    },
    Edit {
        id: "P4",
        what: "the webhook cannot be reached",
        edit: |world| {
            world.answer("create ModelDeployment", refused("webhook-unreachable", "failed calling webhook"));
        },
        verdict: Inconclusive,
        says: "failed calling webhook",
    },
    Edit {
        id: "P4",
        what: "it denies everything in its own words",
        edit: |world| world.answer("create ModelDeployment", denied("denied the request: no")),
        verdict: Pass,
        says: "",
    },
    Edit {
        id: "P5",
        what: "vllm alone",
        edit: |world| {
            for place in ["0", "1", "2", "3"] {
                world.answered("list", &format!("/items/{place}/status/ready"), json!(false));
            }
        },
        verdict: Fail,
        says: "is there",
    },
    Edit {
        id: "P5",
        what: "registrations may not be read",
        edit: |world| world.answer("list", rights()),
        verdict: Inconclusive,
        says: NO_RIGHTS,
    },
    Edit {
        id: "P6",
        what: "no registry",
        edit: |world| {
            world.condition(&md("registry-probe"), "ImageResolved", "message", "dial tcp: timeout");
            world.condition(&md("registry-probe"), "ImageResolved", "status", "False");
        },
        verdict: Fail,
        says: "dial tcp: timeout",
    },
    Edit {
        id: "P6",
        what: "the shim does nothing",
        edit: |world| world.only(&md("registry-probe"), 2),
        verdict: Inconclusive,
        says: "not within 60 s",
    },
    Edit {
        id: "P8",
        what: "nobody takes the Deployment in hand",
        edit: |world| world.only("deployments.apps/vllm-test/progress-probe", 1),
        verdict: Fail,
        says: "not within 15 s",
    },
    Edit {
        id: "P8",
        what: "Deployments may not be created",
        edit: |world| world.answer("create Deployment", rights()),
        verdict: Inconclusive,
        says: NO_RIGHTS,
    },
    Edit {
        id: "P9",
        what: "nobody looks for a place",
        edit: |world| world.only("pods/vllm-test/scheduler-probe", 1),
        verdict: Fail,
        says: "PodScheduled",
    },
    Edit {
        id: "P9",
        what: "a quota",
        edit: |world| world.answer("create Pod", refused("other", "exceeded quota")),
        verdict: Inconclusive,
        says: "exceeded quota",
    },
    Edit {
        id: "GPU",
        what: "no node has one",
        edit: |world| world.answered("list", "/items/2/status/allocatable", json!({"cpu": "8"})),
        verdict: Fail,
        says: "nvidia.com/gpu",
    },
    Edit {
        id: "GPU",
        what: "there is no node",
        edit: |world| world.answered("list", "/items", json!([])),
        verdict: Fail,
        says: "nvidia.com/gpu",
    },
    Edit {
        id: "GPU",
        what: "nodes may not be listed",
        edit: |world| world.answer("list", rights()),
        verdict: Inconclusive,
        says: NO_RIGHTS,
    },
    Edit {
        id: "provider-dynamo",
        what: "not registered",
        edit: |world| world.never(&ipc("dynamo")),
        verdict: Fail,
        says: "no InferenceProviderConfig",
    },
    Edit {
        id: "provider-dynamo",
        what: "may not be read",
        edit: |world| unreadable(world, "dynamo"),
        verdict: Inconclusive,
        says: NO_RIGHTS,
    },
    Edit {
        id: "provider-kaito",
        what: "not registered",
        edit: |world| world.never(&ipc("kaito")),
        verdict: Fail,
        says: "no InferenceProviderConfig",
    },
    Edit {
        id: "provider-kaito",
        what: "may not be read",
        edit: |world| unreadable(world, "kaito"),
        verdict: Inconclusive,
        says: NO_RIGHTS,
    },
    Edit {
        id: "provider-kuberay",
        what: "not registered",
        edit: |world| world.never(&ipc("kuberay")),
        verdict: Fail,
        says: "no InferenceProviderConfig",
    },
    Edit {
        id: "provider-kuberay",
        what: "may not be read",
        edit: |world| unreadable(world, "kuberay"),
        verdict: Inconclusive,
        says: NO_RIGHTS,
    },
    Edit {
        id: "provider-llmd",
        what: "not registered",
        edit: |world| world.never(&ipc("llmd")),
        verdict: Fail,
        says: "no InferenceProviderConfig",
    },
    Edit {
        id: "provider-llmd",
        what: "may not be read",
        edit: |world| unreadable(world, "llmd"),
        verdict: Inconclusive,
        says: NO_RIGHTS,
    },
    Edit {
        id: "S1",
        what: "not ready",
        edit: |world| world.set(&ipc("vllm"), "/status/ready", Value::Null),
        verdict: Fail,
        says: ".status.ready",
    },
    Edit {
        id: "S1",
        what: "with a rule",
        edit: |world| {
            let rule = json!([{"condition": "true", "priority": 1}]);
            world.set(&ipc("vllm"), "/spec/selectionRules", rule);
        },
        verdict: Fail,
        says: "selectionRules",
    },
    Edit {
        id: "S1",
        what: "a version of another shim",
        edit: |world| world.set(&ipc("vllm"), "/status/version", json!("kaito-provider:dev")),
        verdict: Fail,
        says: ".status.version",
    },
    Edit {
        id: "S1",
        what: "no heartbeat for four minutes",
        edit: |world| world.set(&ipc("vllm"), "/status/lastHeartbeat", json!("2026-06-17T11:56:00Z")),
        verdict: Fail,
        says: "lastHeartbeat",
    },
    Edit {
        id: "S1",
        what: "clocks that are apart",
        edit: |world| world.set(&ipc("vllm"), "/status/lastHeartbeat", json!("2026-06-17T12:10:00Z")),
        verdict: Inconclusive,
        says: "clocks of the cluster are apart",
    },
    Edit {
        id: "S1",
        what: "serves without a GPU",
        edit: |world| world.set(&ipc("vllm"), "/spec/capabilities/engines/0/cpuSupport", json!(true)),
        verdict: Fail,
        says: "cpuSupport",
    },
    Edit {
        id: "S1-dynamo",
        what: "without its operator",
        edit: |world| {
            world.answer("read CustomResourceDefinition", Told::Done(Value::Null));
            world.set(&ipc("dynamo"), "/status/ready", Value::Null);
        },
        verdict: Skip,
        says: "its operator is not installed",
    },
    Edit {
        id: "S1-dynamo",
        what: "not ready, with its operator",
        edit: |world| world.set(&ipc("dynamo"), "/status/ready", Value::Null),
        verdict: Fail,
        says: ".status.ready",
    },
    Edit {
        id: "S1-dynamo",
        what: "another priority",
        edit: |world| world.set(&ipc("dynamo"), "/spec/selectionRules/3/priority", json!(5)),
        verdict: Fail,
        says: "selectionRules",
    },
    Edit {
        id: "S1-kaito",
        what: "without its operator",
        edit: |world| {
            world.set(&ipc("kaito"), "/status/ready", Value::Null);
            world.condition(&ipc("kaito"), "UpstreamReady", "status", "False");
            world.condition(&ipc("kaito"), "UpstreamReady", "message", "Install KAITO.");
        },
        verdict: Skip,
        says: "its operator is not installed: Install KAITO.",
    },
    Edit {
        id: "S1-kaito",
        what: "without rules",
        edit: |world| world.set(&ipc("kaito"), "/spec/selectionRules", Value::Null),
        verdict: Fail,
        says: "selectionRules",
    },
    Edit {
        id: "S1-kuberay",
        what: "without its operator",
        edit: |world| {
            world.answer("read CustomResourceDefinition", Told::Done(Value::Null));
            world.set(&ipc("kuberay"), "/status/ready", Value::Null);
        },
        verdict: Skip,
        says: "its operator is not installed",
    },
    Edit {
        id: "S1-kuberay",
        what: "built on another version",
        edit: |world| world.set(&ipc("kuberay"), "/status/upstreamCRDVersion", json!("ray.io/v2")),
        verdict: Fail,
        says: "upstreamCRDVersion",
    },
    Edit {
        id: "S1-llmd",
        what: "no engine",
        edit: |world| world.set(&ipc("llmd"), "/spec/capabilities/engines", json!([])),
        verdict: Fail,
        says: "engines",
    },
    Edit {
        id: "S1-llmd",
        what: "the API server does not answer",
        edit: |world| world.answer("ask the API server", Told::Failed("connection refused".to_owned())),
        verdict: Inconclusive,
        says: "connection refused",
    },
];
