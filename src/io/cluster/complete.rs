//! Names for shell completion: quickly, silently, and nothing at all rather than an error or a question.

use std::time::Duration;

use super::connection::Cluster;
use super::kubeconfig;
use super::options::{ConnectOptions, Environment};
use super::resource::{INFERENCE_PROVIDER_CONFIG, MODEL_DEPLOYMENT, NAMESPACE, Resource};

/// How long a person who pressed the tabulator waits; credential plugins and retries included.
const LIMIT: Duration = Duration::from_secs(1);

/// Names of the namespaces.
pub fn namespaces(options: &ConnectOptions) -> Vec<String> {
    ask(options, &NAMESPACE)
}

/// Names of the providers that have registered themselves.
pub fn providers(options: &ConnectOptions) -> Vec<String> {
    ask(options, &INFERENCE_PROVIDER_CONFIG)
}

/// Names of the ModelDeployments in the namespace of the flags, else of the kubeconfig.
pub fn model_deployments(options: &ConnectOptions) -> Vec<String> {
    ask(options, &MODEL_DEPLOYMENT)
}

/// Names of the contexts in the kubeconfig; asks no cluster.
pub fn contexts(options: &ConnectOptions) -> Vec<String> {
    kubeconfig::read(options, &surroundings())
        .map(|files| files.content.contexts.into_iter().map(|entry| entry.name).collect())
        .unwrap_or_default()
}

/// Names of the clusters in the kubeconfig; asks no cluster.
pub fn clusters(options: &ConnectOptions) -> Vec<String> {
    kubeconfig::read(options, &surroundings())
        .map(|files| files.content.clusters.into_iter().map(|entry| entry.name).collect())
        .unwrap_or_default()
}

/// Names of the users in the kubeconfig; asks no cluster.
pub fn users(options: &ConnectOptions) -> Vec<String> {
    kubeconfig::read(options, &surroundings())
        .map(|files| files.content.auth_infos.into_iter().map(|entry| entry.name).collect())
        .unwrap_or_default()
}

/// The process's, but nobody is asked anything.
fn surroundings() -> Environment {
    Environment { interactive: false, plugin_limit: LIMIT, ..Environment::from_process() }
}

fn ask(options: &ConnectOptions, resource: &Resource) -> Vec<String> {
    ask_in(options, resource, &surroundings(), LIMIT)
}

pub(super) fn ask_in(
    options: &ConnectOptions,
    resource: &Resource,
    environment: &Environment,
    limit: Duration,
) -> Vec<String> {
    // A runtime cannot be started on a thread of another one.
    if tokio::runtime::Handle::try_current().is_ok() {
        return Vec::new();
    }
    let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else {
        return Vec::new();
    };
    let names = runtime.block_on(async {
        let names = async {
            let cluster = Cluster::connect_in(options, environment, None).await.ok()?;
            let namespace = cluster.namespace().to_owned();
            cluster.names(resource, Some(&namespace)).await.ok()
        };
        tokio::time::timeout(limit, names).await.ok().flatten()
    });
    // A kubeconfig that is a pipe nobody writes to must not hold up the shell either.
    runtime.shutdown_background();
    names.unwrap_or_default()
}
