//! A world for each check in which it comes out as it should on a healthy AI Runway.

use super::world::{World, denial, denied, dep, ipc, md, merge, recorded, svc};
use kubectl_airunway::core::plan::record::Told;
use serde_json::{Value, json};

const SYSTEM: &str = "airunway-system";
const DIGEST: &str = "sha256:316f17669d81d1057dec7e4ca320ecf7929a3218f15b3bbfdb63c6735b9c4903";

/// The world of a check.
pub(super) fn green(id: &str) -> World {
    let mut world = World::default();
    match id {
        "P1" => definitions(&mut world),
        "P2" => parts(&mut world),
        "P3" => webhooks(&mut world),
        "P4" => {
            let words = "spec.resources.gpu.count: Invalid value: 65: exceeds maximum allowed (64)";
            world.act("create ModelDeployment webhook-probe", prefixed(words));
        }
        "P5" => {
            world.done("list the inferenceproviderconfigs", all_providers());
        }
        "P6" => {
            world.model("registry-probe", "/3A");
        }
        "P8" => {
            let name = "progress-probe";
            world.done(&format!("create Deployment {name}"), json!({"metadata": {"name": name}}));
            world.state(&dep(name), json!({"metadata": {"generation": 1}, "status": {}}));
            world.state(
                &dep(name),
                json!({"metadata": {"generation": 1}, "status": {"observedGeneration": 1}}),
            );
        }
        "P9" => {
            let status = recorded("/update/pods/1/conditions");
            world.done("create Pod scheduler-probe", json!({"metadata": {"name": "scheduler-probe"}}));
            world.state(POD, json!({"status": {"phase": "Pending"}}));
            world.state(POD, json!({"status": {"phase": "Pending", "conditions": status}}));
        }
        "GPU" => {
            let node = |gpus: &str| json!({"status": {"allocatable": {"cpu": "8", "nvidia.com/gpu": gpus}}});
            let plain = json!({"status": {"allocatable": {"cpu": "8"}}});
            world.done("list the nodes", json!({"items": [plain, node("0"), node("8")]}));
        }
        "S1" => registration(&mut world, "vllm"),
        "1a" => {
            world.done("list the inferenceproviderconfigs", all_providers());
            world.model("sel-auto", "/1a");
        }
        "1b" => {
            world.rendered("sel-vllm");
        }
        "1c" => moved(&mut world),
        "2" => pinned(&mut world),
        "3A" => {
            world.children("outage-test").model("outage-test", "/3A");
        }
        "3B" => outage(&mut world),
        "3C" => typed(&mut world),
        "4" => {
            world.act("create ModelDeployment img-conflict", denial("/4/stderr"));
        }
        "5a" => reserved(&mut world, "reserved-a", "/5b", "engine arg \\\"port", "engine arg \\\"port"),
        "5b" => reserved(&mut world, "reserved-b", "/5c", "127.0.0.1", "10.0.0.1"),
        "5c" => reserved(&mut world, "reserved-c", "/5d", "--port", "--port"),
        "5d" => reserved(&mut world, "reserved-d", "/5d", "--port", "--port=9000"),
        "6a" => sized(&mut world, "tp-test"),
        "6b" => {
            sized(&mut world, "tp-patch");
            let patch = json!({"spec": {"engine": {"extraArgs": ["--tensor-parallel-size=2"]}}});
            world.act(&format!("patch ModelDeployment tp-patch with {patch}"), denial("/6b/stderr"));
        }
        "7" => launch(&mut world),
        "8" => {
            world.act("create ModelDeployment override-test", denial("/8 top/stderr"));
            world.act("create ModelDeployment override-nested", denial("/8 nested/stderr"));
            world.act("create ModelDeployment override-sizing", denial("/8 sizing/stderr"));
            let overrides = json!({"spec": {"template": {"metadata": {"labels": {"x": "y"}}}}});
            let stored = json!({"spec": {"provider": {"name": "vllm", "overrides": overrides}}});
            world.done("create ModelDeployment override-ok", stored);
        }
        "9" => foreign(&mut world),
        "10" => stuck(&mut world),
        "13" => restart(&mut world),
        "14" => left(&mut world),
        "X1" => foreign_metadata(&mut world),
        "X2" => {
            world.rendered("owner-references");
        }
        "X3" => still(&mut world),
        "X4" => unschedulable(&mut world),
        "X5" => zeros(&mut world),
        "X6" => foreign_service(&mut world),
        "X7" => taken(&mut world),
        _ => registered(&mut world, id),
    }
    world
}

