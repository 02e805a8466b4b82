//! A Deployment that runs vLLM and the Service in front of it: what Direct vLLM and llm-d have in common
//! (`airunway-providers.md` sections 3.1 and 6).

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::core::kind::model_deployment::object::{ModelDeployment, engine};

use super::objects::{self, members};

/// Port of the server, its Service and its probes.
pub(super) const PORT: i32 = 8000;

/// What differs between the servers of one ModelDeployment and between the two shims.
pub(super) struct ModelServer<'a> {
    /// Name of both objects, and value of label `app`.
    pub(super) name: String,
    /// Replicas of the Deployment.
    pub(super) replicas: i32,
    /// Image of the container.
    pub(super) image: String,
    /// Arguments of the container.
    pub(super) args: Vec<String>,
    /// Environment of the container.
    pub(super) env: Vec<Value>,
    /// Accelerators of one pod.
    pub(super) gpu_count: i32,
    /// Memory of one pod, empty when not set.
    pub(super) memory: &'a str,
    /// Processors of one pod, empty when not set.
    pub(super) cpu: &'a str,
    /// Probes by member name.
    pub(super) probes: Vec<(&'static str, Value)>,
    /// Volumes of the pod.
    pub(super) volumes: Vec<Value>,
    /// Mounts of the container.
    pub(super) mounts: Vec<Value>,
}

/// Selects the pods of the server that has the ModelDeployment's own name.
pub(super) fn pod_selector(name: &str) -> String {
    format!("{}={name},app={name}", objects::DEPLOYMENT)
}

impl ModelServer<'_> {
    /// The labels that tie pods, Deployment and Service together.
    fn selector(&self, deployment: &ModelDeployment) -> BTreeMap<String, String> {
        BTreeMap::from([
            (objects::DEPLOYMENT.to_owned(), deployment.name().to_owned()),
            ("app".to_owned(), self.name.clone()),
        ])
    }

    /// The Deployment, before overrides.
    pub(super) fn deployment(&self, deployment: &ModelDeployment) -> Value {
        let selector = self.selector(deployment);
        let mut pod_labels = deployment.pod_labels().clone();
        pod_labels.extend(selector.clone());
        let annotations = deployment.pod_annotations();
        let mut pod_metadata = Map::new();
        pod_metadata.insert("labels".into(), objects::strings(&pod_labels));
        if !annotations.is_empty() {
            pod_metadata.insert("annotations".into(), objects::strings(annotations));
        }
        let labels = objects::labels_with_pod_template(deployment);
        members! {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": objects::metadata(deployment, &self.name, &labels, annotations),
            "spec": members! {
                "replicas": self.replicas,
                "selector": members! {"matchLabels": objects::strings(&selector)},
                "template": members! {"metadata": pod_metadata, "spec": self.pod(deployment)},
            },
        }
    }

    fn pod(&self, deployment: &ModelDeployment) -> Value {
        let mut pod = Map::new();
        pod.insert("containers".into(), Value::Array(vec![self.container()]));
        if !self.volumes.is_empty() {
            pod.insert("volumes".into(), self.volumes.clone().into());
        }
        if !deployment.node_selector().is_empty() {
            pod.insert("nodeSelector".into(), objects::strings(deployment.node_selector()));
        }
        if !deployment.tolerations().is_empty() {
            pod.insert("tolerations".into(), objects::tolerations(deployment.tolerations()).into());
        }
        Value::Object(pod)
    }

    fn container(&self) -> Value {
        let mut container = Map::new();
        container.insert("name".into(), engine::VLLM.into());
        container.insert("image".into(), self.image.as_str().into());
        container.insert("args".into(), self.args.clone().into());
        let port = members! {"name": "http", "containerPort": PORT, "protocol": "TCP"};
        container.insert("ports".into(), Value::Array(vec![port]));
        if !self.env.is_empty() {
            container.insert("env".into(), self.env.clone().into());
        }
        if let Some(resources) = self.resources() {
            container.insert("resources".into(), resources);
        }
        if !self.mounts.is_empty() {
            container.insert("volumeMounts".into(), self.mounts.clone().into());
        }
        for (member, probe) in &self.probes {
            container.insert((*member).into(), probe.clone());
        }
        Value::Object(container)
    }

    /// Accelerators and memory are limits and requests, processors are requests only.
    fn resources(&self) -> Option<Value> {
        let mut limits = Map::new();
        let mut requests = Map::new();
        if !self.cpu.is_empty() {
            requests.insert("cpu".into(), objects::quantity(self.cpu).into());
        }
        if !self.memory.is_empty() {
            let memory = objects::quantity(self.memory);
            limits.insert("memory".into(), memory.clone().into());
            requests.insert("memory".into(), memory.into());
        }
        if self.gpu_count > 0 {
            limits.insert("nvidia.com/gpu".into(), self.gpu_count.to_string().into());
            requests.insert("nvidia.com/gpu".into(), self.gpu_count.to_string().into());
        }
        let mut resources = Map::new();
        for (member, amounts) in [("limits", limits), ("requests", requests)] {
            if !amounts.is_empty() {
                resources.insert(member.into(), Value::Object(amounts));
            }
        }
        (!resources.is_empty()).then_some(Value::Object(resources))
    }

    /// The Service; overrides and the labels of the pod template never reach it.
    pub(super) fn service(&self, deployment: &ModelDeployment) -> Value {
        let labels = objects::child_labels(deployment);
        let port = members! {"name": "http", "port": PORT, "targetPort": PORT, "protocol": "TCP"};
        members! {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": objects::metadata(deployment, &self.name, &labels, &BTreeMap::new()),
            "spec": members! {
                "type": "ClusterIP",
                "selector": objects::strings(&self.selector(deployment)),
                "ports": vec![port],
            },
        }
    }
}
