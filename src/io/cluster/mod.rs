//! The way to the Kubernetes API: connection as kubectl makes it, requests with limits, refusals as data.
//!
//! The kube crate gives the HTTP client with TLS, client certificates and proxies. What is around it is here, because the
//! command line promises more than a library can know: time and size limits, `Warning` headers, messages with a way out,
//! a record of every request, and no request that is not needed (no discovery, no polling).

mod access;
mod answer;
pub mod complete;
mod config_error;
mod connection;
mod error;
mod evidence;
mod fault;
mod follow;
mod forward;
mod kubeconfig;
mod lines;
mod logs;
mod options;
mod plugin;
mod plugin_error;
mod pod_http;
mod proxy;
mod query;
mod read;
mod session;
mod setup;
mod status;
#[cfg(test)]
mod tests;
mod tls;
mod transport;
mod watch;
mod write;

pub use crate::core::kubernetes::resource::{
    CUSTOM_RESOURCE_DEFINITION, DEPLOYMENT, EVENT, INFERENCE_PROVIDER_CONFIG, MODEL_DEPLOYMENT, NAMESPACE,
    NODE, POD, REPLICA_SET, Resource, SERVICE,
};
pub use access::{Access, Permission};
pub use config_error::ConfigError;
pub use connection::Cluster;
pub use error::ClusterError;
pub use fault::Fault;
pub use follow::{Follower, PartsOf};
pub use forward::PodStream;
pub use logs::{LogLine, LogOptions, LogStream};
pub use options::{ConnectOptions, Secret, Surroundings};
pub use plugin_error::PluginError;
pub use pod_http::{PodAnswer, PodRequest};
pub use read::List;
pub use setup::default_namespace;
pub use status::{Cause, FieldConflict, Forbidden, Status};
pub use transport::{Observer, RequestRecord};
pub use watch::{WatchEvent, WatchScope, WatchStream};
pub use write::{Applied, ApplyOptions, DeleteOptions, Deleted, Patch, Propagation, WriteOptions};
