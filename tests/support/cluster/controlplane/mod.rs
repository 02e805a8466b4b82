//! A real Kubernetes control plane on this machine: etcd, API server, controller
//! manager, scheduler, and kwok as kubelet. Nothing but Go and its module proxy is
//! needed to build it; see `tests/controlplane`.

mod kwok;
mod nodes;
mod plane;
mod program;

pub use nodes::Node;
pub use plane::{ControlPlane, Request, get};