const POD: &str = "pods/vllm-test/scheduler-probe";

/// A ModelDeployment that the shim does not render; what was recorded has other values in places.
fn reserved(world: &mut World, name: &str, pointer: &str, recorded: &str, wanted: &str) {
    world.model(name, pointer);
    let text = world.last(&md(name)).to_string().replace(recorded, wanted);
    world.replace_last(&md(name), serde_json::from_str(&text).unwrap());
}

fn prefixed(words: &str) -> Told {
    denied(&format!("admission webhook \"vmodeldeployment-v1alpha1.kb.io\" denied the request: {words}"))
}

fn registered(world: &mut World, id: &str) {
    if let Some(provider) = id.strip_prefix("S1-") {
        if matches!(provider, "dynamo" | "kuberay") {
            let definition = match provider {
                "dynamo" => "dynamographdeployments.nvidia.com",
                _ => "rayservices.ray.io",
            };
            let words = format!("read CustomResourceDefinition {definition}");
            world.done(&words, json!({"metadata": {"name": definition}}));
        }
        return registration(world, provider);
    }
    let provider = id.strip_prefix("provider-").unwrap_or_else(|| panic!("{id} has no world"));
    world.there(&ipc(provider), json!({"metadata": {"name": provider}}));
}

fn definitions(world: &mut World) {
    for (kind, plural) in [("model", "modeldeployments"), ("provider", "inferenceproviderconfigs")] {
        let _ = kind;
        let value = json!({
            "spec": {"versions": [{"name": "v1alpha1", "served": true}]},
            "status": {"conditions": [{"type": "Established", "status": "True"}]},
        });
        world.done(&format!("read CustomResourceDefinition {plural}.airunway.ai"), value);
    }
    world.done("list the modeldeployments in vllm-test", json!({"items": []}));
    world.done("list the inferenceproviderconfigs", json!({"items": []}));
}

/// A registration as it was recorded, with a heartbeat of now.
fn provider(world: &World, name: &str) -> Value {
    let mut value = recorded(&format!("/S1/{name}"));
    let annotations = value["annotations"].take();
    value["metadata"] = json!({"name": name, "annotations": annotations});
    value["status"]["lastHeartbeat"] = json!(world.time());
    value
}

fn all_providers() -> Value {
    let names = ["dynamo", "kaito", "kuberay", "llmd", "vllm"];
    json!({"items": names.map(|name| provider(&World::default(), name))})
}

fn registration(world: &mut World, name: &str) {
    let value = provider(world, name);
    world.there(&ipc(name), value);
    world.clock();
}

fn parts(world: &mut World) {
    for name in ["airunway-controller-manager", "airunway-vllm-provider"] {
        let available = json!({"status": {"conditions": [{"type": "Available", "status": "True"}]}});
        world.there(&format!("deployments.apps/{SYSTEM}/{name}"), available);
    }
    registration(world, "vllm");
}

fn webhooks(world: &mut World) {
    for (kind, letter) in [("mutating", "m"), ("validating", "v")] {
        let hook = json!({
            "name": format!("{letter}modeldeployment-v1alpha1.kb.io"),
            "clientConfig": {"caBundle": "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCg=="},
        });
        let object = format!(
            "{kind}webhookconfigurations.admissionregistration.k8s.io/-/airunway-{kind}-webhook-configuration"
        );
        world.there(&object, json!({"webhooks": [hook]}));
    }
}

