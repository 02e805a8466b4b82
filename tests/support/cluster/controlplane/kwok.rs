//! kwok, the stand-in kubelet: where its ports and logs lead.
//!
//! kwok takes both from custom resources, one pair for each namespace: `kubectl
//! logs` of any pod there shows a file, `kubectl port-forward` reaches a server on
//! this machine.

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::api::{ApiResource, DynamicObject, Patch, PatchParams};
use kube::core::GroupVersionKind;
use kube::{Api, Client};
use serde_json::json;
use std::path::Path;

const GROUP: &str = "kwok.x-k8s.io";
const VERSION: &str = "v1alpha1";
const MANAGER: &str = "test-harness";

/// The kinds that kwok reads from the API server; also its `--enable-crds` value.
pub const KINDS: [&str; 2] = ["ClusterLogs", "ClusterPortForward"];

fn plural(kind: &str) -> String {
    let kind = kind.to_lowercase();
    if kind.ends_with('s') { kind } else { format!("{kind}s") }
}

/// Registers the kinds. kwok must start after that.
pub async fn register(client: &Client) -> kube::Result<()> {
    let definitions: Api<CustomResourceDefinition> = Api::all(client.clone());
    for kind in KINDS {
        let plural = plural(kind);
        let name = format!("{plural}.{GROUP}");
        let definition = json!({
            "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
            "metadata": {"name": name},
            "spec": {
                "group": GROUP, "scope": "Cluster",
                "names": {"kind": kind, "plural": plural, "singular": kind.to_lowercase(), "listKind": format!("{kind}List")},
                "versions": [{
                    "name": VERSION, "served": true, "storage": true, "subresources": {"status": {}},
                    "schema": {"openAPIV3Schema": {"type": "object", "properties": {
                        "spec": {"type": "object", "x-kubernetes-preserve-unknown-fields": true},
                        "status": {"type": "object", "x-kubernetes-preserve-unknown-fields": true},
                    }}},
                }],
            },
        });
        definitions.patch(&name, &PatchParams::apply(MANAGER).force(), &Patch::Apply(definition)).await?;
    }
    Ok(())
}

/// Lets the pods of a namespace show a log file (in the format of container
/// runtimes) and answer on one local port, whatever port is asked for.
pub async fn route(client: &Client, namespace: &str, log: &Path, port: u16) -> kube::Result<()> {
    let selector = json!({"matchNamespaces": [namespace]});
    let logs =
        json!({"selector": selector, "logs": [{"logsFile": log, "previousLogsFile": log, "follow": false}]});
    let forwards =
        json!({"selector": selector, "forwards": [{"target": {"address": "127.0.0.1", "port": port}}]});
    for (kind, spec) in [("ClusterLogs", logs), ("ClusterPortForward", forwards)] {
        let resource =
            ApiResource::from_gvk_with_plural(&GroupVersionKind::gvk(GROUP, VERSION, kind), &plural(kind));
        let api: Api<DynamicObject> = Api::all_with(client.clone(), &resource);
        let object = json!({
            "apiVersion": format!("{GROUP}/{VERSION}"), "kind": kind, "metadata": {"name": namespace}, "spec": spec,
        });
        api.patch(namespace, &PatchParams::apply(MANAGER).force(), &Patch::Apply(object)).await?;
    }
    Ok(())
}
