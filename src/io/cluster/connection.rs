//! A connection to one cluster.

use std::fmt;
use std::time::Duration;

use super::credentials::session::Session;
use super::error::ClusterError;
use super::kubeconfig::setup;
use super::options::{ConnectOptions, Surroundings};
use super::transport::answer::About;
use super::transport::{Observer, Transport};
use crate::core::kubernetes::resource::Resource;

/// A connection to one cluster, as the flags and the kubeconfig describe it. Cheap to clone.
#[derive(Clone)]
pub struct Cluster {
    pub(super) transport: Transport,
    namespace: String,
}

impl Cluster {
    /// Prepares a connection: reads the kubeconfig and the files it names, sends nothing. An `observer` hears of every
    /// request that is sent.
    ///
    /// Credential plugins run at the first request. Must be called within a tokio runtime.
    ///
    /// # Errors
    /// A kubeconfig or flag that leads nowhere.
    pub async fn connect(
        options: &ConnectOptions,
        surroundings: &Surroundings,
        observer: Option<Observer>,
    ) -> Result<Cluster, ClusterError> {
        let retry_pause = surroundings.retry_pause;
        let (options_there, surroundings) = (options.clone(), surroundings.clone());
        // Files may live on a slow disk or be a pipe, so they are read off the threads that serve requests.
        let setup = tokio::task::spawn_blocking(move || setup::resolve(&options_there, &surroundings))
            .await
            .map_err(|error| ClusterError::Request { reason: error.to_string() })??;
        let setup::Setup { config, server, proxy, namespace, credential, identity } = setup;
        let session = Session::new(config, credential, identity)?;
        let mut transport = Transport::new(session, server, proxy, options.request_timeout, retry_pause);
        if let Some(observer) = observer {
            transport.observe(observer);
        }
        Ok(Cluster { transport, namespace })
    }

    /// The same cluster with a time limit for each request, all its tries included, beside `--request-timeout`. Of what
    /// streams, the opening is meant.
    pub fn within(&self, limit: Duration) -> Cluster {
        Cluster { transport: self.transport.within(limit), namespace: self.namespace.clone() }
    }

    /// Namespace for objects that name none: `-n`, the kubeconfig's, the pod's, `default`.
    pub fn namespace(&self) -> &str {
        &self.namespace
    }

    /// Address of the API server, as the kubeconfig or the flag has it.
    pub fn server(&self) -> &str {
        &self.transport.server
    }
}

impl fmt::Debug for Cluster {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Cluster")
            .field("server", &self.transport.server)
            .field("namespace", &self.namespace)
            .finish_non_exhaustive()
    }
}

/// What a request is about, for messages.
pub(super) fn about<'a>(verb: &'static str, resource: &Resource, namespace: Option<&'a str>) -> About<'a> {
    About { verb, resource: *resource, namespace: namespace.filter(|_| resource.namespaced) }
}
