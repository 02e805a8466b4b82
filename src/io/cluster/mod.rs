//! The way to the Kubernetes API: connection as kubectl makes it, requests with limits, refusals as data.
//!
//! The kube crate gives the HTTP client with TLS, client certificates and proxies. What is around it is here, because the
//! command line promises more than a library can know: time and size limits, `Warning` headers, messages with a way out,
//! a record of every request, and no request that is not needed (no discovery, no polling).

mod access;
pub mod complete;
mod connection;
mod credentials;
mod error;
mod evidence;
mod follow;
mod forward;
mod kubeconfig;
mod logs;
mod options;
mod pod_http;
mod read;
#[cfg(test)]
mod tests;
mod transport;
mod watch;
mod write;

pub use access::{Access, Permission};
pub use connection::Cluster;
pub use credentials::error::PluginError;
pub use error::ClusterError;
pub use follow::{Follower, Lack, PartsOf};
pub use forward::PodStream;
pub use kubeconfig::alone::kubeconfig_alone;
pub use kubeconfig::error::ConfigError;
pub use kubeconfig::setup::{chosen_names, default_namespace};
pub use logs::{LogLine, LogOptions, LogStream};
pub use options::{ConnectOptions, Secret, Surroundings};
pub use pod_http::{PodAnswer, PodRequest};
pub use read::List;
pub use transport::fault::Fault;
pub use transport::status::{Cause, FieldConflict, Forbidden, Status};
pub use transport::{Observer, RequestRecord};
pub use watch::{WatchEvent, WatchScope, WatchStream};
pub use write::{Applied, ApplyOptions, DeleteOptions, Deleted, Patch, Propagation, WriteOptions};
