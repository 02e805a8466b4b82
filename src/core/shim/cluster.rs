//! What a cluster shows of a provider's shim: its registration, its Deployment, its pods (airunway-providers.md
//! sections 9, 10).

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde_json::Value;

use crate::core::image::Digest;
use crate::core::kubernetes::json::{flag_at, integer_at, list_at, text_at};

/// Carried by everything that AI Runway's manifests install, pods included.
pub const SELECTOR: &str = "app.kubernetes.io/name=airunway";
/// Where the manifests install it.
pub const NAMESPACE: &str = "airunway-system";
/// The container of a shim and of the controller.
const CONTAINER: &str = "manager";
/// Part of the repository that containerd gives to an image from a file, as `kind load` does: `import-` and the date.
const IMPORTED: &str = "/import-";
/// Labels whose value names what a Deployment is, for example `vllm-provider`.
const COMPONENT_LABELS: [&str; 2] = ["control-plane", "app.kubernetes.io/component"];

/// Something that was asked of the cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Seen<T> {
    /// The answer.
    Known(T),
    /// The cluster did not say; why, as a fragment.
    Hidden(String),
}

impl<T> Seen<T> {
    /// The answer, if there is one.
    pub fn known(&self) -> Option<&T> {
        match self {
            Seen::Known(known) => Some(known),
            Seen::Hidden(_) => None,
        }
    }

    fn map<U>(&self, map: impl FnOnce(&T) -> U) -> Seen<U> {
        match self {
            Seen::Known(known) => Seen::Known(map(known)),
            Seen::Hidden(why) => Seen::Hidden(why.clone()),
        }
    }
}

/// Everything about one provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShimFacts {
    /// Name of the provider.
    pub provider: String,
    /// Its InferenceProviderConfig; `None` when it is not registered.
    pub registration: Option<Registration>,
    /// The Deployments that carry its label.
    pub deployments: Seen<Vec<Workload>>,
    /// The one namespace that was looked at, where others may not be listed.
    pub only_namespace: Option<String>,
}

/// What a shim has written about itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Registration {
    /// `status.version`.
    pub version: Option<String>,
    /// `status.ready`; absent is false.
    pub ready: bool,
    /// `status.lastHeartbeat`.
    pub heartbeat: Option<Timestamp>,
}

/// A Deployment of AI Runway and what runs of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Workload {
    /// Namespace.
    pub namespace: String,
    /// Name.
    pub name: String,
    /// Image of the container that counts, as written in the template; `None` when no container is that one.
    pub image: Option<String>,
    /// Name of that container.
    pub container: Option<String>,
    /// Replicas that are wanted.
    pub replicas: i64,
    /// Why the newest template is not all that runs, as a fragment.
    pub rollout: Option<String>,
    /// Service account of its pods.
    pub service_account: String,
    /// Names of the pull secrets of its template.
    pub pull_secrets: Vec<String>,
    /// Its pods that are not on their way out.
    pub pods: Seen<Vec<Pod>>,
}

/// One pod.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pod {
    /// Name.
    pub name: String,
    /// Image of the container, as written in the pod.
    pub image: String,
    /// What the runtime says it runs, `status.containerStatuses[].imageID`.
    pub image_id: String,
    /// When the container started; `None` when it does not run.
    pub started: Option<Timestamp>,
    /// Whether the container runs.
    pub running: bool,
}

impl Pod {
    /// The registry's digest of what runs: an `imageID` of the form `repository@digest`.
    ///
    /// An id without a repository is the one of a local image, and an image that was loaded from a file has a manifest
    /// that was made when it was: no registry knows either.
    pub fn digest(&self) -> Option<Digest> {
        let (repository, digest) = self.image_id.rsplit_once('@')?;
        if repository.contains(IMPORTED) { None } else { digest.parse().ok() }
    }
}

/// Puts the answers of the cluster together, one entry a provider that is registered or has a Deployment, sorted by
/// name.
pub fn shims(configs: &[Value], deployments: &Seen<Vec<Value>>, pods: &Seen<Vec<Value>>) -> Vec<ShimFacts> {
    let mut names: BTreeSet<String> =
        configs.iter().map(|config| text_at(config, "/metadata/name").to_owned()).collect();
    for deployment in deployments.known().into_iter().flatten() {
        names
            .extend(component(deployment).and_then(|name| name.strip_suffix("-provider")).map(str::to_owned));
    }
    let facts = names.into_iter().filter(|name| !name.is_empty()).map(|provider| {
        let registered = configs.iter().find(|config| text_at(config, "/metadata/name") == provider);
        let label = format!("{provider}-provider");
        ShimFacts {
            registration: registered.map(registration),
            deployments: workloads(&label, deployments, pods),
            only_namespace: None,
            provider,
        }
    });
    facts.collect()
}

