//! The nodes of the control plane, which kwok plays.

use k8s_openapi::api::core::v1::Node as NodeObject;
use kube::api::{Patch, PatchParams, PostParams};
use kube::{Api, Client};
use serde_json::json;

/// A node as a test wants it.
#[derive(Clone, Debug)]
pub struct Node {
    /// Name of the node object.
    pub name: String,
    /// GPUs it offers as `nvidia.com/gpu`.
    pub gpus: u32,
    /// Further labels.
    pub labels: Vec<(String, String)>,
}

impl Node {
    /// A node that offers a number of GPUs.
    pub fn with_gpus(name: &str, gpus: u32) -> Self {
        Self { name: name.to_owned(), gpus, labels: Vec::new() }
    }

    /// Creates the node; kwok makes it ready a moment later.
    pub async fn create(&self, client: &Client) -> kube::Result<()> {
        let resources = json!({
            "cpu": "1k", "memory": "8Ti", "pods": "1k", "ephemeral-storage": "8Ti",
            "nvidia.com/gpu": self.gpus.to_string(),
        });
        let mut labels = serde_json::Map::new();
        labels.insert("kubernetes.io/os".to_owned(), json!("linux"));
        labels.insert("kubernetes.io/hostname".to_owned(), json!(self.name));
        labels.extend(self.labels.iter().map(|(key, value)| (key.clone(), json!(value))));
        let status = json!({"status": {"allocatable": resources, "capacity": resources}});
        let object: NodeObject = serde_json::from_value(json!({
            "metadata": {"name": self.name, "labels": labels, "annotations": {"kwok.x-k8s.io/node": "fake"}},
        }))
        .map_err(kube::Error::SerdeError)?;
        let nodes: Api<NodeObject> = Api::all(client.clone());
        nodes.create(&PostParams::default(), &object).await?;
        nodes.patch_status(&self.name, &PatchParams::default(), &Patch::Merge(status)).await?;
        Ok(())
    }
}
