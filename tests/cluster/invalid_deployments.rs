//! What a real API server refuses of rendered Deployments is foretold with its words: values that are right in type and
//! wrong all the same, from labels, environment, volumes and overrides.

use kubectl_airunway::core::kind::model_deployment::object::{self, ModelDeployment};
use kubectl_airunway::core::kind::model_deployment::provider::{self, ImageInput, Phase, Versions};
use kubectl_airunway::core::kind::model_deployment::release::Release;
use serde_json::{Value, json};

use crate::cluster::{Cluster, Namespace};
use crate::rendered::{apply, words};

/// Members of the specification, each a case of its own, for Direct vLLM.
fn members() -> Vec<Value> {
    let labels = |labels: Value| json!({"podTemplate": {"metadata": {"labels": labels}}});
    let annotations = |annotations: Value| json!({"podTemplate": {"metadata": {"annotations": annotations}}});
    let env = |variable: Value| json!({"env": [variable]});
    let toleration = |toleration: Value| json!({"tolerations": [toleration]});
    vec![
        json!({}),
        labels(json!({"a": "b c"})),
        labels(json!({"a b/c": "x", "ok": "-"})),
        labels(json!({"": "x"})),
        annotations(json!({"a b": "x"})),
        annotations(json!({"A.b/C": "x"})),
        json!({"nodeSelector": {"gpu": "a b"}}),
        json!({"nodeSelector": {"-gpu": "a"}}),
        env(json!({"name": "A=B", "value": "1"})),
        env(json!({"name": "é", "value": "1"})),
        env(json!({"name": "1 a", "value": "1"})),
        env(json!({"name": "A", "valueFrom": {"secretKeyRef": {"name": "s"}}})),
        env(json!({"name": "A", "valueFrom": {"configMapKeyRef": {"key": "k"}}})),
        env(json!({"name": "A", "valueFrom": {"secretKeyRef": {"name": "S", "key": "a b"}}})),
        env(json!({"name": "A", "valueFrom": {"secretKeyRef": {"name": "s", "key": ".."}}})),
        env(json!({"name": "A", "valueFrom": {"secretKeyRef": {"name": "s", "key": "..a"}}})),
        env(
            json!({"name": "A", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}, "configMapKeyRef": {"name": "c", "key": "k"}}}),
        ),
        toleration(json!({"key": "a", "operator": "Exists", "value": "v"})),
        toleration(json!({"operator": "Equal", "value": "v"})),
        toleration(json!({"key": "a b", "operator": "Exists"})),
        toleration(json!({"key": "a", "value": "b c"})),
        toleration(json!({"key": "a", "effect": "Never"})),
        toleration(json!({"key": "a", "operator": "In"})),
        toleration(json!({"key": "a", "effect": "NoSchedule", "tolerationSeconds": 5})),
        json!({"resources": {"gpu": {"count": 1}, "memory": "-1Gi"}}),
        json!({"resources": {"gpu": {"count": 1}, "cpu": "-100m"}}),
        json!({"model": {"id": "org/m", "source": "huggingface", "storage": {"volumes": [
            {"name": "a", "claimName": "a", "mountPath": "/x", "purpose": "custom"},
            {"name": "b", "claimName": "b", "mountPath": "/x", "purpose": "custom"}]}}}),
    ]
}

