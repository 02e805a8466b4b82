//! The pull secrets of a namespace and of an object, asked for only when a registry wants a login that this machine does not have.

use crate::core::kubernetes::resource::Resource;
use crate::io::cluster::Cluster;
use crate::io::registry::{PullSecret, Secret};
use base64::Engine as _;
use serde_json::Value;
use std::collections::BTreeSet;

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
/// The member of a pod, and of a service account, that names them.
const PULL_SECRETS: &str = "imagePullSecrets";
/// Most pull secrets that are read.
const MAX_SECRETS: usize = 20;
/// The only kind of pull secret that Docker still writes.
const DOCKER_CONFIG: &str = "/data/.dockerconfigjson";

/// What a cluster lends.
#[derive(Debug, Default)]
pub struct PullSecrets {
    /// The secrets, in the kubelet's order.
    pub secrets: Vec<PullSecret>,
    /// What could not be read, and why: a line each.
    pub problems: Vec<String>,
}

/// The pull secrets that an object's overrides name for its pods, then those of the namespace's default service account.
///
/// The kubelet will use them, so what it can pull can be pinned. Where they may not be read, the registry's refusal stands.
pub async fn read(cluster: &Cluster, namespace: &str, named: &[String]) -> PullSecrets {
    read_of(cluster, namespace, DEFAULT_ACCOUNT, named).await
}

/// As [`read`], those of a service account that the pods name.
pub async fn read_of(
    cluster: &Cluster,
    namespace: &str,
    account_name: &str,
    named: &[String],
) -> PullSecrets {
    let mut found = PullSecrets::default();
    let account = match cluster.get(&SERVICE_ACCOUNT, Some(namespace), account_name).await {
        Ok(account) => account.unwrap_or_default(),
        Err(error) => {
            found.problems.push(format!(
                "the pull secrets of service account {namespace}/{account_name} cannot be read: {error}"
            ));
            Value::Null
        }
    };
    let mut names = named.to_vec();
    names.extend(secret_names(account.get(PULL_SECRETS)));
    let mut seen = BTreeSet::new();
    names.retain(|name| seen.insert(name.clone()));
    names.truncate(MAX_SECRETS);
    for name in names {
        match cluster.get(&SECRET, Some(namespace), &name).await {
            Ok(Some(secret)) => found.secrets.extend(pull_secret(namespace, &name, &secret)),
            // The kubelet as well passes over a secret that does not exist.
            Ok(None) => {}
            Err(error) => {
                found.problems.push(format!("pull secret {namespace}/{name} cannot be read: {error}"));
            }
        }
    }
    found
}

/// The pull secrets that the overrides of a ModelDeployment give to pods, wherever the provider has its pods.
pub fn named_by(object: &Value) -> Vec<String> {
    let mut names = Vec::new();
    let mut rest: Vec<&Value> = object.pointer("/spec/provider/overrides").into_iter().collect();
    while let Some(value) = rest.pop() {
        names.extend(secret_names(value.get(PULL_SECRETS)));
        match value {
            Value::Object(members) => rest.extend(members.values()),
            Value::Array(items) => rest.extend(items),
            _ => {}
        }
    }
    names
}

fn secret_names(list: Option<&Value>) -> impl Iterator<Item = String> {
    let listed = list.and_then(Value::as_array).into_iter().flatten();
    listed.filter_map(|entry| entry.get("name").and_then(Value::as_str).map(str::to_owned))
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
    fn overrides_name_secrets_of_their_pods() {
        let pods = json!({"imagePullSecrets": [{"name": "a"}, {"name": 1}], "containers": []});
        let object = json!({"spec": {"provider": {"overrides": {"spec": {"template": {"spec": pods}}}}}});
        assert_eq!(named_by(&object), ["a"]);
        assert_eq!(named_by(&json!({"spec": {"imagePullSecrets": [{"name": "a"}]}})), Vec::<String>::new());
    }

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
