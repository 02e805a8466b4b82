//! The connection against servers on loopback that misbehave in every way a network can. What a real API server does is
//! tested against one, in `tests/cluster`.

mod completions;
mod connections;
mod follows;
mod kubeconfigs;
#[cfg(unix)]
mod plugins;
mod properties;
mod requests;
mod server;
mod streams;
mod watches;

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::options::{ConnectOptions, ProxyVariables, Surroundings};
use super::{Cluster, ClusterError};

/// Nothing of this machine: no home, no variables, nobody at a terminal, short limits.
fn bare() -> Surroundings {
    Surroundings {
        kubeconfig: None,
        home: None,
        service_host: None,
        service_port: None,
        service_account: PathBuf::from("/nonexistent"),
        proxies: ProxyVariables::default(),
        interactive: false,
        plugin_limit: Duration::from_secs(20),
        interactive_plugin_limit: Duration::from_secs(20),
        retry_pause: Duration::from_millis(1),
    }
}

/// Flags that name nothing but a server.
fn to_server(server: &str) -> ConnectOptions {
    ConnectOptions { server: Some(server.to_owned()), ..ConnectOptions::default() }
}

/// Flags that name nothing but a kubeconfig.
fn to_kubeconfig(path: &Path) -> ConnectOptions {
    ConnectOptions { kubeconfig: Some(path.to_owned()), ..ConnectOptions::default() }
}

async fn connect(options: &ConnectOptions) -> Result<Cluster, ClusterError> {
    Cluster::connect(options, &bare(), None).await
}

fn write(folder: &Path, name: &str, content: &str) -> PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, content).expect("a file in a temporary folder");
    path
}

/// A kubeconfig with one cluster, whose user entry is `user`.
fn kubeconfig(server: &str, user: &str) -> String {
    format!(
        "apiVersion: v1\nkind: Config\ncurrent-context: here\n\
         contexts: [{{name: here, context: {{cluster: one, user: jane, namespace: team-a}}}}]\n\
         clusters: [{{name: one, cluster: {{server: \"{server}\"}}}}]\n\
         users: [{{name: jane, user: {user}}}]\n"
    )
}