fn moved(world: &mut World) {
    let to = |name: &str| json!({"spec": {"provider": {"name": name}}});
    world.model("sel-move", "/1a");
    world.act(&format!("patch ModelDeployment sel-move with {}", to("vllm")), denial("/1c/stderr"));
    let words = "[spec.provider.name: Invalid value: \"nobody\": InferenceProviderConfig \"nobody\" not found, \
                 spec.provider.name: Invalid value: \"nobody\": provider.name is immutable (changing it requires \
                 delete and recreate)]";
    world.act(&format!("patch ModelDeployment sel-move with {}", to("nobody")), prefixed(words));
}

/// Renders the image that the ModelDeployment has resolved.
fn by_digest(world: &mut World, name: &str) {
    let image = format!("vllm/vllm-openai@{DIGEST}");
    let mut value = world.last(&dep(name));
    value["spec"]["template"]["spec"]["containers"][0]["image"] = json!(image);
    world.state(&dep(name), value);
}

fn pinned(world: &mut World) {
    world.children("pin-test");
    by_digest(world, "pin-test");
    world.model("pin-test", "/2");
    for touch in ["first", "second", "third"] {
        world.pass("pin-test", touch);
    }
}

fn outage(world: &mut World) {
    let name = "outage-fresh";
    world.done("create NetworkPolicy airunway-e2e-no-registry", json!({}));
    world.model(name, "/3A");
    let mut value = world.last(&md(name));
    world.entries.pop();
    let requested = "vllm/vllm-openai:cu130-nightly";
    let image = json!({"requested": requested, "source": "nightly", "inNightly": true});
    let conditions = json!([
        {"type": "Validated", "status": "True", "reason": "ValidationPassed"},
        {"type": "ImageResolved", "status": "False", "reason": "ImageResolutionFailed"},
    ]);
    value["status"]["image"] = image;
    value["status"]["conditions"] = conditions;
    value["status"]["phase"] = json!("Failed");
    value["status"]["message"] = json!(format!(
        "failed to resolve default vLLM image \"{requested}\": resolve image reference \"{requested}\": dial timeout"
    ));
    world.after(30.0).state(&md(name), value);
}

/// The state of a ModelDeployment and its Deployment after its image was patched.
fn image(world: &mut World, name: &str, image: &str, source: &str, resolves: bool) {
    let patch = json!({"spec": {"engine": {"image": image}}});
    world.patched(&format!("ModelDeployment {name}"), &md(name), &patch);
    let mut child = world.last(&dep(name));
    child["spec"]["template"]["spec"]["containers"][0]["image"] = json!(image);
    world.state(&dep(name), child);
    classed(world, name, image, source, resolves);
}

/// What the status says of an image.
fn classed(world: &mut World, name: &str, image: &str, source: &str, resolves: bool) {
    let mut value = world.last(&md(name));
    value["status"]["image"]["requested"] = json!(image);
    value["status"]["image"]["source"] = json!(source);
    for condition in value["status"]["conditions"].as_array_mut().unwrap() {
        let set = match (condition["type"].as_str().unwrap(), source, resolves) {
            ("UnsupportedImage", "custom", _) => {
                json!({"status": "True", "reason": "CustomImage"})
            }
            ("UnsupportedImage", ..) => json!({"status": "False", "reason": "SupportedImage"}),
            ("ImageResolved", _, true) => json!({"status": "True", "reason": "ImageResolved"}),
            ("ImageResolved", _, false) => json!({
                "status": "False", "reason": "ImageResolutionFailed",
                "message": "Failed to resolve. Continuing with the user-specified image reference.",
            }),
            _ => continue,
        };
        merge(condition, &set);
    }
    world.state(&md(name), value);
}

