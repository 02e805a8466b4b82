//! The Deployment and the Service (`airunway-providers.md` section 3.1).

use serde_json::{Value, json};

use crate::core::kind::model_deployment::image_class::default_image;
use crate::core::kind::model_deployment::object::{ModelDeployment, StorageVolume};
use crate::core::kind::model_deployment::provider::contract::RenderError;
use crate::core::kind::model_deployment::provider::model_server::{ModelServer, PORT};
use crate::core::kind::model_deployment::provider::objects::{self, HF_TOKEN};
use crate::core::kind::model_deployment::provider::overrides::{self, Null};
use crate::core::kind::model_deployment::provider::versions::Versions;

use super::arguments::arguments;

/// Seconds before the first probe of each kind.
const DELAY: i32 = 15;
/// Seconds between start-up probes.
const STARTUP_PERIOD: i32 = 10;
/// Start-up probes before the container is killed.
const STARTUP_TRIES: i32 = 60;
/// Seconds that a pod may take to start.
pub(super) const STARTUP_SECONDS: i32 = DELAY + STARTUP_PERIOD * STARTUP_TRIES;

/// Renders both objects. `image` is the reference the shim resolved; the user's own reference goes before it.
pub(super) fn render(
    deployment: &ModelDeployment,
    versions: &Versions,
    image: Option<&str>,
) -> Result<Vec<Value>, RenderError> {
    let args = arguments(deployment)
        .map_err(|cause| RenderError::Arguments { context: "failed to build vLLM args", cause })?;
    let default = default_image(versions);
    let image = match (deployment.image_override(), image) {
        ("", Some(resolved)) if !resolved.trim().is_empty() => resolved,
        ("", _) => &default,
        (wanted, _) => wanted,
    };
    let (volumes, mounts) = storage(deployment);
    let server = ModelServer {
        name: deployment.name().to_owned(),
        replicas: deployment.replicas(),
        image: image.to_owned(),
        args,
        env: env(deployment),
        gpu_count: deployment.gpu_count(),
        memory: deployment.memory(),
        cpu: deployment.cpu(),
        probes: vec![
            ("startupProbe", probe(STARTUP_PERIOD, STARTUP_TRIES)),
            ("livenessProbe", probe(10, 3)),
            ("readinessProbe", probe(5, 3)),
        ],
        volumes,
        mounts,
    };
    let mut child = server.deployment(deployment);
    overrides::apply(&mut child, deployment.overrides(), Null::Replaces).map_err(|cause| {
        RenderError::Overrides {
            context: "failed to build Deployment: failed to apply provider overrides",
            cause,
        }
    })?;
    Ok(vec![child, server.service(deployment)])
}

fn probe(period_seconds: i32, failure_threshold: i32) -> Value {
    json!({
        "httpGet": {"path": "/health", "port": PORT},
        "initialDelaySeconds": DELAY,
        "periodSeconds": period_seconds,
        "failureThreshold": failure_threshold,
    })
}

/// The user's variables, with the token of the Secret in place of theirs when one is named.
fn env(deployment: &ModelDeployment) -> Vec<Value> {
    let secret = deployment.token_secret();
    let kept = deployment.env().iter().filter(|variable| secret.is_none() || variable.name != HF_TOKEN);
    kept.map(objects::env_entry).chain(secret.map(objects::env_token)).collect()
}

/// Volumes of the pod and mounts of the container: shared memory for more than one accelerator, then storage.
fn storage(deployment: &ModelDeployment) -> (Vec<Value>, Vec<Value>) {
    let (mut volumes, mut mounts) = (Vec::new(), Vec::new());
    if deployment.gpu_count() > 1 {
        volumes.push(json!({"name": "shm", "emptyDir": {"medium": "Memory", "sizeLimit": "20Gi"}}));
        mounts.push(json!({"name": "shm", "mountPath": "/dev/shm"}));
    }
    for volume in deployment.volumes() {
        let name = volume.name.as_deref().unwrap_or_default();
        let claim = volume.claim(deployment.name());
        volumes.push(json!({"name": name, "persistentVolumeClaim": {"claimName": claim}}));
        if let Some(mount) = mount(volume, name) {
            mounts.push(mount);
        }
    }
    (volumes, mounts)
}

/// The mount of a volume; a custom volume without a path has none.
fn mount(volume: &StorageVolume, name: &str) -> Option<Value> {
    let path = volume.path()?;
    Some(if volume.read_only == Some(true) {
        json!({"name": name, "mountPath": path, "readOnly": true})
    } else {
        json!({"name": name, "mountPath": path})
    })
}
