//! Names for shell completion: quickly, silently, and nothing at all rather than an error or a question.

use std::time::Duration;

use super::connection::Cluster;
use super::kubeconfig;
use super::options::{ConnectOptions, Surroundings};
use crate::core::kubernetes::resource::Resource;

/// Time limit for one Tab press, retries and credential plugins included.
const LIMIT: Duration = Duration::from_secs(1);

/// Asks one cluster, or its kubeconfig.
#[derive(Debug, Clone)]
pub struct Asker {
    options: ConnectOptions,
    surroundings: Surroundings,
    limit: Duration,
}

impl Asker {
    /// Asks as the flags say; credential plugins may not talk to anybody.
    pub fn new(options: ConnectOptions, surroundings: Surroundings) -> Asker {
        let surroundings = Surroundings { interactive: false, plugin_limit: LIMIT, ..surroundings };
        Asker { options, surroundings, limit: LIMIT }
    }

    /// Names of the objects of a resource: of the cluster's, or of those in the namespace of the flags, else of the
    /// kubeconfig.
    pub fn names(&self, resource: &Resource) -> Vec<String> {
        // A runtime cannot be started on a thread of another one.
        if tokio::runtime::Handle::try_current().is_ok() {
            return Vec::new();
        }
        let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else {
            return Vec::new();
        };
        let names = runtime.block_on(async {
            let names = async {
                let cluster = Cluster::connect(&self.options, &self.surroundings, None).await.ok()?;
                let namespace = cluster.namespace().to_owned();
                cluster.names(resource, Some(&namespace)).await.ok()
            };
            tokio::time::timeout(self.limit, names).await.ok().flatten()
        });
        // A kubeconfig that is a pipe nobody writes to must not hold up the shell either.
        runtime.shutdown_background();
        names.unwrap_or_default()
    }

    /// Names of the contexts in the kubeconfig; asks no cluster.
    pub fn contexts(&self) -> Vec<String> {
        self.kubeconfig().contexts.into_iter().map(|entry| entry.name).collect()
    }

    /// Names of the clusters in the kubeconfig; asks no cluster.
    pub fn clusters(&self) -> Vec<String> {
        self.kubeconfig().clusters.into_iter().map(|entry| entry.name).collect()
    }

    /// Names of the users in the kubeconfig; asks no cluster.
    pub fn users(&self) -> Vec<String> {
        self.kubeconfig().auth_infos.into_iter().map(|entry| entry.name).collect()
    }

    fn kubeconfig(&self) -> kube::config::Kubeconfig {
        kubeconfig::read(&self.options, &self.surroundings).map(|files| files.content).unwrap_or_default()
    }

    #[cfg(test)]
    pub(super) fn within(self, limit: Duration) -> Asker {
        Asker { limit, ..self }
    }
}
