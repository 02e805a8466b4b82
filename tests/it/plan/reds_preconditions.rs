//! Preconditions that are not met, and registrations that are not right.

use super::edits::{Edit, edit};
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
pub(super) const EDITS: &[Edit] = &[
    edit("P1", "no such definition", Fail, "not defined", |world| {
        world.answer("read CustomResourceDefinition model", Told::Done(Value::Null))
    }),
    edit("P1", "definitions may not be read, objects may", Pass, "", |world| {
        world.answer("read CustomResourceDefinition model", rights());
        world.answer("read CustomResourceDefinition inference", rights());
    }),
    edit("P1", "nothing may be read", Inconclusive, "could not be read", |world| {
        world.answer("read CustomResourceDefinition model", rights());
        world.answer("read CustomResourceDefinition inference", rights());
        world.answer("list the modeldeployments", rights());
    }),
    edit("P2", "the shim does not start", Fail, "Available", |world| {
        world.condition(SHIM, "Available", "status", "False")
    }),
    edit("P2", "no Deployment of the shim, but a heartbeat", Pass, "heartbeat", |world| world.never(SHIM)),
    edit(
        "P2",
        "no Deployment of the shim, and an old heartbeat",
        Fail,
        "airunway-vllm-provider does not exist",
        |world| {
            world.never(SHIM);
            world.set(&ipc("vllm"), "/status/lastHeartbeat", json!("2026-06-17T11:00:00Z"));
        },
    ),
    edit("P2", "the API server does not answer", Inconclusive, "connection refused", |world| {
        world.answer("ask the API server", Told::Failed("connection refused".to_owned()))
    }),
    edit("P3", "no certificate authority yet", Fail, "caBundle", |world| {
        world.set(MUTATING, "/webhooks/0/clientConfig/caBundle", json!("Cg=="))
    }),
    edit("P3", "not registered", Fail, "not registered", |world| world.never(MUTATING)),
    edit("P3", "another webhook in its configuration", Fail, "caBundle", |world| {
        world.set(MUTATING, "/webhooks", json!([{"name": "other", "clientConfig": {}}]))
    }),
    edit("P3", "configurations may not be watched", Inconclusive, NO_RIGHTS, |world| world.broken(NO_RIGHTS)),
    edit("P4", "webhooks are off", Fail, "accepted", |world| {
        world.answer("create ModelDeployment", Told::Done(json!({})))
    }),
    edit("P4", "the webhook cannot be reached", Inconclusive, "failed calling webhook", |world| {
        world.answer("create ModelDeployment", refused("webhook-unreachable", "failed calling webhook"));
    }),
    edit("P4", "it denies everything in its own words", Pass, "", |world| {
        world.answer("create ModelDeployment", denied("denied the request: no"))
    }),
    edit("P5", "vllm alone", Fail, "no provider but vllm", |world| {
        for place in ["0", "1", "2", "3"] {
            world.answered("list", &format!("/items/{place}/status/ready"), json!(false));
        }
    }),
    edit("P5", "registrations may not be read", Inconclusive, NO_RIGHTS, |world| {
        world.answer("list", rights())
    }),
    edit("P6", "no registry", Fail, "dial tcp: timeout", |world| {
        world.condition(&md("registry-probe"), "ImageResolved", "message", "dial tcp: timeout");
        world.condition(&md("registry-probe"), "ImageResolved", "status", "False");
    }),
    edit("P6", "the shim does nothing", Inconclusive, "not within 60 s", |world| {
        world.only(&md("registry-probe"), 2)
    }),
    edit("P8", "nobody takes the Deployment in hand", Fail, "not within 15 s", |world| {
        world.only("deployments.apps/vllm-test/progress-probe", 1)
    }),
    edit("P8", "Deployments may not be created", Inconclusive, NO_RIGHTS, |world| {
        world.answer("create Deployment", rights())
    }),
    edit("P9", "nobody looks for a place", Fail, "PodScheduled", |world| {
        world.only("pods/vllm-test/scheduler-probe", 1)
    }),
    edit("P9", "a quota", Inconclusive, "exceeded quota", |world| {
        world.answer("create Pod", refused("other", "exceeded quota"))
    }),
    edit("GPU", "no node has one", Fail, "nvidia.com/gpu", |world| {
        world.answered("list", "/items/2/status/allocatable", json!({"cpu": "8"}))
    }),
    edit("GPU", "there is no node", Fail, "nvidia.com/gpu", |world| {
        world.answered("list", "/items", json!([]))
    }),
    edit("GPU", "nodes may not be listed", Inconclusive, NO_RIGHTS, |world| world.answer("list", rights())),
    edit("provider-dynamo", "not registered", Fail, "no InferenceProviderConfig", |world| {
        world.never(&ipc("dynamo"))
    }),
    edit("provider-dynamo", "may not be read", Inconclusive, NO_RIGHTS, |world| unreadable(world, "dynamo")),
    edit("provider-kaito", "not registered", Fail, "no InferenceProviderConfig", |world| {
        world.never(&ipc("kaito"))
    }),
    edit("provider-kaito", "may not be read", Inconclusive, NO_RIGHTS, |world| unreadable(world, "kaito")),
    edit("provider-kuberay", "not registered", Fail, "no InferenceProviderConfig", |world| {
        world.never(&ipc("kuberay"))
    }),
    edit("provider-kuberay", "may not be read", Inconclusive, NO_RIGHTS, |world| {
        unreadable(world, "kuberay")
    }),
    edit("provider-llmd", "not registered", Fail, "no InferenceProviderConfig", |world| {
        world.never(&ipc("llmd"))
    }),
    edit("provider-llmd", "may not be read", Inconclusive, NO_RIGHTS, |world| unreadable(world, "llmd")),
    edit("S1", "not ready", Fail, ".status.ready", |world| {
        world.set(&ipc("vllm"), "/status/ready", Value::Null)
    }),
    edit("S1", "with a rule", Fail, "selectionRules", |world| {
        let rule = json!([{"condition": "true", "priority": 1}]);
        world.set(&ipc("vllm"), "/spec/selectionRules", rule);
    }),
    edit("S1", "a version of another shim", Fail, ".status.version", |world| {
        world.set(&ipc("vllm"), "/status/version", json!("kaito-provider:dev"))
    }),
    edit("S1", "no heartbeat for four minutes", Fail, "lastHeartbeat", |world| {
        world.set(&ipc("vllm"), "/status/lastHeartbeat", json!("2026-06-17T11:56:00Z"))
    }),
    edit("S1", "clocks that are apart", Inconclusive, "clocks of the cluster are apart", |world| {
        world.set(&ipc("vllm"), "/status/lastHeartbeat", json!("2026-06-17T12:10:00Z"))
    }),
    edit("S1", "serves without a GPU", Fail, "cpuSupport", |world| {
        world.set(&ipc("vllm"), "/spec/capabilities/engines/0/cpuSupport", json!(true))
    }),
    edit("S1-dynamo", "without its operator", Skip, "its operator is not installed", |world| {
        world.answer("read CustomResourceDefinition", Told::Done(Value::Null));
        world.set(&ipc("dynamo"), "/status/ready", Value::Null);
    }),
    edit("S1-dynamo", "not ready, with its operator", Fail, ".status.ready", |world| {
        world.set(&ipc("dynamo"), "/status/ready", Value::Null)
    }),
    edit("S1-dynamo", "another priority", Fail, "selectionRules", |world| {
        world.set(&ipc("dynamo"), "/spec/selectionRules/3/priority", json!(5))
    }),
    edit(
        "S1-kaito",
        "without its operator",
        Skip,
        "its operator is not installed: Install KAITO.",
        |world| {
            world.set(&ipc("kaito"), "/status/ready", Value::Null);
            world.condition(&ipc("kaito"), "UpstreamReady", "status", "False");
            world.condition(&ipc("kaito"), "UpstreamReady", "message", "Install KAITO.");
        },
    ),
    edit("S1-kaito", "without rules", Fail, "selectionRules", |world| {
        world.set(&ipc("kaito"), "/spec/selectionRules", Value::Null)
    }),
    edit("S1-kuberay", "without its operator", Skip, "its operator is not installed", |world| {
        world.answer("read CustomResourceDefinition", Told::Done(Value::Null));
        world.set(&ipc("kuberay"), "/status/ready", Value::Null);
    }),
    edit("S1-kuberay", "built on another version", Fail, "upstreamCRDVersion", |world| {
        world.set(&ipc("kuberay"), "/status/upstreamCRDVersion", json!("ray.io/v2"))
    }),
    edit("S1-llmd", "no engine", Fail, "engines", |world| {
        world.set(&ipc("llmd"), "/spec/capabilities/engines", json!([]))
    }),
    edit("S1-llmd", "the API server does not answer", Inconclusive, "connection refused", |world| {
        world.answer("ask the API server", Told::Failed("connection refused".to_owned()))
    }),
];