/// Overrides, each a case of its own, for Direct vLLM.
fn overrides() -> Vec<Value> {
    let pod = |pod: Value| json!({"spec": {"template": {"spec": pod}}});
    let container = |members: Value| {
        let mut container = json!({"name": "vllm", "image": "vllm/vllm-openai:v0.11.0"});
        for (name, value) in members.as_object().unwrap() {
            container[name] = value.clone();
        }
        pod(json!({"containers": [container]}))
    };
    let ports = |ports: Value| container(json!({"ports": ports}));
    let resources = |resources: Value| container(json!({"resources": resources}));
    vec![
        json!({"spec": {"replicas": -1}}),
        json!({"spec": {"minReadySeconds": -1, "revisionHistoryLimit": -2}}),
        json!({"spec": {"minReadySeconds": 700}}),
        json!({"spec": {"progressDeadlineSeconds": 0}}),
        json!({"spec": {"progressDeadlineSeconds": 5, "minReadySeconds": 5}}),
        json!({"spec": {"strategy": {"type": "Recreate"}}}),
        json!({"spec": {"strategy": {"type": "Recreate", "rollingUpdate": {"maxSurge": 1}}}}),
        json!({"spec": {"selector": {"matchLabels": {"app": "other"}}}}),
        json!({"spec": {"selector": {"matchLabels": {"app": "a b"}}}}),
        json!({"spec": {"template": {"metadata": {"labels": {"app": "other"}}}}}),
        json!({"spec": {"template": {"metadata": {"labels": {"x": "y z"}}}}}),
        pod(json!({"containers": []})),
        pod(json!({"containers": [{"name": "vllm"}]})),
        pod(json!({"containers": [{"name": "Vllm", "image": "x"}]})),
        container(json!({"imagePullPolicy": "Sometimes"})),
        container(json!({"terminationMessagePolicy": "Log"})),
        ports(json!([{"name": "HTTP", "containerPort": 80}])),
        ports(json!([{"name": "a-very-long-port-name", "containerPort": 80}])),
        ports(json!([{"name": "-a--1-", "containerPort": 80}])),
        ports(json!([{"name": "80", "containerPort": 80}])),
        ports(json!([{"name": "a", "containerPort": 80}, {"name": "a", "containerPort": 81}])),
        ports(json!([{"containerPort": 0}])),
        ports(json!([{"containerPort": 70000}])),
        ports(json!([{"containerPort": 80, "hostPort": -1}])),
        ports(json!([{"containerPort": 80, "protocol": "HTTP"}])),
        container(
            json!({"env": [{"name": "A", "value": "1", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}]}),
        ),
        container(json!({"env": [{"name": "A", "valueFrom": {}}]})),
        container(json!({"volumeMounts": [{"name": "none", "mountPath": "/x"}]})),
        container(json!({"volumeMounts": [{"name": "none"}]})),
        pod(json!({"volumes": [{"name": "A", "emptyDir": {}}]})),
        pod(json!({"volumes": [{"name": "a", "persistentVolumeClaim": {}}]})),
        resources(json!({"requests": {"memory": "2Gi"}, "limits": {"memory": "1Gi"}})),
        resources(json!({"requests": {"memory": "-1"}})),
        resources(json!({"requests": {"nvidia.com/gpu": "1"}})),
        resources(json!({"requests": {"nvidia.com/gpu": "1"}, "limits": {"nvidia.com/gpu": "2"}})),
        resources(json!({"limits": {"nvidia.com/gpu": "500m"}})),
        resources(json!({"limits": {"gpu": "1"}})),
        resources(json!({"limits": {"requests.a/b": "1"}})),
        resources(json!({"limits": {"kubernetes.io/a": "1", "a.kubernetes.io/b": "500m"}})),
        resources(json!({"limits": {"cpu": "x"}})),
        resources(json!({"limits": {"cpu": 1.5, "memory": 1024}, "requests": {"memory": null}})),
        resources(json!({"limits": {"cpu": 1}, "requests": {"cpu": 2}})),
        json!({"spec": {"strategy": {"type": "Fast"}}}),
        json!({"spec": {"strategy": {"rollingUpdate": {"maxSurge": 0, "maxUnavailable": 0}}}}),
        json!({"spec": {"selector": null}}),
        pod(json!({"volumes": [{"name": "a", "hostPath": {"path": ""}}]})),
        pod(json!({"volumes": [{"name": "a", "configMap": {}}, {"name": "b", "secret": {}}]})),
        pod(json!({"initContainers": [{"name": "a"}]})),
        container(json!({"livenessProbe": {"httpGet": {"port": 0}}})),
        container(json!({"livenessProbe": {"exec": {}}})),
        container(json!({"livenessProbe": {"tcpSocket": {"port": "No Port"}}})),
        container(json!({"envFrom": [{"secretRef": {"name": ""}}, {}]})),
        resources(json!({"limits": {"a b/c": "1"}})),
        container(json!({"livenessProbe": {"initialDelaySeconds": 5}})),
        container(json!({"livenessProbe": {"tcpSocket": {"port": 80}, "periodSeconds": -1}})),
        container(json!({"startupProbe": {"tcpSocket": {"port": 80}, "successThreshold": 2}})),
        container(json!({"readinessProbe": {"tcpSocket": {"port": 80}, "exec": {"command": ["a"]}}})),
        pod(json!({"restartPolicy": "Never"})),
        pod(json!({"restartPolicy": "Sometimes"})),
        pod(json!({"dnsPolicy": "Mine"})),
        pod(json!({"serviceAccountName": "A"})),
        pod(json!({"nodeName": "a_b"})),
        pod(json!({"hostname": "a.b", "subdomain": "-"})),
        pod(json!({"priorityClassName": "A B"})),
        pod(json!({"runtimeClassName": "A"})),
        pod(json!({"activeDeadlineSeconds": 0})),
        pod(json!({"activeDeadlineSeconds": 60})),
        pod(json!({"nodeSelector": {"a": "b c"}, "restartPolicy": "OnFailure"})),
        pod(json!({"terminationGracePeriodSeconds": 5, "hostname": "h"})),
    ]
}

