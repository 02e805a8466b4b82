//! Images behind a login that only the cluster has: the pull secrets of the namespace open them for the pin.

use crate::cluster::{Cluster, Namespace};
use crate::support::{
    Run,
    registry::{Auth, Registry},
};
use base64::Engine as _;

async fn deploy(namespace: &Namespace<'_>, user: &str, image: &str) -> Run {
    let arguments = [
        "deploy",
        "org/m",
        "--provider",
        "vllm",
        "--image",
        image,
        "--wait=false",
        "-o",
        "jsonpath={.spec.engine.image}",
    ];
    namespace.run(namespace.command(user, &arguments)).await
}

/// Gives the default service account a pull secret for a registry.
async fn add_pull_secret(namespace: &Namespace<'_>, host: &str) {
    let auth = base64::engine::general_purpose::STANDARD.encode("robot:very-secret");
    let config = format!("{{\"auths\": {{\"{host}\": {{\"auth\": \"{auth}\"}}}}}}");
    let secret = serde_json::json!({
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "pull"},
        "type": "kubernetes.io/dockerconfigjson",
        "stringData": {".dockerconfigjson": config},
    });
    let created = namespace.kubectl_with(&["apply", "-f", "-"], &secret).await;
    assert_eq!(created.code, Some(0), "{}", created.stderr);
    // The controller manager makes the account soon after the namespace; an apply does not have to wait for it.
    let account = serde_json::json!({
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": {"name": "default"},
        "imagePullSecrets": [{"name": "absent"}, {"name": "pull"}],
    });
    let changed =
        namespace.kubectl_with(&["apply", "--server-side", "--force-conflicts", "-f", "-"], &account).await;
    assert_eq!(changed.code, Some(0), "{}", changed.stderr);
}

#[test]
fn the_namespaces_pull_secrets_open_a_registry() {
    let cluster = Cluster::shared();
    cluster.run(async {
        let namespace = cluster.namespace("pull-secret").await;
        let registry = Registry::start();
        let digest = registry.add_image("team/vllm", "v1");
        registry.require(Auth::Basic { user: "robot".into(), password: "very-secret".into() });
        let image = format!("{}/team/vllm:v1", registry.host());

        let refused = deploy(&namespace, "developer", &image).await;
        assert_eq!(refused.code, Some(1), "{}", refused.stderr);
        assert!(refused.stderr.contains("requires a login for team/vllm"), "{}", refused.stderr);

        add_pull_secret(&namespace, &registry.host()).await;
        let pinned = deploy(&namespace, "developer", &image).await;
        assert_eq!(pinned.stdout, format!("{image}@{digest}"), "{}", pinned.stderr);
        assert!(!pinned.stderr.contains("very-secret"), "{}", pinned.stderr);
    });
}

#[test]
fn who_may_not_read_them_gets_the_registrys_refusal_and_the_reason() {
    let cluster = Cluster::shared();
    cluster.run(async {
        let namespace = cluster.namespace("pull-forbidden").await;
        namespace.allow("get,list,create,patch", "modeldeployments.airunway.ai").await;
        let registry = Registry::start();
        registry.add_image("team/vllm", "v1");
        registry.require(Auth::Basic { user: "robot".into(), password: "very-secret".into() });
        let image = format!("{}/team/vllm:v1", registry.host());
        let refused = deploy(&namespace, "restricted", &image).await;
        assert_eq!(refused.code, Some(1), "{}", refused.stderr);
        assert!(refused.stderr.contains("cannot be read"), "{}", refused.stderr);
        assert!(refused.stderr.contains("requires a login for team/vllm"), "{}", refused.stderr);
    });
}
