//! What can be wrong in checks 1 to 5.

use super::edits::{Edit, edit, moved};
use super::world::{denied, dep, md, refused, svc};
use kubectl_airunway::core::plan::Verdict::{Fail, Inconclusive, KnownFinding, Pass};
use kubectl_airunway::core::plan::record::Told;
use serde_json::{Value, json};

const UNRESOLVED: &str = "failed to resolve default vLLM image \"vllm/vllm-openai:cu130-nightly\": timeout";

/// The rows.
pub(super) const EDITS: &[Edit] = &[
    edit(
        "1a",
        "vllm, although others are ready",
        Fail,
        "although another provider is ready: vllm",
        |world| {
            world.set(&md("sel-auto"), "/status/provider/name", json!("vllm"));
        },
    ),
    edit("1a", "vllm, the only one", KnownFinding, "the only one that is ready: vllm", |world| {
        world.set(&md("sel-auto"), "/status/provider/name", json!("vllm"));
        world.answered("list", "/items", json!([]));
        world.set(&md("sel-auto"), "/status/conditions/2/message", json!("Provider vllm auto-selected"));
    }),
    edit("1a", "nobody", Inconclusive, "Provider selection failed: none", |world| {
        world.set(&md("sel-auto"), "/status/provider", Value::Null);
        world.condition(&md("sel-auto"), "ProviderSelected", "status", "False");
        world.condition(&md("sel-auto"), "ProviderSelected", "message", "Provider selection failed: none");
    }),
    edit("1a", "the controller does nothing", Inconclusive, "not within 60 s", |world| {
        world.only(&md("sel-auto"), 1);
    }),
    edit("1a", "another reason", Fail, "selectedReason", |world| {
        world.set(&md("sel-auto"), "/status/provider/selectedReason", json!("a whim"));
    }),
    edit("1a", "not said in the condition", Fail, "ProviderSelected", |world| {
        world.condition(&md("sel-auto"), "ProviderSelected", "reason", "ExplicitSelection");
    }),
    edit("1b", "another finalizer", Fail, "finalizers", |world| {
        world.set(&md("sel-vllm"), "/metadata/finalizers", json!(["example.com/other"]));
    }),
    edit("1b", "a Service with another port", Fail, ".spec.ports", |world| {
        world.set(&svc("sel-vllm"), "/spec/ports/0/port", json!(9000));
    }),
    edit("1b", "a Deployment that nobody owns", Fail, "ownerReferences", |world| {
        world.set(&dep("sel-vllm"), "/metadata/ownerReferences", Value::Null);
    }),
    edit("1b", "a Service of another owner", Fail, "ownerReferences", |world| {
        world.set(&svc("sel-vllm"), "/metadata/ownerReferences/0/uid", json!("other"));
    }),
    edit("1b", "no Service", Fail, "of service is there", |world| {
        world.never(&svc("sel-vllm"));
    }),
    edit("1b", "chosen, not named", Fail, "selectedReason", |world| {
        world.set(&md("sel-vllm"), "/status/provider/selectedReason", json!("matched"));
    }),
    edit("1b", "the shim gives up", Fail, "given up: no luck", |world| {
        world.set(&md("sel-vllm"), "/status/conditions", json!([]));
        world.set(&md("sel-vllm"), "/status/message", json!("no luck"));
        world.set(&md("sel-vllm"), "/status/phase", json!("Failed"));
    }),
    edit("1b", "the shim wants the registry", Inconclusive, "cannot reach the image registry", |world| {
        world.set(&md("sel-vllm"), "/status/conditions", json!([]));
        world.set(&md("sel-vllm"), "/status/message", json!(UNRESOLVED));
    }),
    edit("1b", "refused by somebody else", Inconclusive, "exceeded quota", |world| {
        world.answer("create ModelDeployment", refused("other", "exceeded quota"));
    }),
    edit("1b", "denied", Fail, "denied the request: no", |world| {
        world.answer("create ModelDeployment", denied("denied the request: no"));
    }),
    edit("1c", "accepted", Fail, "accepted, the provider is now: vllm", |world| {
        world.answer("patch", Told::Done(json!({"spec": {"provider": {"name": "vllm"}}})));
    }),
    edit("1c", "denied in other words", Fail, "denied in other words: ", |world| {
        world.answer("patch", denied("denied the request: no"));
    }),
    edit("1c", "refused by somebody else", Inconclusive, "refused by somebody else: is forbidden", |world| {
        world.answer("patch", refused("rights", "is forbidden"));
    }),
    edit("1c", "changed all the same", Fail, ".status.provider.name", |world| {
        moved(world, "patch", 0, &md("sel-move"), &json!({"status": {"provider": {"name": "vllm"}}}));
    }),
    edit("1c", "vllm is who was chosen", Pass, "", |world| {
        world.set(&md("sel-move"), "/status/provider/name", json!("vllm"));
        world.answer("patch", Told::Done(json!({"spec": {"provider": {"name": "vllm"}}})));
    }),
    edit("1c", "vllm is who was chosen, and nobody can follow", Fail, "denied in other words", |world| {
        world.set(&md("sel-move"), "/status/provider/name", json!("vllm"));
        world.answer("patch", Told::Done(json!({"spec": {"provider": {"name": "vllm"}}})));
        world.reworded("name is immutable", "name may change");
    }),
    edit("2", "no digest", Inconclusive, "digest", |world| {
        world.set(&md("pin-test"), "/status/image/digest", Value::Null);
    }),
    edit("2", "no registry", Inconclusive, "cannot reach the image registry", |world| {
        world.set(&md("pin-test"), "/status/image/digest", Value::Null);
        world.set(&md("pin-test"), "/status/message", json!(UNRESOLVED));
    }),
    edit("2", "a digest that moves", Fail, "of rendered is the same as", |world| {
        moved(
            world,
            "patch ModelDeployment",
            1,
            &dep("pin-test"),
            &json!({"spec": {"template": {"spec": {"containers": [{"image": "vllm/vllm-openai@sha256:2"}]}}}}),
        );
    }),
    edit("2", "resolved anew each time", Fail, "ImageResolutionReused", |world| {
        world.condition(&md("pin-test"), "ImageResolved", "reason", "ImageResolved");
    }),
    edit("2", "another source", Fail, "image.source", |world| {
        world.set(&md("pin-test"), "/status/image/source", json!("custom"));
    }),
    edit("2", "verified, which nobody did", Fail, "image.verified", |world| {
        world.set(&md("pin-test"), "/status/image/verified", json!(true));
    }),
    edit("2", "rendered as a tag", Fail, ".image of deployment", |world| {
        world.set(&dep("pin-test"), "/spec/template/spec/containers/0/image", json!("vllm/vllm-openai:x"));
    }),
    edit("2", "no pass comes", Fail, "managed-by", |world| {
        world.reworded("\"airunway.ai/managed-by\":\"airunway\"", "\"airunway.ai/managed-by\":\"x\"");
    }),
    edit("3A", "another source", Fail, "image.source", |world| {
        world.set(&md("outage-test"), "/status/image/source", json!("stable"));
    }),
    edit("3A", "rendered as a tag", Fail, "image.resolved", |world| {
        world.set(&md("outage-test"), "/status/image/resolved", json!("vllm/vllm-openai:cu130-nightly"));
    }),
    edit("3A", "no digest", Fail, "image.digest", |world| {
        world.set(&md("outage-test"), "/status/image/digest", Value::Null);
    }),
    edit("3A", "no registry", Inconclusive, "cannot reach the image registry", |world| {
        world.set(&md("outage-test"), "/status/image", Value::Null);
        world.set(&md("outage-test"), "/status/message", json!(UNRESOLVED));
    }),
    edit("3B", "the registry is there", Inconclusive, "enforce NetworkPolicies", |world| {
        world.condition(&md("outage-fresh"), "ImageResolved", "status", "True");
    }),
    edit("3B", "the shim is cut off", Inconclusive, "not within 120 s", |world| {
        world.only(&md("outage-fresh"), 2);
    }),
    edit("3B", "rendered all the same", Fail, "Deployment outage-fresh exists", |world| {
        world.intruder(&dep("outage-fresh"));
    }),
    edit("3B", "said in other words", Fail, ".status.message", |world| {
        world.reworded("failed to resolve default vLLM image", "cannot resolve");
    }),
    edit("3B", "no NetworkPolicy may be made", Inconclusive, "is forbidden", |world| {
        world.answer("create NetworkPolicy", refused("rights", "is forbidden"));
    }),
    edit("3C", "rewritten to a digest", Fail, "not within 60 s", |world| {
        world.reworded(
            "\"image\":\"vllm/vllm-openai:latest\",\"imagePullPolicy\"",
            "\"image\":\"vllm/vllm-openai@sha256:1\",\"imagePullPolicy\"",
        );
    }),
    edit("3C", "not classed as stable", Fail, "image.source", |world| {
        world.reworded("\"source\":\"stable\"", "\"source\":\"custom\"");
    }),
    edit("3C", "said in other words", Fail, "ImageResolved", |world| {
        world.reworded(" Continuing with the user-specified image reference.", "");
    }),
    edit("3C", "refused by somebody else", Inconclusive, "exceeded quota", |world| {
        world.answer("patch ModelDeployment", refused("other", "exceeded quota"));
    }),
    edit("4", "accepted", Fail, "accepted", |world| {
        world.answer("create", Told::Done(json!({})));
    }),
    edit("4", "denied in other words", Fail, "denied in other words", |world| {
        world.reworded("is preferred", "is better");
    }),
    edit("4", "it is there all the same", Fail, "img-conflict exists", |world| {
        world.intruder(&md("img-conflict"));
    }),
    edit("4", "denied by another webhook", Inconclusive, "no", |world| {
        world.answer(
            "create",
            Told::Refused {
                by: "webhook".to_owned(),
                webhook: "other".to_owned(),
                code: 403,
                message: "no".to_owned(),
            },
        );
    }),
    edit("4", "the webhook cannot be reached", Inconclusive, "failed calling webhook", |world| {
        world.answer("create", refused("webhook-unreachable", "failed calling webhook"));
    }),
    edit("5a", "rendered", Fail, "it was rendered", |world| {
        world.only(&md("reserved-a"), 2);
        world.intruder(&dep("reserved-a"));
    }),
    edit("5a", "a Service", Fail, "Service reserved-a exists", |world| {
        world.intruder(&svc("reserved-a"));
    }),
    edit("5a", "said in other words", Fail, "refused in other words", |world| {
        world.reworded("conflicts with Direct vLLM", "is not for you");
    }),
    edit("5a", "no registry", Inconclusive, "cannot reach the image registry", |world| {
        world.set(&md("reserved-a"), "/status/message", json!(UNRESOLVED));
    }),
    edit("5a", "the shim does nothing", Fail, "not within 60 s", |world| {
        world.only(&md("reserved-a"), 2);
    }),
    edit("5b", "rendered", Fail, "it was rendered", |world| {
        world.only(&md("reserved-b"), 2);
        world.intruder(&dep("reserved-b"));
    }),
    edit("5b", "a Service", Fail, "Service reserved-b exists", |world| {
        world.intruder(&svc("reserved-b"));
    }),
    edit("5b", "said in other words", Fail, "refused in other words", |world| {
        world.reworded("conflicts with Direct vLLM", "is not for you");
    }),
    edit("5b", "no registry", Inconclusive, "cannot reach the image registry", |world| {
        world.set(&md("reserved-b"), "/status/message", json!(UNRESOLVED));
    }),
    edit("5b", "the shim does nothing", Fail, "not within 60 s", |world| {
        world.only(&md("reserved-b"), 2);
    }),
    edit("5c", "rendered", Fail, "it was rendered", |world| {
        world.only(&md("reserved-c"), 2);
        world.intruder(&dep("reserved-c"));
    }),
    edit("5c", "a Service", Fail, "Service reserved-c exists", |world| {
        world.intruder(&svc("reserved-c"));
    }),
    edit("5c", "said in other words", Fail, "refused in other words", |world| {
        world.reworded("conflicts with Direct vLLM", "is not for you");
    }),
    edit("5c", "no registry", Inconclusive, "cannot reach the image registry", |world| {
        world.set(&md("reserved-c"), "/status/message", json!(UNRESOLVED));
    }),
    edit("5c", "the shim does nothing", Fail, "not within 60 s", |world| {
        world.only(&md("reserved-c"), 2);
    }),
    edit("5d", "rendered", Fail, "it was rendered", |world| {
        world.only(&md("reserved-d"), 2);
        world.intruder(&dep("reserved-d"));
    }),
    edit("5d", "a Service", Fail, "Service reserved-d exists", |world| {
        world.intruder(&svc("reserved-d"));
    }),
    edit("5d", "said in other words", Fail, "refused in other words", |world| {
        world.reworded("conflicts with Direct vLLM", "is not for you");
    }),
    edit("5d", "no registry", Inconclusive, "cannot reach the image registry", |world| {
        world.set(&md("reserved-d"), "/status/message", json!(UNRESOLVED));
    }),
    edit("5d", "the shim does nothing", Fail, "not within 60 s", |world| {
        world.only(&md("reserved-d"), 2);
    }),
];
