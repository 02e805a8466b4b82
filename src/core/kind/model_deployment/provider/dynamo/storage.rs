//! What the shim does before it creates the graph: claims for the volumes, and a Job that downloads the model
//! (`airunway-providers.md` section 8).
//!
//! Claims that the object says are there already are taken to be there and bound; the shim would fail without them.
//! Claims and Job are in the form the API server stores, without what it makes up (the Job's selector, made of a uid).

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::core::kind::model_deployment::object::{Condition, ModelDeployment, StorageVolume};
use crate::core::kind::model_deployment::provider::contract::{Phase, Preparation, Stop};
use crate::core::kind::model_deployment::provider::objects;
use crate::core::kubernetes::json::text_at;

/// The shim's default for `--download-job-image`.
const DOWNLOADER: &str = "ghcr.io/ai-runway/airunway/model-downloader:latest";
const STORAGE_READY: &str = "StorageReady";
const MODEL_DOWNLOADED: &str = "ModelDownloaded";

/// Claims first, then the download.
pub(super) fn prepare(deployment: &ModelDeployment) -> Preparation {
    let mut preparation = Preparation::default();
    if deployment.volumes().is_empty() {
        return preparation;
    }
    let managed = deployment.volumes().iter().filter(|volume| volume.size.is_some());
    preparation.children.extend(managed.map(|volume| claim(deployment, volume)));
    preparation.children.sort_by(|one, other| name(one).cmp(name(other)));
    let bound = Condition::new(STORAGE_READY, "True", "PVCsBound", "All managed PVCs are bound");
    preparation.conditions.push(bound);
    if let Some(cache) = to_download(deployment) {
        preparation.children.insert(0, download(deployment, cache));
        let message = "Model download in progress".to_owned();
        let waiting = Condition::new(MODEL_DOWNLOADED, "False", "DownloadInProgress", &message);
        preparation.conditions.push(waiting);
        preparation.stop = Some(Stop { phase: Phase::Pending, message });
    }
    preparation
}

fn name(object: &Value) -> &str {
    text_at(object, "/metadata/name")
}

/// The volume to download into: the first model cache, unless it cannot be written.
fn to_download(deployment: &ModelDeployment) -> Option<&StorageVolume> {
    let cache = deployment.volumes().iter().find(|volume| volume.is_model_cache())?;
    (deployment.model_source() == "huggingface" && cache.read_only != Some(true)).then_some(cache)
}

fn labels(deployment: &ModelDeployment) -> BTreeMap<String, String> {
    BTreeMap::from([
        (objects::MANAGED_BY.to_owned(), objects::AIRUNWAY.to_owned()),
        (objects::MODEL_DEPLOYMENT_LABEL.to_owned(), deployment.name().to_owned()),
    ])
}

fn claim(deployment: &ModelDeployment, volume: &StorageVolume) -> Value {
    let size = volume.size.as_ref().map(|size| objects::quantity(&size.to_string())).unwrap_or_default();
    let mode = volume.access_mode.as_deref().filter(|mode| !mode.is_empty()).unwrap_or("ReadWriteMany");
    let name = volume.claim(deployment.name());
    let mut claim = json!({
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": objects::metadata(deployment, &name, &labels(deployment), &BTreeMap::new()),
        "spec": {
            "accessModes": [mode],
            "resources": {"requests": {"storage": size}},
            "volumeMode": "Filesystem",
        },
    });
    // Absent is the cluster's default class, empty is none.
    if let (Some(class), Some(Value::Object(spec))) = (&volume.storage_class_name, claim.get_mut("spec")) {
        spec.insert("storageClassName".into(), class.as_str().into());
    }
    claim
}

fn download(deployment: &ModelDeployment, cache: &StorageVolume) -> Value {
    let mut labels = labels(deployment);
    labels.insert("airunway.ai/job-type".to_owned(), "model-download".to_owned());
    let name = format!("{}-model-download", deployment.name());
    json!({
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": objects::metadata(deployment, &name, &labels, &BTreeMap::new()),
        "spec": {
            "parallelism": 1,
            "completions": 1,
            "backoffLimit": 6,
            "manualSelector": false,
            "template": {"spec": {
                "volumes": [{"name": "model-cache", "persistentVolumeClaim": {"claimName": cache.claim(deployment.name())}}],
                "containers": [container(deployment, cache.mount_path.as_deref().unwrap_or_default())],
                "restartPolicy": "Never",
                "terminationGracePeriodSeconds": 30,
                "dnsPolicy": "ClusterFirst",
                "securityContext": {},
                "schedulerName": "default-scheduler",
            }},
            "completionMode": "NonIndexed",
            "suspend": false,
            "podReplacementPolicy": "TerminatingOrFailed",
        },
    })
}

fn container(deployment: &ModelDeployment, path: &str) -> Value {
    let mut container = json!({
        "name": "model-download",
        "image": DOWNLOADER,
        "args": ["download", deployment.model_id()],
        "env": [objects::env_value("HF_HOME", path)],
        "resources": {"limits": {"memory": "16Gi"}, "requests": {"cpu": "500m", "memory": "2Gi"}},
        "volumeMounts": [{"name": "model-cache", "mountPath": path}],
        "terminationMessagePath": "/dev/termination-log",
        "terminationMessagePolicy": "File",
        "imagePullPolicy": "Always",
    });
    if let (Some(secret), Value::Object(members)) = (deployment.token_secret(), &mut container) {
        members.insert("envFrom".into(), json!([{"secretRef": {"name": secret}}]));
    }
    container
}
