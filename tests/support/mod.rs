//! What the integration tests and the playground share: a real Kubernetes control
//! plane, a reference AI Runway on it, and stand-ins for what models and
//! registries answer.
//!
//! One control plane serves all tests of a test binary. It starts when the first
//! test asks for it, its program is built by Go when that is needed, and all of it
//! ends with the test process, however that ends. A test works in a namespace of
//! its own, and faults concern one namespace alone:
//!
//! ```ignore
//! #[test]
//! fn the_reason_of_a_failed_pull_is_shown() {
//!     let cluster = support::Cluster::shared();
//!     cluster.run(async {
//!         let namespace = cluster.namespace("pull").await;
//!         namespace.fault(Fault::ImagePull).await;
//!         let run = namespace.airunway(&["deploy", "Qwen/Qwen3-0.6B", "--provider", "vllm"]).await;
//!         assert!(run.stderr.contains("ImagePullBackOff"), "{}", run.stderr);
//!     });
//! }
//! ```
//!
//! What else there is:
//!
//! * [`Namespace::command`] and [`Namespace::run`]: a run with other variables, or as
//!   user `restricted`, who may do nothing until a role is bound to it;
//!   [`Namespace::kubectl`] runs a kubectl that is built with the control plane.
//! * [`Namespace::requests`]: what the API server was asked, from its audit log.
//! * [`Fault`]: what can go wrong; [`Namespace::fault`] and [`Namespace::mend`].
//! * [`Namespace::front_door`]: a slow, silent or cut connection to the API server.
//! * [`Namespace::write_log`]: what the containers have written.
//! * [`Cluster::start`]: a cluster for a test that changes what all namespaces see;
//!   [`Cluster::start_bare`]: one without AI Runway. Each takes about five seconds.
#![allow(dead_code, unreachable_pub, unused_imports, reason = "each test binary uses a part of it")]

pub mod airunway;
mod cluster;
pub mod controlplane;
mod front_door;
pub mod model_server;
pub mod recipe_data;
pub mod recipe_site;
pub mod registry;
#[cfg(unix)]
pub mod terminal;
pub mod transcript;

pub use airunway::{Fault, Options};
pub use cluster::{Cluster, NODE_GPUS, Namespace, Run, program};
pub use controlplane::Request;
pub use front_door::{FrontDoor, Way};
