//! The pull secrets of a namespace, asked for only when a registry wants a login that this machine does not have.

use crate::io::cluster::{Cluster, Resource};
use crate::io::registry::{PullSecret, Secret};
use crate::ui::Ui;
use base64::Engine as _;
use serde_json::Value;

const SERVICE_ACCOUNT: Resource = Resource {
    group: "",
    version: "v1",
    plural: "serviceaccounts",
    kind: "ServiceAccount",
    namespaced: true,
};
const SECRET: Resource =
    Resource { group: "", version: "v1", plural: "secrets", kind: "Secret", namespaced: true };
/// The service account of pods that name none, which AI Runway's pods do not.
const DEFAULT_ACCOUNT: &str = "default";
/// Most pull secrets of one service account that are read.
const MAX_SECRETS: usize = 20;
/// The only kind of pull secret that Docker still writes.
const DOCKER_CONFIG: &str = "/data/.dockerconfigjson";

/// The pull secrets of the default service account of a namespace.
///
/// The kubelet will use them, so what it can pull can be pinned. A user who may not read secrets is told so; the
/// registry's refusal then stands.
pub async fn read(cluster: &Cluster, namespace: &str, ui: &mut Ui) -> Vec<PullSecret> {
    let account = match cluster.get(&SERVICE_ACCOUNT, Some(namespace), DEFAULT_ACCOUNT).await {
        Ok(account) => account.unwrap_or_default(),
        Err(error) => {
            ui.status(&format!("pull secrets of {namespace} cannot be read: {error}"));
            return Vec::new();
        }
    };
    let listed = account.get("imagePullSecrets").and_then(Value::as_array).into_iter().flatten();
    let names = listed.filter_map(|entry| entry.get("name").and_then(Value::as_str)).take(MAX_SECRETS);
    let mut secrets = Vec::new();
    for name in names {
        match cluster.get(&SECRET, Some(namespace), name).await {
            Ok(Some(secret)) => secrets.extend(pull_secret(namespace, name, &secret)),
            // The kubelet as well passes over a secret that does not exist.
            Ok(None) => {}
            Err(error) => ui.status(&format!("pull secret {namespace}/{name} cannot be read: {error}")),
        }
    }
    secrets
}

fn pull_secret(namespace: &str, name: &str, secret: &Value) -> Option<PullSecret> {
    let encoded = secret.pointer(DOCKER_CONFIG)?.as_str()?;
    let bytes = base64::engine::general_purpose::STANDARD.decode(encoded).ok()?;
    let docker_config = Secret::new(String::from_utf8(bytes).ok()?);
    Some(PullSecret { name: format!("{namespace}/{name}"), docker_config })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_docker_configurations_are_pull_secrets() {
        let secret = json!({"data": {".dockerconfigjson": "e30="}});
        let read = pull_secret("team", "pull", &secret).expect("a pull secret");
        assert_eq!((read.name.as_str(), read.docker_config), ("team/pull", Secret::new("{}")));
        for other in
            [json!({}), json!({"data": {"token": "e30="}}), json!({"data": {".dockerconfigjson": "?"}})]
        {
            assert_eq!(pull_secret("team", "pull", &other), None);
        }
    }
}