fn typed(world: &mut World) {
    world.rendered("outage-tag");
    image(world, "outage-tag", "vllm/vllm-openai:latest", "stable", true);
    image(world, "outage-tag", "vllm/vllm-openai:airunway-e2e-no-such-tag", "custom", false);
}

fn sized(world: &mut World, name: &str) {
    world.children(name);
    let mut value = world.last(&dep(name));
    let container = recorded("/6a/deployment/spec/template/spec/containers/0");
    value["spec"]["template"]["spec"]["containers"] = json!([container]);
    world.state(&dep(name), value).model(name, "/1b");
}

fn launch(world: &mut World) {
    world.rendered("launch-test");
    classed(world, "launch-test", "vllm/vllm-openai:deepseekv4-cu130", "custom", true);
    image(world, "launch-test", "vllm/vllm-openai:cu130-launch", "launch", true);
}

/// An object that somebody else has made.
fn theirs(world: &mut World, kind: &str, object: &str, name: &str) {
    let value = json!({
        "metadata": {"name": name, "uid": "theirs", "managedFields": [{"manager": "kubectl"}]},
        "spec": {
            "selector": {"app": "foreign"},
            "template": {"spec": {"containers": [{"name": "pause", "image": "registry.k8s.io/pause:3.9"}]}},
        },
    });
    world.state(object, value);
    let value = world.last(object);
    world.done(&format!("create {kind} {name}"), value);
}

fn foreign(world: &mut World) {
    theirs(world, "Deployment", &dep("owned-test"), "owned-test");
    world.model("owned-test", "/9");
}

fn foreign_service(world: &mut World) {
    theirs(world, "Service", &svc("foreign-service"), "foreign-service");
    world.model("foreign-service", "/9");
}

fn taken(world: &mut World) {
    let name = "taken-test";
    world.done("create ModelDeployment taken-owner", json!({"metadata": {"uid": "uid-of-owner"}}));
    theirs(world, "Deployment", &dep(name), name);
    let owners = json!([{"kind": "ModelDeployment", "name": "taken-owner", "uid": "uid-of-owner"}]);
    world.entries.pop();
    world.becomes(&dep(name), &json!({"metadata": {"ownerReferences": owners}}));
    let value = world.last(&dep(name));
    world.done(&format!("create Deployment {name}"), value);
    world.model(name, "/9");
    let text = world.last(&md(name)).to_string();
    let owner = "(owned by ModelDeployment/taken-owner (uid uid-of-owner))";
    let value = serde_json::from_str(&text.replace("(no owner references)", owner)).unwrap();
    world.replace_last(&md(name), value);
}

fn stuck(world: &mut World) {
    let name = "final-test";
    world.rendered(name);
    let block = json!({"metadata": {
        "finalizers": ["example.com/block-delete"], "labels": {"cli.airunway.ai/e2e-run": "t1"},
    }});
    world.patched(&format!("Deployment {name}"), &dep(name), &block);
    world.done(&format!("delete ModelDeployment {name}"), json!({}));
    world.becomes(&md(name), &json!({"status": {"phase": "Terminating"}}));
    world.becomes(&dep(name), &json!({"metadata": {"deletionTimestamp": "2026-06-17T12:00:02Z"}}));
    world.after(300.0).state(&md(name), Value::Null);
}

fn restart(world: &mut World) {
    let (name, shim) = ("restart-test", format!("deployments.apps/{SYSTEM}/airunway-vllm-provider"));
    let available =
        |status: &str| json!({"status": {"conditions": [{"type": "Available", "status": status}]}});
    let pods = json!({"items": [{"metadata": {"uid": "pod-1"}}]});
    let list = format!("list the pods with airunway.ai/deployment={name} in vllm-test");
    world.state(&shim, available("True"));
    let value = provider(world, "vllm");
    world.state(&ipc("vllm"), value);
    world.rendered(name);
    world.becomes(&dep(name), &json!({"status": {"replicas": 1}}));
    world.done(&list, pods.clone());
    world.after(10.0).clock();
    world.done(
        "delete the pods with control-plane=vllm-provider in airunway-system",
        json!({"items": [{"metadata": {"name": "shim-1"}}]}),
    );
    let seen = world.after(1.0).time();
    world.becomes(&ipc("vllm"), &json!({"status": {"ready": null, "lastHeartbeat": seen}}));
    world.state(&shim, available("False"));
    world.after(2.0).state(&shim, available("True"));
    let seen = world.after(15.0).time();
    world.becomes(&ipc("vllm"), &json!({"status": {"ready": true, "lastHeartbeat": seen}}));
    world.pass(name, "restarted").pass(name, "seen");
    world.done(&list, pods);
}

