//! What can be wrong in checks 1 to 5.

use super::edits::{Edit, moved};
use super::world::{denied, dep, md, refused, svc};
use kubectl_airunway::core::plan::Verdict::{Fail, Inconclusive, KnownFinding, Pass};
use kubectl_airunway::core::plan::record::Told;
use serde_json::{Value, json};

const UNRESOLVED: &str = "failed to resolve default vLLM image \"vllm/vllm-openai:cu130-nightly\": timeout";

/// The rows.
pub const EDITS: &[Edit] = &[
    Edit {
        id: "1a",
        what: "vllm, although others are ready",
        edit: |world| {
            world.set(&md("sel-auto"), "/status/provider/name", json!("vllm"));
        },
        verdict: Fail,
        says: "although another provider is ready: vllm",
    },
    Edit {
        id: "1a",
        what: "vllm, the only one",
        edit: |world| {
            world.set(&md("sel-auto"), "/status/provider/name", json!("vllm"));
            world.answered("list", "/items", json!([]));
            world.set(&md("sel-auto"), "/status/conditions/2/message", json!("Provider vllm auto-selected"));
        },
        verdict: KnownFinding,
        says: "the only one that is ready: vllm",
    },
    Edit {
        id: "1a",
        what: "nobody",
        edit: |world| {
            world.set(&md("sel-auto"), "/status/provider", Value::Null);
            world.condition(&md("sel-auto"), "ProviderSelected", "status", "False");
            world.condition(
                &md("sel-auto"),
                "ProviderSelected",
                "message",
                "Provider selection failed: none",
            );
        },
        verdict: Inconclusive,
        says: "Provider selection failed: none",
    },
    Edit {
        id: "1a",
        what: "the controller does nothing",
        edit: |world| {
            world.only(&md("sel-auto"), 1);
        },
        verdict: Inconclusive,
        says: "not within 60 s",
    },
    Edit {
        id: "1a",
        what: "another reason",
        edit: |world| {
            world.set(&md("sel-auto"), "/status/provider/selectedReason", json!("a whim"));
        },
        verdict: Fail,
        says: "selectedReason",
    },
    Edit {
        id: "1a",
        what: "not said in the condition",
        edit: |world| {
            world.condition(&md("sel-auto"), "ProviderSelected", "reason", "ExplicitSelection");
        },
        verdict: Fail,
        says: "ProviderSelected",
    },
    Edit {
        id: "1b",
        what: "another finalizer",
        edit: |world| {
            world.set(&md("sel-vllm"), "/metadata/finalizers", json!(["example.com/other"]));
        },
        verdict: Fail,
        says: "finalizers",
    },
    Edit {
        id: "1b",
        what: "a Service with another port",
        edit: |world| {
            world.set(&svc("sel-vllm"), "/spec/ports/0/port", json!(9000));
        },
        verdict: Fail,
        says: ".spec.ports",
    },
    Edit {
        id: "1b",
        what: "a Deployment that nobody owns",
        edit: |world| {
            world.set(&dep("sel-vllm"), "/metadata/ownerReferences", Value::Null);
        },
        verdict: Fail,
        says: "ownerReferences",
    },
    Edit {
        id: "1b",
        what: "a Service of another owner",
        edit: |world| {
            world.set(&svc("sel-vllm"), "/metadata/ownerReferences/0/uid", json!("other"));
        },
        verdict: Fail,
        says: "ownerReferences",
    },
    Edit {
        id: "1b",
        what: "no Service",
        edit: |world| {
            world.never(&svc("sel-vllm"));
        },
        verdict: Fail,
        says: "of service is there",
    },
    Edit {
        id: "1b",
        what: "chosen, not named",
        edit: |world| {
            world.set(&md("sel-vllm"), "/status/provider/selectedReason", json!("matched"));
        },
        verdict: Fail,
        says: "selectedReason",
    },
    Edit {
        id: "1b",
        what: "the shim gives up",
        edit: |world| {
            world.set(&md("sel-vllm"), "/status/conditions", json!([]));
            world.set(&md("sel-vllm"), "/status/message", json!("no luck"));
            world.set(&md("sel-vllm"), "/status/phase", json!("Failed"));
        },
        verdict: Fail,
        says: "given up: no luck",
    },
    Edit {
        id: "1b",
        what: "the shim wants the registry",
        edit: |world| {
            world.set(&md("sel-vllm"), "/status/conditions", json!([]));
            world.set(&md("sel-vllm"), "/status/message", json!(UNRESOLVED));
        },
        verdict: Inconclusive,
        says: "cannot reach the image registry",
    },
    Edit {
        id: "1b",
        what: "refused by somebody else",
        edit: |world| {
            world.answer("create ModelDeployment", refused("other", "exceeded quota"));
        },
        verdict: Inconclusive,
        says: "exceeded quota",
    },
    Edit {
        id: "1b",
        what: "denied",
        edit: |world| {
            world.answer("create ModelDeployment", denied("denied the request: no"));
        },
        verdict: Fail,
        says: "denied the request: no",
    },
    Edit {
        id: "1c",
        what: "accepted",
        edit: |world| {
            world.answer("patch", Told::Done(json!({"spec": {"provider": {"name": "vllm"}}})));
        },
        verdict: Fail,
        says: "accepted, the provider is now: vllm",
    },
    Edit {
        id: "1c",
        what: "denied in other words",
        edit: |world| {
            world.answer("patch", denied("denied the request: no"));
        },
        verdict: Fail,
        says: "denied in other words: ",
    },
    Edit {
        id: "1c",
        what: "refused by somebody else",
        edit: |world| {
            world.answer("patch", refused("rights", "is forbidden"));
        },
        verdict: Inconclusive,
        says: "refused by somebody else: is forbidden",
    },
    Edit {
        id: "1c",
        what: "changed all the same",
        edit: |world| {
            moved(world, "patch", 0, &md("sel-move"), &json!({"status": {"provider": {"name": "vllm"}}}));
        },
        verdict: Fail,
        says: ".status.provider.name",
    },
    Edit {
        id: "1c",
        what: "vllm is who was chosen",
        edit: |world| {
            world.set(&md("sel-move"), "/status/provider/name", json!("vllm"));
            world.answer("patch", Told::Done(json!({"spec": {"provider": {"name": "vllm"}}})));
        },
        verdict: Pass,
        says: "",
    },
    Edit {
        id: "1c",
        what: "vllm is who was chosen, and nobody can follow",
        edit: |world| {
            world.set(&md("sel-move"), "/status/provider/name", json!("vllm"));
            world.answer("patch", Told::Done(json!({"spec": {"provider": {"name": "vllm"}}})));
            world.reworded("name is immutable", "name may change");
        },
        verdict: Fail,
        says: "denied in other words",
    },
    Edit {
        id: "2",
        what: "no digest",
        edit: |world| {
            world.set(&md("pin-test"), "/status/image/digest", Value::Null);
        },
        verdict: Inconclusive,
        says: "digest",
    },
    Edit {
        id: "2",
        what: "no registry",
        edit: |world| {
            world.set(&md("pin-test"), "/status/image/digest", Value::Null);
            world.set(&md("pin-test"), "/status/message", json!(UNRESOLVED));
        },
        verdict: Inconclusive,
        says: "cannot reach the image registry",
    },
    Edit {
        id: "2",
        what: "a digest that moves",
        edit: |world| {
            moved(
                world,
                "patch ModelDeployment",
                1,
                &dep("pin-test"),
                &json!({"spec": {"template": {"spec": {"containers": [{"image": "vllm/vllm-openai@sha256:2"}]}}}}),
            );
        },
        verdict: Fail,
        says: "of rendered is the same as",
    },
    Edit {
        id: "2",
        what: "resolved anew each time",
        edit: |world| {
            world.condition(&md("pin-test"), "ImageResolved", "reason", "ImageResolved");
        },
        verdict: Fail,
        says: "ImageResolutionReused",
    },
    Edit {
        id: "2",
        what: "another source",
        edit: |world| {
            world.set(&md("pin-test"), "/status/image/source", json!("custom"));
        },
        verdict: Fail,
        says: "image.source",
    },
    Edit {
        id: "2",
        what: "verified, which nobody did",
        edit: |world| {
            world.set(&md("pin-test"), "/status/image/verified", json!(true));
        },
        verdict: Fail,
        says: "image.verified",
    },
    Edit {
        id: "2",
        what: "rendered as a tag",
        edit: |world| {
            world.set(
                &dep("pin-test"),
                "/spec/template/spec/containers/0/image",
                json!("vllm/vllm-openai:x"),
            );
        },
        verdict: Fail,
        says: ".image of deployment",
    },
    Edit {
        id: "2",
        what: "no pass comes",
        edit: |world| {
            world.reworded("\"airunway.ai/managed-by\":\"airunway\"", "\"airunway.ai/managed-by\":\"x\"");
        },
        verdict: Fail,
        says: "managed-by",
    },
    Edit {
        id: "3A",
        what: "another source",
        edit: |world| {
            world.set(&md("outage-test"), "/status/image/source", json!("stable"));
        },
        verdict: Fail,
        says: "image.source",
    },
    Edit {
        id: "3A",
        what: "rendered as a tag",
        edit: |world| {
            world.set(&md("outage-test"), "/status/image/resolved", json!("vllm/vllm-openai:cu130-nightly"));
        },
        verdict: Fail,
        says: "image.resolved",
    },
    Edit {
        id: "3A",
        what: "no registry",
        edit: |world| {
            world.set(&md("outage-test"), "/status/image", Value::Null);
            world.set(&md("outage-test"), "/status/message", json!(UNRESOLVED));
        },
        verdict: Inconclusive,
        says: "cannot reach the image registry",
    },
    Edit {
        id: "3B",
        what: "the registry is there",
        edit: |world| {
            world.condition(&md("outage-fresh"), "ImageResolved", "status", "True");
        },
        verdict: Inconclusive,
        says: "enforce NetworkPolicies",
    },
    Edit {
        id: "3B",
        what: "the shim is cut off",
        edit: |world| {
            world.only(&md("outage-fresh"), 2);
        },
        verdict: Inconclusive,
        says: "not within 120 s",
    },
    Edit {
        id: "3B",
        what: "rendered all the same",
        edit: |world| {
            world.intruder(&dep("outage-fresh"));
        },
        verdict: Fail,
        says: "Deployment outage-fresh exists",
    },
    Edit {
        id: "3B",
        what: "said in other words",
        edit: |world| {
            world.reworded("failed to resolve default vLLM image", "cannot resolve");
        },
        verdict: Fail,
        says: ".status.message",
    },
    Edit {
        id: "3B",
        what: "no NetworkPolicy may be made",
        edit: |world| {
            world.answer("create NetworkPolicy", refused("rights", "is forbidden"));
        },
        verdict: Inconclusive,
        says: "is forbidden",
    },
    Edit {
        id: "3C",
        what: "rewritten to a digest",
        edit: |world| {
            world.reworded(
                "\"image\":\"vllm/vllm-openai:latest\",\"imagePullPolicy\"",
                "\"image\":\"vllm/vllm-openai@sha256:1\",\"imagePullPolicy\"",
            );
        },
        verdict: Fail,
        says: "not within 60 s",
    },
    Edit {
        id: "3C",
        what: "not classed as stable",
        edit: |world| {
            world.reworded("\"source\":\"stable\"", "\"source\":\"custom\"");
        },
        verdict: Fail,
        says: "image.source",
    },
    Edit {
        id: "3C",
        what: "said in other words",
        edit: |world| {
            world.reworded(" Continuing with the user-specified image reference.", "");
        },
        verdict: Fail,
        says: "ImageResolved",
    },
    Edit {
        id: "3C",
        what: "refused by somebody else",
        edit: |world| {
            world.answer("patch ModelDeployment", refused("other", "exceeded quota"));
        },
        verdict: Inconclusive,
        says: "exceeded quota",
    },
    Edit {
        id: "4",
        what: "accepted",
        edit: |world| {
            world.answer("create", Told::Done(json!({})));
        },
        verdict: Fail,
        says: "accepted",
    },
    Edit {
        id: "4",
        what: "denied in other words",
        edit: |world| {
            world.reworded("is preferred", "is better");
        },
        verdict: Fail,
        says: "denied in other words",
    },
    Edit {
        id: "4",
        what: "it is there all the same",
        edit: |world| {
            world.intruder(&md("img-conflict"));
        },
        verdict: Fail,
        says: "img-conflict exists",
    },
    Edit {
        id: "4",
        what: "denied by another webhook",
        edit: |world| {
            world.answer(
                "create",
                Told::Refused {
                    by: "webhook".to_owned(),
                    webhook: "other".to_owned(),
                    code: 403,
                    message: "no".to_owned(),
                },
            );
        },
        verdict: Inconclusive,
        says: "no",
    },
    Edit {
        id: "4",
        what: "the webhook cannot be reached",
        edit: |world| {
            world.answer("create", refused("webhook-unreachable", "failed calling webhook"));
        },
        verdict: Inconclusive,
        says: "failed calling webhook",
    },
    Edit {
        id: "5a",
        what: "rendered",
        edit: |world| {
            world.only(&md("reserved-a"), 2);
            world.intruder(&dep("reserved-a"));
        },
        verdict: Fail,
        says: "it was rendered",
    },
    Edit {
        id: "5a",
        what: "a Service",
        edit: |world| {
            world.intruder(&svc("reserved-a"));
        },
        verdict: Fail,
        says: "Service reserved-a exists",
    },
    Edit {
        id: "5a",
        what: "said in other words",
        edit: |world| {
            world.reworded("conflicts with Direct vLLM", "is not for you");
        },
        verdict: Fail,
        says: "refused in other words",
    },
    Edit {
        id: "5a",
        what: "no registry",
        edit: |world| {
            world.set(&md("reserved-a"), "/status/message", json!(UNRESOLVED));
        },
        verdict: Inconclusive,
        says: "cannot reach the image registry",
    },
    Edit {
        id: "5a",
        what: "the shim does nothing",
        edit: |world| {
            world.only(&md("reserved-a"), 2);
        },
        verdict: Fail,
        says: "not within 60 s",
    },
    Edit {
        id: "5b",
        what: "rendered",
        edit: |world| {
            world.only(&md("reserved-b"), 2);
            world.intruder(&dep("reserved-b"));
        },
        verdict: Fail,
        says: "it was rendered",
    },
    Edit {
        id: "5b",
        what: "a Service",
        edit: |world| {
            world.intruder(&svc("reserved-b"));
        },
        verdict: Fail,
        says: "Service reserved-b exists",
    },
    Edit {
        id: "5b",
        what: "said in other words",
        edit: |world| {
            world.reworded("conflicts with Direct vLLM", "is not for you");
        },
        verdict: Fail,
        says: "refused in other words",
    },
    Edit {
        id: "5b",
        what: "no registry",
        edit: |world| {
            world.set(&md("reserved-b"), "/status/message", json!(UNRESOLVED));
        },
        verdict: Inconclusive,
        says: "cannot reach the image registry",
    },
    Edit {
        id: "5b",
        what: "the shim does nothing",
        edit: |world| {
            world.only(&md("reserved-b"), 2);
        },
        verdict: Fail,
        says: "not within 60 s",
    },
    Edit {
        id: "5c",
        what: "rendered",
        edit: |world| {
            world.only(&md("reserved-c"), 2);
            world.intruder(&dep("reserved-c"));
        },
        verdict: Fail,
        says: "it was rendered",
    },
    Edit {
        id: "5c",
        what: "a Service",
        edit: |world| {
            world.intruder(&svc("reserved-c"));
        },
        verdict: Fail,
        says: "Service reserved-c exists",
    },
    Edit {
        id: "5c",
        what: "said in other words",
        edit: |world| {
            world.reworded("conflicts with Direct vLLM", "is not for you");
        },
        verdict: Fail,
        says: "refused in other words",
    },
    Edit {
        id: "5c",
        what: "no registry",
        edit: |world| {
            world.set(&md("reserved-c"), "/status/message", json!(UNRESOLVED));
        },
        verdict: Inconclusive,
        says: "cannot reach the image registry",
    },
    Edit {
        id: "5c",
        what: "the shim does nothing",
        edit: |world| {
            world.only(&md("reserved-c"), 2);
        },
        verdict: Fail,
        says: "not within 60 s",
    },
    Edit {
        id: "5d",
        what: "rendered",
        edit: |world| {
            world.only(&md("reserved-d"), 2);
            world.intruder(&dep("reserved-d"));
        },
        verdict: Fail,
        says: "it was rendered",
    },
    Edit {
        id: "5d",
        what: "a Service",
        edit: |world| {
            world.intruder(&svc("reserved-d"));
        },
        verdict: Fail,
        says: "Service reserved-d exists",
    },
    Edit {
        id: "5d",
        what: "said in other words",
        edit: |world| {
            world.reworded("conflicts with Direct vLLM", "is not for you");
        },
        verdict: Fail,
        says: "refused in other words",
    },
    Edit {
        id: "5d",
        what: "no registry",
        edit: |world| {
            world.set(&md("reserved-d"), "/status/message", json!(UNRESOLVED));
        },
        verdict: Inconclusive,
        says: "cannot reach the image registry",
    },
    Edit {
        id: "5d",
        what: "the shim does nothing",
        edit: |world| {
            world.only(&md("reserved-d"), 2);
        },
        verdict: Fail,
        says: "not within 60 s",
    },
];
