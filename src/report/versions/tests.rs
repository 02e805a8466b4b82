//! Every layout over the same report.

use super::*;
use crate::core::shim::cluster::{SELECTOR, Seen, shims, workloads};
use crate::core::shim::installation::{DEFINITIONS, Definition};
use crate::core::shim::{Effect, Format, Found, Missing, Module, XSetting};
use serde_json::{Value, json};

fn from_cluster() -> Vec<VersionItem> {
    let label = |name: &str| json!({"app.kubernetes.io/name": "airunway", "control-plane": name});
    assert_eq!(SELECTOR, "app.kubernetes.io/name=airunway");
    let deployment = |provider: &str, image: &str| {
        json!({
            "metadata": {"name": provider, "namespace": "airunway-system", "labels": label(&format!("{provider}-provider"))},
            "spec": {"template": {"spec": {"containers": [{"name": "manager", "image": image}]}}},
        })
    };
    let pod = json!({
        "metadata": {
            "name": "vllm-1-x", "namespace": "airunway-system", "labels": {"pod-template-hash": "1"},
            "ownerReferences": [{"kind": "ReplicaSet", "name": "vllm-1"}],
        },
        "spec": {"containers": [{"name": "manager", "image": "r/vllm-provider:latest"}]},
        "status": {"containerStatuses": [{
            "name": "manager", "imageID": format!("r/vllm-provider@{}", Digest::of(b"1")),
            "state": {"running": {"startedAt": "2026-11-21T11:00:00Z"}},
        }]},
    });
    let config = |name: &str, version: &str| json!({"metadata": {"name": name}, "status": {"ready": true, "version": version, "lastHeartbeat": "2026-11-21T12:00:00Z"}});
    let configs = [config("kaito", "kaito|<b>\u{1b}[31m"), config("vllm", "vllm-provider:v0.7.0")];
    let deployments = Seen::Known(vec![deployment("vllm", "r/vllm-provider:latest")]);
    let facts = shims(&configs, &deployments, &Seen::Known(vec![pod]));
    let item = |facts: &ShimFacts, verdict, reason: &str, registry| VersionItem {
        provider: Some(facts.provider.clone()),
        reported: facts.registration.as_ref().and_then(|registration| registration.version.clone()),
        verdict,
        reason: reason.to_owned(),
        hints: if verdict == Verdict::Yes { vec![] } else { vec!["rebuild it".to_owned()] },
        notes: vec![],
        evidence: Evidence::Cluster(Box::new(ClusterEvidence {
            facts: facts.clone(),
            heartbeat_age: Some(12),
            registry,
        })),
    };
    let answer = RegistryAnswer::Digests(vec![Digest::of(b"1")]);
    let asked = "r/vllm-provider:v0.7.0".parse().unwrap();
    vec![
        item(&facts[0], Verdict::No, "its version is `kaito|<b>`", None),
        item(&facts[1], Verdict::Yes, "what runs is what the registry has", Some((asked, answer))),
    ]
}

fn from_image() -> VersionItem {
    let module = |path: &str, version: &str| Module {
        path: path.to_owned(),
        version: version.to_owned(),
        sum: String::new(),
        replace: None,
    };
    let symbol = "github.com/ai-runway/airunway/providers/vllm.shimVersion".to_owned();
    let report = BinaryReport {
        format: Format::Elf,
        arch: "amd64".to_owned(),
        go_version: "go1.25.3".to_owned(),
        path: Some("command-line-arguments".to_owned()),
        main: None,
        deps: vec![module("github.com/ai-runway/airunway/providers/vllm", "(devel)")],
        settings: vec![("GOOS".to_owned(), "linux".to_owned())],
        ldflags: Some(vec![XSetting {
            symbol: symbol.clone(),
            value: "v0.7.0".to_owned(),
            overridden: false,
        }]),
        trimpath: false,
        stripped: false,
        effects: vec![Effect {
            symbol,
            value: None,
            how: Found::NotFound(Missing::NoVariable),
            set_at_start: None,
            used_at_start: None,
        }],
    };
    VersionItem {
        provider: Some("vllm".to_owned()),
        reported: None,
        verdict: Verdict::Unknown,
        reason: "the flag had no effect".to_owned(),
        hints: vec![],
        notes: vec!["a note".to_owned()],
        evidence: Evidence::Binary(Box::new(BinaryEvidence {
            origin: Origin::Image(Box::new(ImageOrigin {
                name: "r/vllm-provider:v0.7.0".to_owned(),
                archive: false,
                tags: vec![],
                digest: Some(Digest::of(b"index")),
                platform_digest: Some(Digest::of(b"manifest")),
                platform: Some(Platform::linux_amd64()),
                program: Some("/provider".to_owned()),
                layer: Some(3),
                layers: 4,
                layers_read: 1,
            })),
            report: Some(report),
            checks: vec![BinaryCheck { id: "V3", verdict: Verdict::Unknown, text: "no effect".to_owned() }],
        })),
    }
}

fn report() -> VersionReport {
    let none = Seen::Known(Vec::new());
    let definition = |name: &&str| {
        Definition::of(
            name,
            Seen::Known(Some(json!({"spec": {"versions": [
                {"name": "v1", "schema": {"openAPIV3Schema": {"type": "object"}}},
            ]}}))),
        )
    };
    let installation = Installation {
        controller: workloads("controller-manager", &none, &none),
        dashboard: Seen::Hidden("you may not".to_owned()),
        definitions: DEFINITIONS.iter().map(definition).collect(),
    };
    let mut items = from_cluster();
    items.push(from_image());
    VersionReport { items, installation: Some(installation) }
}

fn written(format: VersionFormat) -> String {
    let mut bytes = Vec::new();
    write(&report(), format, &mut bytes).unwrap();
    String::from_utf8(bytes).unwrap()
}

#[test]
fn human() {
    insta::assert_snapshot!(written(VersionFormat::Human));
}

#[test]
fn json() {
    let text = written(VersionFormat::Json);
    let value: Value = serde_json::from_str(&text).unwrap();
    assert_eq!((value["kind"].as_str(), value["verdict"].as_str()), (Some("VersionReport"), Some("no")));
    insta::assert_snapshot!(text);
}

#[test]
fn junit() {
    insta::assert_snapshot!(written(VersionFormat::Junit));
}

#[test]
fn markdown() {
    insta::assert_snapshot!(written(VersionFormat::Markdown));
}