/// The Deployments of one component, for example `controller-manager`.
pub fn workloads(
    label: &str,
    deployments: &Seen<Vec<Value>>,
    pods: &Seen<Vec<Value>>,
) -> Seen<Vec<Workload>> {
    deployments.map(|deployments| {
        let ours = deployments.iter().filter(|deployment| component(deployment) == Some(label));
        ours.map(|deployment| workload(deployment, pods)).collect()
    })
}

fn registration(config: &Value) -> Registration {
    Registration {
        version: Some(text_at(config, "/status/version").to_owned()).filter(|version| !version.is_empty()),
        ready: flag_at(config, "/status/ready"),
        heartbeat: text_at(config, "/status/lastHeartbeat").parse().ok(),
    }
}

/// What a Deployment is by its labels, for example `vllm-provider`.
pub fn workload_component(deployment: &Value) -> Option<&str> {
    component(deployment)
}

fn component(deployment: &Value) -> Option<&str> {
    let labels = deployment.pointer("/metadata/labels")?;
    COMPONENT_LABELS.iter().find_map(|label| labels.get(label)?.as_str())
}

fn workload(deployment: &Value, pods: &Seen<Vec<Value>>) -> Workload {
    let template = deployment.pointer("/spec/template/spec").unwrap_or(&Value::Null);
    let secrets =
        list_at(template, "/imagePullSecrets").iter().map(|secret| text_at(secret, "/name").to_owned());
    let account = text_at(template, "/serviceAccountName");
    Workload {
        namespace: text_at(deployment, "/metadata/namespace").to_owned(),
        name: text_at(deployment, "/metadata/name").to_owned(),
        image: container(template).map(|container| text_at(container, "/image").to_owned()),
        container: container(template).map(|container| text_at(container, "/name").to_owned()),
        replicas: integer_at(deployment, "/spec/replicas").unwrap_or(1),
        rollout: rollout(deployment),
        service_account: if account.is_empty() { "default" } else { account }.to_owned(),
        pull_secrets: secrets.filter(|name| !name.is_empty()).collect(),
        pods: pods
            .map(|pods| pods.iter().filter(|pod| belongs(pod, deployment)).filter_map(pod_facts).collect()),
    }
}

/// The container that counts: `manager`, else the only one.
fn container(spec: &Value) -> Option<&Value> {
    let containers = list_at(spec, "/containers");
    let named = containers.iter().find(|container| text_at(container, "/name") == CONTAINER);
    named.or_else(|| containers.first().filter(|_| containers.len() == 1))
}

/// As `kubectl rollout status` judges; a replica that is not available is not another version and does not count.
fn rollout(deployment: &Value) -> Option<String> {
    let count = |name: &str| integer_at(deployment, &format!("/status/{name}")).unwrap_or(0);
    let generation = integer_at(deployment, "/metadata/generation").unwrap_or(0);
    if count("observedGeneration") < generation {
        return Some("its newest template has not been processed yet".to_owned());
    }
    let wanted = integer_at(deployment, "/spec/replicas").unwrap_or(1);
    let (updated, total) = (count("updatedReplicas"), count("replicas"));
    if updated < wanted {
        return Some(format!("{updated} of {wanted} replicas are of its newest template"));
    }
    (total > updated).then(|| format!("{} of an older template are still running", total - updated))
}

/// Whether a pod is of a Deployment: of a ReplicaSet that the Deployment controller has named after it and the
/// template.
fn belongs(pod: &Value, deployment: &Value) -> bool {
    if text_at(pod, "/metadata/namespace") != text_at(deployment, "/metadata/namespace")
        || pod.pointer("/metadata/deletionTimestamp").is_some()
    {
        return false;
    }
    let hash = text_at(pod, "/metadata/labels/pod-template-hash");
    let set = format!("{}-{hash}", text_at(deployment, "/metadata/name"));
    list_at(pod, "/metadata/ownerReferences")
        .iter()
        .any(|owner| text_at(owner, "/kind") == "ReplicaSet" && text_at(owner, "/name") == set)
}

fn pod_facts(pod: &Value) -> Option<Pod> {
    let container = container(pod.get("spec")?)?;
    let name = text_at(container, "/name");
    let status =
        list_at(pod, "/status/containerStatuses").iter().find(|status| text_at(status, "/name") == name);
    let status = status.unwrap_or(&Value::Null);
    let started = text_at(status, "/state/running/startedAt").parse().ok();
    Some(Pod {
        name: text_at(pod, "/metadata/name").to_owned(),
        image: text_at(container, "/image").to_owned(),
        image_id: text_at(status, "/imageID").to_owned(),
        started,
        running: status.pointer("/state/running").is_some(),
    })
}