#[test]
fn what_the_server_refuses_is_foretold_in_its_words() {
    let cluster = Cluster::shared();
    cluster.run(async {
        let namespace = cluster.namespace("invalid").await;
        let overridden = overrides()
            .into_iter()
            .map(|overrides| json!({"provider": {"name": "vllm", "overrides": overrides}}));
        let mut wrong = Vec::new();
        let mut refused = 0;
        for case in members().into_iter().chain(overridden) {
            match judge(&namespace, &case).await {
                Ok(is_refused) => refused += usize::from(is_refused),
                Err(difference) => wrong.push(format!("{case}\n{difference}")),
            }
        }
        assert!(wrong.is_empty(), "{} differ:\n{}", wrong.len(), wrong.join("\n\n"));
        assert!(refused > 60, "only {refused} cases were refused");
    });
}

/// Whether the server refuses the case, when the prediction says the same.
async fn judge(namespace: &Namespace<'_>, case: &Value) -> Result<bool, String> {
    let mut object = json!({"metadata": {"name": "m", "namespace": namespace.name, "uid": "u"}, "status": {"engine": {"type": "vllm"}},
        "spec": {"model": {"id": "org/m", "source": "huggingface"}, "engine": {"type": "vllm", "image": "vllm/vllm-openai:v0.11.0"},
            "provider": {"name": "vllm"}, "resources": {"gpu": {"count": 1}}}});
    for (name, value) in case.as_object().unwrap() {
        object["spec"][name] = value.clone();
    }
    let deployment: ModelDeployment = object::read(&object).unwrap();
    let (shim, versions) = (provider::provider("vllm").unwrap(), Versions::of(Release::newest()));
    let outcome = provider::reconcile(shim, &deployment, &versions, &ImageInput::NotAsked);
    let children = shim.render(&deployment, &versions, None).map_err(|error| error.to_string())?;
    let answer = apply(namespace, &children[0]).await;
    match (answer, outcome.refusal) {
        (Ok(_), None) => Ok(false),
        (Ok(_), Some(refusal)) => Err(format!("  server: accepts\n  here:   {}", refusal.message)),
        (Err(server), None) => Err(format!("  server: {server}\n  here:   nothing")),
        (Err(server), Some(refusal)) if words(&server) == words(&refusal.message) => {
            assert_eq!(outcome.phase, Phase::Failed);
            let message = format!("Failed to create/update resource m: {}", refusal.message);
            assert_eq!(outcome.message, Some(message));
            Ok(true)
        }
        (Err(server), Some(refusal)) => Err(format!("  server: {server}\n  here:   {}", refusal.message)),
    }
}