fn left(world: &mut World) {
    world.state(&md("sel-vllm"), json!({"metadata": {"finalizers": ["airunway.ai/vllm-provider"]}}));
    world.after(5.0).state(&md("sel-vllm"), Value::Null);
    for plural in ["modeldeployments", "deployments"] {
        let words = format!("list the {plural} with cli.airunway.ai/e2e-run=t1 in vllm-test");
        world.done(&words, json!({"items": []}));
    }
}

fn foreign_metadata(world: &mut World) {
    let name = "foreign-metadata";
    let patch = json!({
        "metadata": {"annotations": {"example.com/owner": "somebody"}, "labels": {"example.com/team": "a"}},
        "spec": {"template": {"metadata": {
            "annotations": {"kubectl.kubernetes.io/restartedAt": "2026-01-01T00:00:00Z"},
            "labels": {"example.com/mesh": "on"},
        }}},
    });
    world.rendered(name);
    world.patched(&format!("Deployment {name}"), &dep(name), &patch);
    world.pass(name, "marked");
    let replicas = json!({"spec": {"scaling": {"replicas": 2}}});
    world.patched(&format!("ModelDeployment {name}"), &md(name), &replicas);
    world.becomes(&dep(name), &json!({"spec": {"replicas": 2}, "metadata": {"generation": 3}}));
}

fn still(world: &mut World) {
    let name = "still-test";
    world.rendered(name);
    world.pass(name, "settle").after(2.0);
    for touch in ["first", "second"] {
        world.pass(name, touch).after(2.0);
    }
}

fn unschedulable(world: &mut World) {
    let name = "update-test";
    world.rendered(name);
    let patch = json!({"spec": {"nodeSelector": {"cli.airunway.ai/nowhere": "true"}}});
    world.patched(&format!("ModelDeployment {name}"), &md(name), &patch);
    let mut child = world.last(&dep(name));
    child["spec"]["template"]["spec"]["nodeSelector"] = json!({"cli.airunway.ai/nowhere": "true"});
    child["metadata"]["generation"] = json!(2);
    child["status"] = recorded("/update/deployment-status");
    world.state(&dep(name), child);
    world.becomes(&md(name), &json!({"status": {"observedGeneration": 2}}));
    world.pass(name, "look").pass(name, "look again");
    let pods: Vec<Value> = recorded("/update/pods")
        .as_array()
        .unwrap()
        .iter()
        .map(|pod| json!({"status": {"phase": pod["phase"], "conditions": pod["conditions"]}}))
        .collect();
    world.done(
        &format!("list the pods with airunway.ai/deployment={name} in vllm-test"),
        json!({"items": pods}),
    );
}

fn zeros(world: &mut World) {
    let name = "false-test";
    let object = json!({
        "metadata": {"name": name, "generation": 1},
        "spec": {"engine": {"enablePrefixCaching": false}, "scaling": {"replicas": 0}},
    });
    world.state(&md(name), object.clone());
    world.done(&format!("create ModelDeployment {name}"), object);
    let settled = json!({
        "metadata": {"finalizers": ["airunway.ai/vllm-provider"]},
        "spec": {"engine": {"enablePrefixCaching": true}, "scaling": {"replicas": 1}},
    });
    world.becomes(&md(name), &settled);
}
